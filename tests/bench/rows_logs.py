"""How long a line takes from the container to the terminal of `logs -f`. The container copies a pipe that is written to here, so both
ends are on one clock, and what the copying takes is in the figure."""
import os
import select
import subprocess
import time

import projects
from measure import OURS, CannotRun, Row

LINES = 40


def rows():
    return [Row("logs", "a line from the container to `logs -f`", target=5)]


class Follower:
    def __init__(self, tool):
        self.tool = tool
        self.file = projects.copier(f"{tool.work}/{tool.name}/logs")
        self.pipe = os.open(os.path.dirname(self.file) + "/pipe/lines", os.O_RDWR | os.O_CLOEXEC)
        tool.compose("up", "-d", file=self.file)
        # docker-compose and podman-compose are Python, which keeps lines back when it does not write to a terminal.
        self.process = subprocess.Popen([*tool.composer, "-f", self.file, "logs", "-f"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        env={**tool.env, "PYTHONUNBUFFERED": "1"})
        self.read = b""

    def milliseconds(self, text, patience):
        start = time.perf_counter_ns()
        os.write(self.pipe, text + b"\n")
        while text not in self.read:
            ready, _, _ = select.select([self.process.stdout], [], [], patience)
            part = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not part:
                raise CannotRun(f"`logs -f` did not show a line within {patience} s")
            self.read += part
        self.read = b""
        return (time.perf_counter_ns() - start) / 1e6

    def end(self):
        self.process.terminate()
        self.process.wait()
        os.close(self.pipe)
        self.tool.compose("down", file=self.file)


def play(rows, tools, _):
    row, followers = rows["logs"], {}
    try:
        for tool in tools.those([row], OURS, "docker", "podman"):
            followers[tool.composer_name] = Follower(tool)
        time.sleep(2)
        for name, follower in list(followers.items()):
            try:
                follower.milliseconds(b"first line", 10)
            except CannotRun as why:
                row.cannot[name] = str(why)
        for number in range(LINES):
            for name in followers:
                if name not in row.cannot:
                    time.sleep(0.03 + 0.002 * number)
                    row.record(name, followers[name].milliseconds(f"line {number:04}.".encode(), 10))
    finally:
        for follower in followers.values():
            follower.end()
