"""A Docker daemon to compare with: Debian's docker.io 20.10, started for the run in mount and network namespaces of its own, on
a private socket, without bridge or firewall rules unless they are asked for, and ended after it.

Its `--privileged` asks for every capability and fails where root itself lacks one, as in many virtual machines. The runtime
`bounded` is runc given what root has."""
import atexit
import os
import shutil
import signal
import subprocess
import time

SKIPPED = 77  # exit code of a test that could not be made here


class CannotRun(Exception):
    pass


def run(args, **options):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)


def left_behind(state, before, patience=20):
    """What of `before`, of what `state` tells, `down` has not brought back: pairs of its name and what there is now. As links and
    rules of a network go in the background, it has `patience` seconds for it."""
    end = time.monotonic() + patience
    while True:
        after = state()
        left = [(what, after[what]) for what, value in before.items() if after[what] != value]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.1)


def why_not():
    """Why there can be no daemon here; None when there can."""
    if not shutil.which("dockerd") or not os.path.exists("/usr/bin/docker"):
        return "there is no docker.io here to compare with"
    return None if os.geteuid() == 0 else "needs root"


BOUNDED_RUNTIME = """#!/usr/bin/env python3
import json, os, re, sys
NAMES = ("CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
         "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN "
         "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE "
         "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE").split()
if "--bundle" in sys.argv:
    path = sys.argv[sys.argv.index("--bundle") + 1] + "/config.json"
    with open("/proc/self/status") as file:
        own = int(re.search("CapBnd:.(.*)", file.read())[1], 16)
    with open(path) as file:
        config = json.load(file)
    for kind, names in config["process"].get("capabilities", {}).items():
        config["process"]["capabilities"][kind] = [n for n in names if own >> NAMES.index(n[4:]) & 1]
    with open(path, "w") as file:
        json.dump(config, file)
os.execvp("runc", ["runc", *sys.argv[1:]])
"""


class Docker:
    """All it writes is below `base`/docker. With `netns`, the pid of a process, it is in that one's network namespace, with bridge
    and firewall rules, and has these `flags`."""

    def __init__(self, base, netns=None, flags=()):
        self.folder = base + "/docker"
        os.makedirs(self.folder)
        self.socket = f"unix://{self.folder}/sock"
        self.cgroup = f"parity-{os.getpid()}"
        runtime = self.folder + "/bounded"
        with open(runtime, "w", encoding="utf-8") as file:
            file.write(BOUNDED_RUNTIME)
        os.chmod(runtime, 0o755)
        self.log = open(self.folder + "/log", "w", encoding="utf-8")
        network = [*flags] if netns else ["--iptables=false", "--ip6tables=false", "--bridge=none", "--ip-forward=false"]
        daemon = ["dockerd", *network, "-H", self.socket, "--data-root", self.folder + "/data", "--exec-root", self.folder + "/exec", "--pidfile",
                  self.folder + "/pid", "--cgroup-parent", "/" + self.cgroup, "--add-runtime", "bounded=" + runtime]
        # What it writes is small, and nothing of it has to outlive it: in memory it waits for no disk.
        os.makedirs(self.folder + "/data")
        script = 'mount -t tmpfs -o size=1g,mode=0711 tmpfs "$0" && exec "$@"'
        place = ["nsenter", "-t", str(netns), "-n"] if netns else ["unshare", "-n"]
        self.process = subprocess.Popen([*place, "unshare", "-m", "--propagation", "private", "--", "sh", "-c", script,
                                         self.folder + "/data"] + daemon, stdout=self.log, stderr=self.log)
        atexit.register(self.stop)
        deadline = time.monotonic() + 60
        while run(self.command("version")).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.folder + "/log", encoding="utf-8") as log:
                    raise CannotRun("dockerd did not start:\n" + "".join(log.readlines()[-5:]))
            time.sleep(0.1)

    def stop(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not leave the daemon behind
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.log.close()
        for controller in [""] + os.listdir("/sys/fs/cgroup"):
            for folder, _, _ in os.walk(os.path.join("/sys/fs/cgroup", controller, self.cgroup), topdown=False):
                os.rmdir(folder)

    def command(self, *args):
        # Debian's own client: newer ones do without BuildKit when they find no plugin.
        return ["/usr/bin/docker", "-H", self.socket, *args]

    def load_base(self, archive, name):
        done = run(self.command("import", archive, name))
        if done.returncode != 0:
            raise CannotRun("docker import: " + done.stdout)
