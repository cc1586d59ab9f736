"""Where the measuring happens: a mount, a process and network namespaces of its own, with /run on a tmpfs, as on every machine with
systemd, and one folder on a disk for the data roots of all tools. With the process namespace goes every daemon and every container,
however this program ends."""
import contextlib
import ctypes
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from measure import say

HERE = os.path.dirname(os.path.abspath(__file__))
COMPOSE = os.environ.get("BENCH_BIN", HERE + "/../../build/release/bin") + "/compose"
CLONE_NEWNET, CLONE_NEWNS = 0x40000000, 0x00020000
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def cgroups(*names):
    """Those at the top, of either version."""
    return {path for name in names for path in glob.glob(f"/sys/fs/cgroup/*/{name}") + glob.glob(f"/sys/fs/cgroup/{name}")}


PODMANS = "libpod_parent", "buildah*"  # which are made for good


def take_away(work, before):
    # What of ours had no time to end has its cgroups in the state.
    subprocess.run([COMPOSE, "--data-root", work + "/compose", "--run-root", work + "/run", "tidy"], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False)

    def left():
        return cgroups(os.path.basename(work) + "*") | cgroups(*PODMANS) - before
    for attempt in range(100):
        for top in sorted(left(), reverse=True):
            for folder, _, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    pass  # its last process is about to go
        shutil.rmtree(work, ignore_errors=True)
        if not os.path.exists(work) and not left():
            return
        time.sleep(0.05 if attempt < 20 else 0.2)
    say(f"bench: something is left: {' '.join([work, *left()])}")


def run_inside(program, arguments):
    """Runs `program` again, in the namespaces, with the folder as its first argument; what it left behind is taken away."""
    before = cgroups(*PODMANS)
    # On a disk, as the data roots of all tools are.
    work = tempfile.mkdtemp(prefix="compose-bench-", dir=os.environ.get("BENCH_FOLDER", "/var/tmp"))
    os.chmod(work, 0o711)  # servers in it are not root
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the child ends by it, and we clear up
    child = subprocess.Popen(["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private", "--",
                              sys.executable, program, "--inside", work, *arguments],
                             preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
    signal.signal(signal.SIGTERM, lambda *_: child.kill())  # and the namespace with it
    try:
        code = child.wait()
        return code if code >= 0 else 128 - code
    finally:
        take_away(work, before)


def settle_inside(work):
    """As the first process of the namespace: goes on in a child, and only waits for those that have lost their parents. Gives the
    child's exit code in the first process, None in the child."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run"], check=True)
    os.makedirs(work + "/home")
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return None
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def archive():
    """The image that is run everywhere, as files in a tar archive."""
    return subprocess.run([HERE + "/../../examples/images/busybox.sh", "--archive"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


@contextlib.contextmanager
def scene(work, project):
    """Inside, for compose alone: a host, its roots in the environment, and a folder for what is made here."""
    Host().enter()
    os.environ.update(COMPOSE_DATA_ROOT=work + "/compose", COMPOSE_RUN_ROOT="/run/compose", COMPOSE_PROJECT_NAME=project)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        yield folder


def called(function, *arguments):
    if function(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{function.__name__}{arguments}: {os.strerror(ctypes.get_errno())}")


class Host:
    """What a tool has as its host: a network namespace, and a mount namespace without the mount `without`, where that is given and there."""

    all_mounts = None  # of those without a mount namespace of their own

    def __init__(self, without=None):
        called(LIBC.unshare, CLONE_NEWNET)
        self.network = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        Host.all_mounts = Host.all_mounts or os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        self.mounts = Host.all_mounts
        if without and os.path.ismount(without):
            called(LIBC.unshare, CLONE_NEWNS)
            subprocess.run(["umount", without], check=True)
            self.mounts = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
            called(LIBC.setns, Host.all_mounts, CLONE_NEWNS)

    def enter(self):
        """Programs started from now on are in it."""
        called(LIBC.setns, self.network, CLONE_NEWNET)
        called(LIBC.setns, self.mounts, CLONE_NEWNS)
