"""Values of the rows: a command's time, rounds in which the tools take turns, and what is made of the values.

A tool's player does one round and records a value for each row that it measures. The tools take turns within a round, another
begins each time, so a busy moment of the machine meets all of them; a ratio is the median of the ratios within the rounds."""
import os
import resource
import signal
import statistics
import sys
import time

OURS = "compose"
PATIENCE = 45  # seconds that a tool may have for the rounds of a row once it has three


class CannotRun(Exception):
    """Why a tool cannot do what a row asks."""


class Row:
    """`target`: what ours is to be at most (`ceiling`) or at least. `least`: (another tool, how many times it ours has to be better).
    `floor`: what the tool of that name takes on the machine that the target was set for."""

    def __init__(self, name, title, unit="ms", target=None, least=None, ceiling=True, floor=None):
        self.name, self.title, self.unit, self.target, self.least, self.ceiling = name, title, unit, target, least, ceiling
        self.floor = floor
        self.values, self.cannot, self.notes, self.series = {}, {}, [], {}
        self.measured = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())

    def record(self, tool, value):
        self.values.setdefault(tool, []).append(value)

    def median(self, tool=OURS):
        return statistics.median(self.values[tool]) if self.values.get(tool) else None

    def spread(self, tool=OURS):
        return min(self.values[tool]), max(self.values[tool])

    def ratio(self, tool):
        """How many times better ours is; None without values of both."""
        pairs = [(ours, theirs) for ours, theirs in zip(self.values.get(OURS, []), self.values.get(tool, [])) if ours and theirs]
        if not pairs:
            return None
        return statistics.median(theirs / ours if self.ceiling else ours / theirs for ours, theirs in pairs)

    def met(self):
        """Whether the targets are met; None without a target or without values."""
        if self.median() is None or (self.target is None and self.least is None):
            return None
        met = True
        if self.target is not None:
            met = self.median() <= self.target if self.ceiling else self.median() >= self.target
        if self.least and self.ratio(self.least[0]) is not None:
            met = met and self.ratio(self.least[0]) >= self.least[1]
        return met

    def as_json(self):
        tools = {tool: {"median": statistics.median(values), "least": min(values), "most": max(values), "ratio": self.ratio(tool),
                        "values": values} for tool, values in self.values.items()}
        return {"name": self.name, "title": self.title, "unit": self.unit, "target": self.target, "least_ratio": self.least,
                "less_is_better": self.ceiling, "floor": self.floor, "met": self.met(), "measured": self.measured, "tools": tools, "cannot": self.cannot,
                "notes": self.notes, "series": self.series}

    @classmethod
    def from_json(cls, found):
        row = cls(found["name"], found["title"], found["unit"], found["target"], found["least_ratio"], found["less_is_better"],
                  found.get("floor"))
        row.values = {tool: cell["values"] for tool, cell in found["tools"].items()}
        row.cannot, row.notes, row.series, row.measured = found["cannot"], found["notes"], found["series"], found["measured"]
        return row


def say(text):
    print(text, file=sys.stderr, flush=True)


def too_long(*_):
    raise CannotRun("did not end within two minutes")


def spawn(argv, env, log, stdin="/dev/null"):
    # Neither a shell nor a copy of this process: what is measured is the program.
    quiet = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    files = [(os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, log, quiet, 0o600), (os.POSIX_SPAWN_DUP2, 1, 2)]
    try:
        return os.posix_spawnp(argv[0], argv, env, file_actions=files, setsigmask=[])
    except FileNotFoundError as error:
        raise CannotRun(f"there is no {argv[0]} here") from error


def timed(argv, env, log="/run/bench.log"):
    """Milliseconds from the start of the program to its end. It has to end with 0; what it said is in `log`, a new file each time."""
    open(log, "w", encoding="utf-8").close()
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(120)
    start = time.perf_counter_ns()
    child = spawn(argv, env, log)
    try:
        _, status = os.waitpid(child, 0)
        took = (time.perf_counter_ns() - start) / 1e6
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        signal.alarm(0)
    if status:
        with open(log, encoding="utf-8", errors="replace") as file:
            said = [line for line in file.read().splitlines() if line.strip()]
        raise CannotRun(f"`{' '.join(os.path.basename(a) for a in argv[:4])}` exited with {os.waitstatus_to_exitcode(status)}: {(said or [''])[-1]}")
    return took


def take_turns(rows, players, runs, warmups=1):
    """`players`: tool -> function(record), where record(name of a row, value). Gives each of them `runs` rounds after the warm-ups; a
    slow one has fewer, but three."""
    left, spent = dict(players), dict.fromkeys(players, 0.0)
    for number in range(-warmups, runs):
        names = list(left)
        for name in names[number % len(names):] + names[:number % len(names)] if names else []:
            if number >= 3 and spent[name] > PATIENCE:
                continue
            start = time.monotonic()
            try:
                left[name]((lambda row, value, tool=name: rows[row].record(tool, value)) if number >= 0 else lambda row, value: None)
            except CannotRun as why:
                del left[name]
                for row in rows.values():
                    row.values.pop(name, None)
                    row.cannot[name] = str(why)
            spent[name] += time.monotonic() - start


def linear_fit(points):
    """Least squares over (x, y): slope, value at 0, and how much of the variance it tells."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    slope, base = statistics.linear_regression(xs, ys)
    residual = sum((y - base - slope * x) ** 2 for x, y in points)
    total = sum((y - statistics.fmean(ys)) ** 2 for y in ys)
    return slope, base, 1 - residual / total if total else 1.0


def hard_limits():
    return {name: resource.getrlimit(number)[1] for name, number in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC))}
