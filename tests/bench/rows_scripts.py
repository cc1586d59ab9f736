"""What has a script of its own, which measures in turns and writes its values into files: the load balancer, pulls, networks, and
rounds of up and down."""
import os
import shutil
import subprocess

import place
import tools as all_tools
from measure import OURS, CannotRun, Row


PULLED = 200  # MB


def rows():
    return [Row("lb", "load balancer, 32 connections, one thread", "requests/s", ceiling=False),
            Row("lb-cost", "load balancer, processor time for one of these requests", "us"),
            Row("lb-many", "load balancer, 512 connections", "requests/s", ceiling=False),
            Row("lb-tcp", "load balancer, TCP mode", "MB/s", ceiling=False),
            Row("pull", f"pull of {PULLED} MB in eight layers from a registry on this machine"),
            Row("cycles", "`up -d` and `down -v` of five services on three networks"),
            Row("network", "one TCP stream, container to container", "Gbit/s", ceiling=False),
            Row("network-host", "one TCP stream, host to published port", "Gbit/s", ceiling=False),
            Row("network-out", "one TCP stream, outside to published port", "Gbit/s", ceiling=False),
            Row("members", "`container run -d` on a network of 190 to 200 others")]


def scripts(runs):
    """Rows with the file of their values and whose its columns are; the command line; the programs it cannot do without."""
    both = {0: OURS, 1: "docker"}
    return (({"lb": ("lb-32", {0: OURS, 3: "haproxy"}), "lb-cost": ("lb-32", {2: OURS, 5: "haproxy"}), "lb-many": ("lb-512", {0: OURS, 3: "haproxy"}),
              "lb-tcp": ("lb-tcp", {0: OURS, 2: "haproxy", 4: "haproxy, splice-auto"})},
             ["lb.sh", all_tools.BIN + "/compose-lb", str(runs), "1"], ("haproxy", "nginx", "wrk")),
            ({"pull": ("pull", {0: OURS, 1: "skopeo", 2: "docker"})},
             ["pull.sh", all_tools.BIN + "/registry_transfer", "5", str(PULLED)], ("docker-registry", "skopeo")),
            ({"cycles": ("cycles", {0: OURS})}, ["cycles.sh", all_tools.BIN + "/compose", "20"], ()),
            ({"network": ("container", both), "network-host": ("host", both), "network-out": ("outside", both), "members": ("members", {0: OURS})},
             ["network.sh", all_tools.BIN + "/compose", "1", str(runs)], ("iperf3",)))


def play(rows, tools, runs):
    for fillings, command, programs in scripts(runs):
        asked = [name for name in fillings if name in rows]
        if tools.ours_only and programs:  # they are made to measure two
            for name in asked:
                del rows[name]
        elif asked:
            missing = [program for program in programs if not shutil.which(program)]
            try:
                if missing:
                    raise CannotRun(f"{command[0]} needs {', '.join(missing)}")
                folder = run(command, tools)
                for name in asked:
                    fill(rows[name], f"{folder}/{fillings[name][0]}", fillings[name][1])
            except CannotRun as why:
                for name in asked:
                    rows[name].cannot[OURS] = str(why)
    if "lb-cost" in rows:
        rows["lb-cost"].notes.append("the processor's time of the balancer alone")


def run(command, tools):
    """The folder with the values."""
    folder = f"{tools.work}/{command[0]}.values"
    os.makedirs(folder)
    env = {**all_tools.base_environment(tools.work), "BENCH_VALUES": folder, "BENCH_FOLDER": tools.work, "TMPDIR": tools.work}
    log = f"{folder}/log"
    place.Host().enter()
    with open(log, "w", encoding="utf-8") as out:
        code = subprocess.run([f"{all_tools.HERE}/{command[0]}", *command[1:]], env=env, stdout=out, stderr=out, check=False, timeout=600).returncode
    if code:
        with open(log, encoding="utf-8", errors="replace") as out:
            raise CannotRun(f"{command[0]} exited with {code}: {(out.read().strip().splitlines() or [''])[-1]}")
    return folder


def fill(row, path, columns):
    with open(path, encoding="utf-8") as file:
        for line in file:
            values = line.split()
            for column, tool in columns.items():
                if column < len(values):
                    row.record(tool, float(values[column]))
