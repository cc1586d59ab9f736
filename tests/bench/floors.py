"""What the kernel asks for on this machine, as players that take turns at the rows of `run` and `exec`: with nothing around it
(floor.cpp), and by a command and a process that stays with the container, programs of their own, confined as ours is (chain.cpp)."""
import glob
import json
import os
import statistics
import subprocess

import place
import tools as all_tools
from measure import OURS, CannotRun, say, timed

CHAIN = "floor with two programs"


def program(name):
    path = f"{all_tools.BIN}/{name}"
    if not os.path.exists(path):
        raise CannotRun(name + " is not built")
    return path


def floor(tools, flags):
    """The floor program's own figure, without the start of a program that reads a command line."""
    words, rootfs, host = program("bench_floor"), all_tools.unpack(tools.work, tools.archive), place.Host()

    def once():
        host.enter()
        done = subprocess.run([words, rootfs, "5", *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise CannotRun(f"bench_floor exited with {done.returncode}: {done.stderr.strip()}")
        return statistics.median(float(line.split()[0]) / 1000 for line in done.stdout.splitlines())
    return once


def hierarchies():
    """Where control groups are, by the controllers of a hierarchy; of v2 by none."""
    found = {}
    with open("/proc/mounts", encoding="utf-8") as mounts:
        for _, point, kind, options, *_ in map(str.split, mounts):
            if kind == "cgroup2":
                found[frozenset()] = point
            elif kind == "cgroup":
                found[frozenset(options.split(","))] = point
    return found


def groups_of(process):
    """The folders of the groups that the process is in by our doing."""
    folders, known = [], hierarchies().items()
    with open(f"/proc/{process}/cgroup", encoding="utf-8") as lines:
        for line in lines:
            _, controllers, path = line.strip().split(":", 2)
            wanted = frozenset(controllers.split(",")) if controllers else frozenset()
            points = [point for options, point in known if wanted <= options and bool(wanted) == bool(options)]
            if points and "compose" in path:
                folders.append(points[0] + path)
    return folders


def new_groups(work):
    """A folder in each hierarchy, in which groups can be made that need no settings."""
    folders = []
    for options, point in hierarchies().items():
        if "cpuset" in options:
            continue
        folders.append(f"{point}/{os.path.basename(work)}-chain")
        os.makedirs(folders[-1], exist_ok=True)
    return folders


def filter_of(ours):
    files = glob.glob(ours.env["COMPOSE_RUN_ROOT"] + "/seccomp/*.bpf")
    if not files:
        ours.engine("run", "--rm", "--network", "none", "busybox", "true")
        files = glob.glob(ours.env["COMPOSE_RUN_ROOT"] + "/seccomp/*.bpf")
    return files[0]


def chain_run(tools, ours, flags):
    words, rootfs, host = program("bench_chain"), all_tools.unpack(tools.work, tools.archive), place.Host()
    host.enter()
    timed([words, "bridge"], ours.env)
    asked = [words, "run", rootfs, tools.work + "/chain", filter_of(ours), ",".join(new_groups(tools.work)), *flags]

    def once():
        host.enter()
        return timed(asked, ours.env)
    return once


def chain_exec(ours, file, service):
    """The container has to run already."""
    words = program("bench_chain")
    ours.host.enter()
    asked = [*ours.composer, "-f", file, "ps", "-q", service]
    identity = subprocess.run(asked, env=ours.env, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    told = subprocess.run([*ours.program, "inspect", identity], env=ours.env, stdout=subprocess.PIPE, text=True, check=True).stdout
    process = json.loads(told)[0]["State"]["Pid"]
    entered = [words, "exec", str(process), filter_of(ours), ",".join(groups_of(process))]

    def once():
        ours.host.enter()
        return timed(entered, ours.env)
    return once


def add(players, row, name, make):
    """One of those who take turns at the row; where it cannot run, the row says why."""
    try:
        once = make()
        players[name] = lambda record: record(row.name, once())
    except CannotRun as why:
        say(f"    {name} is left out: {why}")
        row.cannot[name] = str(why)


def add_for_run(players, row, tools, net):
    ours = next(iter(tools.those([row], OURS)), None)
    add(players, row, "floor", lambda: floor(tools, ["--net"] if net else []))
    if ours:
        add(players, row, CHAIN, lambda: chain_run(tools, ours, ["--net"] if net else []))


def add_for_exec(players, row, tools, ours, file, service):
    add(players, row, "floor", lambda: floor(tools, ["--enter"]))
    add(players, row, CHAIN, lambda: chain_exec(ours, file, service))
