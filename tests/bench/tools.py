"""Ours and the others, each with a data root and a run root of its own in the folder of this run, and a network namespace as its
host's: compose; Docker with docker-compose; Podman with podman-compose; runc and crun on the unpacked files of the image."""
import json
import os
import shutil
import subprocess
import time

import measure
import place
from measure import CannotRun, timed

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BIN = os.environ.get("BENCH_BIN", ROOT + "/build/release/bin")


def base_environment(work):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COMPOSE_", "DOCKER_", "CONTAINERS_", "BUILDAH_"))}
    return {**kept, "HOME": work + "/home", "LC_ALL": "C.UTF-8"}


def said(argv, env=None):
    """The first line that a program prints, as of its version."""
    try:
        out = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env, check=False, timeout=60).stdout
    except OSError:
        return None
    return (out.strip().splitlines() or [""])[0]


class Tool:
    """`program`: its command line for containers, `composer`: that for Compose files, `processes`: names of the processes that it has
    outside the containers."""

    composer_name = name = None
    processes = ()

    def __init__(self, work):
        self.work = work
        self.env = base_environment(work)

    def compose(self, *arguments, file):
        self.host.enter()
        return timed([*self.composer, "-f", file, *arguments], self.env)

    def engine(self, *arguments):
        self.host.enter()
        return timed([*self.program, *arguments], self.env)

    def stop(self):
        pass


class Ours(Tool):
    composer_name = name = measure.OURS
    processes = ("compose",)

    def __init__(self, work, archive):
        super().__init__(work)
        self.host = place.Host()
        self.composer, self.program = [BIN + "/compose"], [BIN + "/compose", "container"]
        self.env.update(COMPOSE_DATA_ROOT=work + "/compose", COMPOSE_RUN_ROOT="/run/compose")
        self.host.enter()
        timed([*self.composer, "image", "import", archive, "busybox:latest", "--change", 'CMD ["sh"]'], self.env)

    def versions(self):
        return {"compose": said([BIN + "/compose", "--version"])}


class Docker(Tool):
    name, composer_name = "docker", "docker-compose"
    processes = ("dockerd", "containerd", "docker-proxy", "runc")

    def __init__(self, work, archive):
        super().__init__(work)
        if not shutil.which("dockerd") or not os.path.exists("/usr/bin/docker"):
            raise CannotRun("docker.io is not installed")
        self.host = place.Host()
        # Debian's own client: newer ones do without BuildKit when they find no plugin.
        self.composer, self.program = ["docker-compose"], ["/usr/bin/docker"]
        self.env.update(DOCKER_HOST="unix:///run/docker.sock", COMPOSE_HTTP_TIMEOUT="120")
        self.host.enter()
        with open(work + "/dockerd.log", "w", encoding="utf-8") as log:
            self.daemon = subprocess.Popen(["dockerd", "-H", self.env["DOCKER_HOST"], "--data-root", work + "/docker", "--exec-root", "/run/docker",
                                            "--pidfile", "/run/docker.pid", "--cgroup-parent", "/" + os.path.basename(work)], stdout=log, stderr=log,
                                           env=self.env)
        deadline = time.monotonic() + 60
        while subprocess.run([*self.program, "version"], env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
            if self.daemon.poll() is not None or time.monotonic() > deadline:
                with open(work + "/dockerd.log", encoding="utf-8", errors="replace") as log:
                    raise CannotRun("dockerd did not start: " + log.readlines()[-1].strip())
            time.sleep(0.1)
        timed([*self.program, "import", "--change", 'CMD ["sh"]', archive, "busybox:latest"], self.env)

    def versions(self):
        return {"docker": said(["dockerd", "--version"]), "docker-compose": said(["docker-compose", "--version"])}

    def stop(self):
        self.daemon.terminate()
        try:
            self.daemon.wait(30)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()


CONTAINERS_CONF = """[containers]
default_ulimits = ["nofile={nofile}:{nofile}", "nproc={nproc}:{nproc}"]
pids_limit = 0
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
network_config_dir = "{work}/podman/networks"
"""
STORAGE_CONF = """[storage]
driver = "overlay"
graphroot = "{work}/podman/storage"
runroot = "/run/podman/storage"
"""


class Podman(Tool):
    """Its limits are what this machine's root has, as it may lack the right to raise them."""

    name, composer_name = "podman", "podman-compose"
    processes = ("conmon", "podman", "aardvark-dns", "netavark", "runc")

    def __init__(self, work, archive):
        super().__init__(work)
        if not shutil.which("podman"):
            raise CannotRun("podman is not installed")
        self.host = place.Host()
        self.composer, self.program = ["podman-compose"], ["podman"]
        os.makedirs(work + "/podman/networks")
        for name, text in (("CONTAINERS_CONF", CONTAINERS_CONF), ("CONTAINERS_STORAGE_CONF", STORAGE_CONF)):
            path = f"{work}/podman/{name.lower()}"
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.format(work=work, **measure.hard_limits()))
            self.env[name] = path
        self.env["BUILDAH_RUNTIME"] = "runc"
        self.host.enter()
        timed([*self.program, "import", "--change", 'CMD ["sh"]', archive, "busybox:latest"], self.env)

    def versions(self):
        asked = "import podman_compose; print('podman-compose', podman_compose.__version__)"
        return {"podman": said(["podman", "--version"]), "podman-compose": said(["/usr/bin/python3", "-c", asked]),
                "buildah": said(["buildah", "--version"])}


