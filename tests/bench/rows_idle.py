"""What containers cost that do nothing: memory, wake-ups and processor time of all processes that the tool has outside of them."""
import os
import time

import projects
from measure import OURS, Row

FEW, MANY = 10, 50
WINDOWS, SECONDS = 2, 10  # each of them as long as the time between two checks


def rows():
    return [Row("memory", f"memory of the runtime for {FEW} idle containers", "MB", target=15),
            Row("idle", f"wake-ups of the runtime, {MANY} containers without health checks", "/s", target=0),
            Row("idle-cpu", "processor time of the runtime for them", "ms/s"),
            Row("health", f"wake-ups, {MANY} containers with a health check each 10 s", "/s"),
            Row("health-cpu", "processor time of the runtime for these checks", "ms/s")]


def play(rows, tools, _):
    if "memory" in rows:
        for tool in tools.those([rows["memory"]], OURS, "docker", "podman"):
            file = projects.sleepers(f"{tool.work}/{tool.name}/idle", FEW)
            tool.compose("up", "-d", file=file)
            time.sleep(2)
            for _ in range(7):
                rows["memory"].record(tool.name, sum(map(proportional, processes(tool))) / 1e6)
                time.sleep(0.2)
            rows["memory"].notes.append(f"{tool.name}: {len(processes(tool))} processes")
            tool.compose("down", file=file)
    for kind, more in (("idle", ""), ("health", projects.CHECKED)):
        if {kind, kind + "-cpu"} & set(rows):
            for tool in tools.those(rows.values(), OURS, "docker"):
                file = projects.scaled(f"{tool.work}/{tool.name}/{kind}", more)
                tool.compose("up", "-d", "--scale", f"web={MANY}", file=file)
                time.sleep(3)
                watch(rows, kind, tool)
                tool.compose("down", file=file)
    if "health" in rows:
        rows["health"].notes.append("without those of processes that live for one check alone")


def processes(tool):
    """Process ids, by name; the containers' own are in other process namespaces and have other names."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                if file.read().startswith(tool.processes):
                    found.append(int(pid))
        except OSError:
            pass  # it has ended meanwhile
    return found


def proportional(pid):
    """Bytes of memory, those that are shared divided by those who share them."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        return sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))


def counted(tool):
    """(process, thread) -> context switches and milliseconds of the processor; with None as thread: of ended children."""
    found = {}
    for pid in processes(tool):
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/status", encoding="utf-8") as file:
                    switches = sum(int(line.split()[1]) for line in file if "ctxt_switches" in line)
                with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="utf-8") as file:
                    found[pid, thread] = switches, int(file.read().split()[0]) / 1e6
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            found[pid, None] = 0, (int(fields[13]) + int(fields[14])) * 1000 / os.sysconf("SC_CLK_TCK")
        except OSError:
            pass  # it has ended meanwhile
    return found


def watch(rows, kind, tool):
    before, start = counted(tool), time.monotonic()
    for _ in range(WINDOWS):
        time.sleep(SECONDS)
        after, now = counted(tool), time.monotonic()
        gone = now - start
        for row, part in ((kind, 0), (kind + "-cpu", 1)):
            if row in rows:
                rows[row].record(tool.name, sum(value[part] - before.get(key, (0, 0))[part] for key, value in after.items()) / gone)
        before, start = after, now
