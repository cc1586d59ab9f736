"""A container that runs `true` and is gone: the whole of `run --rm`."""
import os
import statistics
import subprocess

import place
import tools as all_tools
from measure import OURS, CannotRun, Row, say, take_turns


def rows():
    return [Row("run", "`container run --rm busybox true`, default network", target=20),
            Row("run-none", "`container run --rm --network none busybox true`", target=20)]


def floor(tools, flags):
    """The least that the kernel asks for: the floor program's own figure, without the start of a program that reads a command line."""
    program = all_tools.BIN + "/bench_floor"
    if not os.path.exists(program):
        raise CannotRun("bench_floor is not built")
    rootfs, host = all_tools.unpack(tools.work, tools.archive), place.Host()

    def once(record):
        host.enter()
        done = subprocess.run([program, rootfs, "5", *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise CannotRun(f"bench_floor exited with {done.returncode}: {done.stderr.strip()}")
        record(statistics.median(float(line.split()[0]) / 1000 for line in done.stdout.splitlines()))
    return once


def add_floor(players, row, tools, flags):
    """The floor as one of those who take turns at the row; where it cannot run, the row says why."""
    try:
        once = floor(tools, flags)
        players["floor"] = lambda record: once(lambda value: record(row.name, value))
    except CannotRun as why:
        say(f"    the floor is left out: {why}")
        row.cannot["floor"] = str(why)


def play(rows, tools, runs):
    engines = tools.those(rows.values(), OURS, "docker", "podman")
    for row, flags in (("run", ["--rm"]), ("run-none", ["--rm", "--network", "none"])):
        if row not in rows:
            continue
        players = {tool.name: lambda record, tool=tool: record(row, tool.engine("run", *flags, "busybox", "true")) for tool in engines}
        if row == "run-none":
            for tool in tools.those([rows[row]], "runc", "crun"):
                command = "run", "--bundle", tool.bundle("run", "true"), tool.label() + "-run"
                players[tool.name] = lambda record, tool=tool, command=command: record(row, tool.engine(*command))
        add_floor(players, rows[row], tools, [] if row == "run-none" else ["--net"])
        take_turns(rows, players, 3 * runs, warmups=2)
    if "run" in rows:
        rows["run"].cannot.update({name: "makes no network: see the next row" for name in ("runc", "crun") if not tools.ours_only})
