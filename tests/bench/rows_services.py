"""Ten services up and down, and what is asked of them while they run."""
import time

import floors
import projects
from measure import OURS, CannotRun, Row, take_turns

SERVICES = 10


def rows():
    return [Row("up", f"`up -d`, {SERVICES} busybox services, image present", target=150, least=("docker-compose", 50)),
            Row("down", f"`down` of {SERVICES}, by SIGKILL", target=120, least=("docker-compose", 20)),
            Row("down-gone", "the same, until the network's bridge is gone from the host"),
            Row("again", f"`up -d` of {SERVICES} again, nothing to do", target=20),
            Row("ps", f"`ps` of {SERVICES}", target=10),
            Row("exec", "`exec SERVICE true`", target=10)]


def play(rows, tools, runs):
    """One of `rows` is enough for all that it needs to be done; the others are left out."""
    sides = {tool.composer_name: (tool, projects.sleepers(f"{tool.work}/{tool.name}/ten", SERVICES))
             for tool in tools.those(rows.values(), OURS, "docker", "podman")}

    def up_and_down(tool, file):
        def once(record):
            record("up", tool.compose("up", "-d", file=file))
            took = tool.compose("down", file=file)
            record("down", took)
            if tool.name != "podman":  # whose bridge has a name like its own default one
                record("down-gone", took + until_bridges_are_gone())
        return once

    timed_rounds = {name: rows[name] for name in ("up", "down", "down-gone") if name in rows}
    if timed_rounds:
        take_turns(Recording(timed_rounds), {name: up_and_down(*side) for name, side in sides.items()}, runs)
    if set(rows) & {"again", "ps", "exec"}:
        while_running(rows, tools, sides, runs)


def until_bridges_are_gone():
    """Milliseconds from now. Both docker and compose call those of a project br-<id>; we are in the network namespace of the tool's host."""
    start = time.perf_counter_ns()
    while True:
        with open("/proc/thread-self/net/dev", encoding="ascii") as links:
            if not any(line.strip().startswith("br-") for line in links):
                return (time.perf_counter_ns() - start) / 1e6
        if time.perf_counter_ns() - start > 10e9:
            raise CannotRun("its bridge is there after ten seconds")
        time.sleep(0.0005)


class Recording(dict):
    """Rows that are not asked for are measured into nothing."""

    def __missing__(self, name):
        return Row(name, name)


def while_running(rows, tools, sides, runs):
    sides = {name: side for name, side in sides.items() if name not in rows.get("up", Row("", "")).cannot}
    try:
        for tool, file in sides.values():
            tool.compose("up", "-d", file=file)

        def command(row, *arguments):
            return {name: lambda record, tool=tool, file=file: record(row, tool.compose(*arguments, file=file))
                    for name, (tool, file) in sides.items()}

        if "again" in rows:
            take_turns(rows, command("again", "up", "-d"), 2 * runs)
        if "ps" in rows:
            take_turns(rows, command("ps", "ps"), 3 * runs)
        if "exec" in rows:
            players = {**command("exec", "exec", "-T", "s1", "true"), **engines_exec(rows["exec"], tools, sides)}
            if OURS in sides:
                floors.add_for_exec(players, rows["exec"], tools, *sides[OURS], "s1")
            take_turns(rows, players, 3 * runs)
            rows["exec"].notes.append("docker, podman, runc and crun: their own exec, without a Compose file")
    finally:
        for tool, file in sides.values():
            tool.compose("down", file=file)


def engines_exec(row, tools, sides):
    players = {}
    names = {"docker": "ten_s1_1", "podman": "ten_s1_1"}
    for tool, _ in sides.values():
        if tool.name in names:
            players[tool.name] = lambda record, tool=tool: record("exec", tool.engine("exec", names[tool.name], "true"))
    for tool in tools.those([row], "runc", "crun"):
        try:
            tool.engine("run", "-d", "--bundle", tool.bundle("exec", "sleep", "100000"), tool.label())
            players[tool.name] = lambda record, tool=tool: record("exec", tool.engine("exec", tool.label(), "true"))
        except CannotRun as why:
            row.cannot[tool.name] = str(why)
    return players
