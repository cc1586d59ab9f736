"""Those who play the scenarios: docker-compose 1.29 with dockerd, and ours. Each has a host of its own, a network namespace with
loopback and a registry at 127.0.0.1:5000."""
import os
import re
import shlex
import shutil
import signal
import subprocess
import time

from docker_daemon import CannotRun, run
from scenario_state import Cleaner, Observer

PATIENCE = 60  # seconds that a step may take
REGISTRY = "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '127.0.0.1:5000'}}\n"


class Host:
    def __init__(self, base, name):
        self.processes = []
        holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "ip link set lo up && echo ready; exec sleep infinity"], stdout=subprocess.PIPE)
        self.processes.append(holder)
        if holder.stdout.readline() != b"ready\n":
            raise CannotRun("a network namespace with loopback")
        self.pid = holder.pid
        if shutil.which("docker-registry"):
            with open(f"{base}/{name}-registry.yml", "w", encoding="utf-8") as file:
                file.write(REGISTRY.format(f"{base}/{name}-registry"))
            with open(f"{base}/{name}-registry.log", "w", encoding="utf-8") as log:
                self.processes.append(subprocess.Popen(self.inside("docker-registry", "serve", file.name), stdout=log, stderr=log))

    def inside(self, *command):
        return ["nsenter", "-t", str(self.pid), "-n", *command]

    def state(self):
        """What `down` must bring back."""
        links = run(self.inside("ip", "-o", "link")).stdout
        return {"links": sorted(line.split(":")[1].strip().split("@")[0] for line in links.splitlines()),
                "rules": run(self.inside("nft", "list", "ruleset")).stdout}

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()


class Side:
    """`compose`: the command line that compose commands go behind. `engine`: that of docker's own, `image`, `container`, ... `old`:
    what runs compose commands instead (old_compose.py)."""

    def __init__(self, name, base, host, compose, engine, environment, old=None):
        self.old = old
        self.name, self.host, self.compose, self.engine = name, host, compose, engine
        self.folder = f"{base}/{name}"
        os.makedirs(self.folder + "/home")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("COMPOSE_", "DOCKER_"))}
        self.environment = {**kept, "HOME": self.folder + "/home", "LC_ALL": "C.UTF-8", **environment}

    def container_name(self, project, short):
        return f"{project}_{short.replace('-', '_')}" if self.name == "docker" else f"{project}-{short}"

    def start(self, command, folder, environment, stdin, stdout, stderr):
        if self.old and command[:len(self.compose)] == self.compose:
            return self.old.start(command[len(self.compose):], folder, environment, stdin, stdout, stderr)
        return subprocess.Popen(self.host.inside(*command), cwd=folder, env=environment, stdin=stdin, stdout=stdout, stderr=stderr,
                                start_new_session=True)

    def ask(self, *arguments):
        done = subprocess.run(self.host.inside(*self.engine, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=self.environment, check=False, timeout=PATIENCE)
        # What has gone between the listing and the look is not there.
        return done.stdout if done.stdout.strip() else "[]" if arguments[1] == "inspect" else ""


class Background:
    """A command that runs, or has; what it prints goes into files. `start` is as Commands.start of old_compose.py."""

    def __init__(self, start, command, folder, environment, stdin):
        self.path = f"{folder}/.{time.monotonic_ns()}"
        self.out, self.err = open(self.path + ".out", "wb"), open(self.path + ".err", "wb")
        with open(self.path + ".in", "w+", encoding="utf-8") as file:
            file.write(stdin or "")
            file.seek(0)
            self.started = time.monotonic()
            self.process = start(command, folder, environment, file.fileno(), self.out.fileno(), self.err.fileno())
        os.unlink(self.path + ".in")

    def printed(self):
        texts = []
        for end in (".out", ".err"):
            with open(self.path + end, encoding="utf-8", errors="replace") as file:
                texts.append(file.read())
        return texts

    def ready(self, text):
        deadline = time.monotonic() + PATIENCE / 3
        while text not in "".join(self.printed()) and time.monotonic() < deadline and self.process.poll() is None:
            time.sleep(0.02)

    def finish(self, name=None):
        """Exit code (128+n for signal n), or that there was none, and what it printed."""
        if name:
            # To the one that `nsenter` has become, as from a terminal or from `kill`.
            self.process.send_signal(getattr(signal, "SIG" + name))
        try:
            code = self.process.wait(PATIENCE)
            code = str(code if code >= 0 else 128 - code)
        except subprocess.TimeoutExpired:
            code = "did not end"
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)
        self.out.close()
        self.err.close()
        out, err = self.printed()
        os.unlink(self.path + ".out")
        os.unlink(self.path + ".err")
        return code, out, err