def unpack(work, archive):
    """The image's files in a folder: what runc, crun and the floor run."""
    rootfs = work + "/rootfs"
    if not os.path.exists(rootfs):
        os.makedirs(rootfs)
        subprocess.run(["tar", "-C", rootfs, "-xf", archive], check=True)
    return rootfs


class Oci(Tool):
    """runc or crun: a bundle with the arguments that it is to run, without a terminal and limits that root may lack the right to raise."""

    def __init__(self, name, work, archive):
        super().__init__(work)
        self.name = name
        if not shutil.which(name):
            raise CannotRun(name + " is not installed")
        # crun refuses cgroup v1 where there is a v2 hierarchy beside it.
        self.host = place.Host(without="/sys/fs/cgroup/unified" if name == "crun" else None)
        self.program = [name, "--root", "/run/" + name]
        self.rootfs = unpack(work, archive)
        self.host.enter()

    def bundle(self, name, *arguments):
        folder = f"{self.work}/{self.name}-{name}"
        os.makedirs(folder)
        subprocess.run([self.name, "spec"], cwd=folder, check=True)
        with open(folder + "/config.json", encoding="utf-8") as file:
            config = json.load(file)
        config["process"].update(terminal=False, args=list(arguments))
        config["process"].pop("rlimits", None)
        config["root"]["path"] = self.rootfs
        with open(folder + "/config.json", "w", encoding="utf-8") as file:
            json.dump(config, file)
        return folder

    def label(self):
        return f"{os.path.basename(self.work)}-{self.name}"  # of cgroups too

    def versions(self):
        return {self.name: said([self.name, "--version"])}

    def stop(self):
        self.host.enter()
        subprocess.run([*self.program, "delete", "-f", self.label()], stderr=subprocess.DEVNULL, check=False)


class Tools:
    """Those that are to be had, started when a row first asks for one; why the others are not."""

    def __init__(self, work, archive, ours_only):
        self.work, self.archive, self.ours_only = work, archive, ours_only
        self.made, self.missing = {}, {}

    def get(self, name):
        """The tool, or CannotRun."""
        if name in self.missing:
            raise CannotRun(self.missing[name])
        if name not in self.made:
            makers = {measure.OURS: Ours, "docker": Docker, "podman": Podman}
            try:
                self.made[name] = makers[name](self.work, self.archive) if name in makers else Oci(name, self.work, self.archive)
            except CannotRun as why:
                self.missing[name] = str(why)
                measure.say(f"    {name} is left out: {why}")
                raise
        return self.made[name]

    def those(self, rows, *names):
        """The tools among `names` that are to be had; why not, in the rows."""
        found = []
        for name in names:
            if name != measure.OURS and self.ours_only:
                continue
            try:
                found.append(self.get(name))
            except CannotRun as why:
                for row in rows:
                    row.cannot[name] = str(why)
        return found

    def versions(self):
        return {name: text for tool in self.made.values() for name, text in tool.versions().items() if text}

    def stop(self):
        for tool in self.made.values():
            tool.stop()
