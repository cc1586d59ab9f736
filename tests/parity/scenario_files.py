"""The scenario files: what is in them, and what of it is wrong.

    title: what holds, as a sentence
    files: {path: text}                       written into the project's folder; docker-compose.yml is one of them
    steps:                                    a line is a compose command; or a map with one of
      - up -d
      - compose: exec -T web cat /x               the same, with more to say
        shell: echo B=2 > web.env                 run by sh in the folder
        engine: image tag parity/two app          `docker ...`, and ours as `compose ...`
        until: web-1 exited                       wait for a container's state, or `healthy`, `unhealthy`, `restarted`
        background: events --json                 goes on beside the next steps, until `finish`
        finish: events                            the first word of that command, and
        signal: INT                                   what ends it; none: it ends by itself
    and, where they have a meaning,
        exit: 1                                   what docker-compose 1.29 exits with; 0 when not given
        out: | ...                                what it prints; the same is wanted of ours
        show: out | sorted | err                  compare what is printed, whatever it is; sorted: its lines in any order
        says: a regular expression                that what ours prints (both streams) has; v2's words are not 1.29's
        ready: text                               a background command is waited for until it has printed this
        docker: cp @web-1@:/x x                   what docker does instead, where 1.29 has no such command
        only: ours                                not played there; then exit and out are what v2 does, and `source` is given
        look: no                                  do not compare what there is after it; yes: do so
        env: {NAME: value}, input: text
    v2:                                       where v2 differs from 1.29, and ours does as v2
      - {rows: "2 exit", docker: "0", ours: "1", why: ..., source: file in docker/compose}
    better:                                   where ours differs from both on purpose; the same form, without source

In all texts @NAME@ is the project, @PORT@, @PORT1@ ... @PORT9@ are ports and @NET@ the beginning of an IPv4 address (10.77.5)
that no other scenario uses, and @web-1@ is the name of that container on the side that is being played."""
import os
import re
import shlex

import yaml
from docker_daemon import CannotRun
from explained import pattern_of

KINDS = ("compose", "shell", "engine", "until", "background", "finish")
STEP_KEYS = {*KINDS, "signal", "exit", "out", "show", "says", "ready", "docker", "only", "source", "look", "env", "input"}
SCENARIO_KEYS = {"title", "files", "steps", "v2", "better"}
# Commands after which what there is has changed; it is compared then.
CHANGING = {"up", "create", "down", "start", "stop", "restart", "rm", "run", "scale", "kill", "pause", "unpause"}


def require(condition, place, message):
    if not condition:
        raise CannotRun(f"{place}: {message}")


class Rule:
    """Why rows differ."""

    def __init__(self, place, kind, fields):
        wanted = {"rows", "docker", "ours", "why"} | ({"source"} if kind == "v2" else set())
        require(isinstance(fields, dict) and set(fields) == wanted, place, f"{kind} has {', '.join(sorted(wanted))}")
        rows = fields["rows"] if isinstance(fields["rows"], list) else [fields["rows"]]
        self.place, self.kind, self.used = place, kind, False
        self.why, self.source = fields["why"].strip(), fields.get("source", "")
        self.rows = [pattern_of(str(row)) for row in rows]
        self.docker, self.ours = pattern_of(str(fields["docker"]).strip()), pattern_of(str(fields["ours"]).strip())

    def covers(self, row, docker, ours):
        return bool(self.docker.fullmatch(docker) and self.ours.fullmatch(ours) and any(r.fullmatch(row) for r in self.rows))


class Step:
    def __init__(self, place, number, fields):
        fields = {"compose": fields} if isinstance(fields, str) else fields
        place = f"{place}, step {number}"
        require(isinstance(fields, dict), place, "is a line or a map")
        unknown = set(fields) - STEP_KEYS
        require(not unknown, place, f"there is no {' '.join(sorted(unknown))}")
        kinds = [kind for kind in KINDS if kind in fields]
        require(len(kinds) == 1, place, f"has one of {', '.join(KINDS)}")
        self.number, self.kind, self.text = number, kinds[0], str(fields[kinds[0]])
        self.ours_only = fields.get("only") == "ours"
        require(fields.get("only", "ours") == "ours", place, "only: ours")
        require(not self.ours_only or fields.get("source"), place, "of what only ours plays, `source` tells where v2 does so")
        self.source = fields.get("source", "")
        self.exit, self.out = int(fields.get("exit", 0)), fields.get("out")
        self.show, self.says, self.ready = fields.get("show"), fields.get("says"), fields.get("ready")
        require(self.show in (None, "out", "sorted", "err"), place, "show: out, sorted or err")
        require(not (self.ours_only and self.show and self.out is None), place, "of what only ours plays, `out` tells what is printed")
        self.docker, self.signal = fields.get("docker"), fields.get("signal")
        self.env, self.input = {k: str(v) for k, v in fields.get("env", {}).items()}, fields.get("input")
        self.command = self.first_word()
        self.look = fields.get("look", self.kind == "compose" and self.command in CHANGING and not self.ours_only)

    def first_word(self):
        """The compose command of a line, past the global flags."""
        if self.kind not in ("compose", "background"):
            return ""
        words = shlex.split(self.text)
        while words and words[0].startswith("-"):
            alone = words[0] in ("--compatibility", "--dry-run", "--version", "-v") or "=" in words[0]
            words = words[1 if alone else 2:]
        return words[0] if words else "version"

    def changes(self):
        return self.kind in ("compose", "engine", "finish", "background")


class Scenario:
    def __init__(self, path, index):
        self.name = os.path.basename(path).removesuffix(".yaml")
        require(re.fullmatch(r"[a-z0-9][a-z0-9-]*", self.name), path, "a scenario's name has a-z, 0-9 and -")
        self.port, self.net = 20000 + 10 * index, f"10.77.{index}"
        with open(path, encoding="utf-8") as file:
            text = file.read()
        text = text.replace("@NAME@", self.name).replace("@NET@", self.net)
        text = re.sub(r"@PORT([0-9]?)@", lambda m: str(self.port + int(m[1] or 0)), text)
        try:
            content = yaml.safe_load(text)
        except yaml.YAMLError as problem:
            raise CannotRun(f"{path}: {problem}") from problem
        require(isinstance(content, dict), path, "is a map")
        unknown = set(content) - SCENARIO_KEYS
        require(not unknown, path, f"there is no {' '.join(sorted(unknown))}")
        require(content.get("title") and content.get("steps"), path, "has title and steps")
        self.title, self.all_names = content["title"].strip(), [self.name]
        self.files = content.get("files", {})
        self.steps = [Step(path, number, step) for number, step in enumerate(content["steps"], 1)]
        self.rules = [Rule(path, kind, rule) for kind in ("v2", "better") for rule in content.get(kind) or []]

    def commands(self):
        """Those that the scenario plays, in order, each once."""
        found = [step.command for step in self.steps if step.command]
        return list(dict.fromkeys(found))


def load(folder):
    names = sorted(name for name in os.listdir(folder) if name.endswith(".yaml"))
    scenarios = [Scenario(os.path.join(folder, name), index) for index, name in enumerate(names)]
    for scenario in scenarios:
        scenario.all_names = [s.name for s in scenarios]
    return scenarios


def load_rules(path):
    """What differs in every scenario."""
    with open(path, encoding="utf-8") as file:
        content = yaml.safe_load(file)
    return [Rule(path, kind, rule) for kind in ("v2", "better") for rule in content.get(kind) or []]