class Play:
    """One scenario on one side. `rows` is what came of it, `seconds` what the compose commands took that both sides play."""

    def __init__(self, side, scenario):
        self.side, self.scenario, self.rows, self.seconds = side, scenario, {}, 0.0
        self.folder = f"{side.folder}/{scenario.name}"
        self.clean = Cleaner(scenario, self.folder)
        self.observer = Observer(side.ask, scenario.name, self.clean)
        self.background, self.said = {}, {}

    def text(self, text):
        return re.sub(r"@([a-z][a-z0-9-]*-[0-9]+)@", lambda m: self.side.container_name(self.scenario.name, m[1]), text)

    def play(self):
        for path, text in self.scenario.files.items():
            os.makedirs(os.path.dirname(f"{self.folder}/{path}"), exist_ok=True)
            with open(f"{self.folder}/{path}", "w", encoding="utf-8") as file:
                file.write(text)
        os.makedirs(self.folder, exist_ok=True)
        try:
            for step in self.scenario.steps:
                self.step(step)
        finally:
            self.end()
        return self

    def command(self, step):
        theirs = self.side.name == "docker"
        if step.kind == "shell":
            return ["sh", "-c", self.text(step.text)]
        if theirs and step.docker:
            return [*self.side.engine, *shlex.split(self.text(step.docker))]
        before = self.side.engine if step.kind == "engine" else self.side.compose
        return [*before, *shlex.split(self.text(step.text))]

    def step(self, step):
        if step.ours_only and self.side.name == "docker":
            self.expected(step)
            return
        if step.kind == "until":
            self.until(step)
        elif step.kind == "finish":
            self.outcome(step, *self.background.pop(step.text).finish(step.signal))
        else:
            started = Background(self.side.start, self.command(step), self.folder, {**self.side.environment, **step.env}, step.input)
            if step.kind == "background":
                self.background[step.command] = started
                if step.ready:
                    started.ready(step.ready)
                return
            outcome = started.finish()
            if step.kind == "compose" and not step.docker and not step.ours_only:
                self.seconds += time.monotonic() - started.started
            self.outcome(step, *outcome)
        if step.look:
            self.look(step)

    def look(self, step):
        self.rows.update((f"{step.number} {row}", value) for row, value in self.observer.rows().items())

    def expected(self, step):
        """What v2 does stands for what 1.29 cannot."""
        if step.kind == "background":
            return
        self.rows[f"{step.number} exit"] = str(step.exit)
        if step.out is not None:
            self.rows[f"{step.number} out"] = self.shown(step, step.out)

    def shown(self, step, text):
        lines = [line.rstrip() for line in self.clean(text).strip().splitlines()]
        if self.side.name == "docker" and step.command == "logs":
            lines = [line for line in lines if not line.startswith("Attaching to")]  # which stands in the table once for all
        return "\n".join(sorted(lines) if step.show == "sorted" else lines)

    def outcome(self, step, code, out, err):
        self.said[step.number] = (out, err)
        self.rows[f"{step.number} exit"] = code
        if step.show == "err":
            self.rows[f"{step.number} err"] = self.shown(step, err)
        elif step.show or step.out is not None:
            self.rows[f"{step.number} out"] = self.shown(step, out)

    def until(self, step):
        name, wanted = step.text.split()
        deadline = time.monotonic() + PATIENCE / 3
        while True:
            container = dict(self.observer.containers()).get(name)
            state = container["State"] if container else {}
            found = (state.get("Health") or {}).get("Status") if wanted.endswith("healthy") else state.get("Status", "gone")
            if wanted == "restarted" and container and container["RestartCount"] > 0:
                found = wanted
            if found == wanted or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        self.rows[f"{step.number} until"] = str(found)

    def end(self):
        for process in self.background.values():
            process.finish("KILL")
        Background(self.side.start, [*self.side.compose, "down", "-v", "--remove-orphans", "-t", "0"], self.folder, self.side.environment,
                   None).finish()
        self.rows["left"] = " ".join(self.left_behind()) or "nothing"
        self.take_away()

    def left_behind(self):
        for kind, listing in (("container", ["container", "ls", "-a"]), ("network", ["network", "ls"]), ("volume", ["volume", "ls"])):
            for thing in self.observer.found(*listing):
                yield kind + " " + self.clean(thing["Name"])

    def is_own(self, name):
        """Not one of another scenario, whose name begins with this one's."""
        longest = max((s for s in self.scenario.all_names if re.match(rf"{re.escape(s)}([_-]|$)", name)), key=len, default="")
        return longest == self.scenario.name

    def take_away(self):
        """By label and by name, whatever is there."""
        for kind, flags in (("container", ["-a"]), ("network", []), ("volume", [])):
            of_project = [f"label=com.docker.compose.project={self.scenario.name}", f"name={self.scenario.name}"]
            form = "{{.Names}}" if kind == "container" else "{{.Name}}"
            names = {name for f in of_project for name in self.side.ask(kind, "ls", *flags, "--filter", f, "--format", form).split()
                     if self.is_own(name)}
            if names:
                self.side.ask(kind, "rm", "-f", *(["-v"] if kind == "container" else []), *sorted(names))
