"""Two tables of rows beside each other, and the file that says where they differ on purpose, a line a difference:

    SCENARIO,... ROW,... | Docker's value | ours | why

`*` stands for anything, as scenario for each; a row that one of them does not have has the value `-`."""
import re

from docker_daemon import CannotRun


NOT_HERE = "SIGSEGV"  # of a call that this machine cannot make: those of 32 bits on some virtual ones


def pattern_of(text):
    return re.compile(re.escape(text).replace(r"\*", ".*"), re.DOTALL)


class Explanation:
    def __init__(self, path, number, line, scenarios):
        fields = [field.strip() for field in line.split("|")]
        words = fields[0].split(None, 1)
        if len(fields) != 4 or len(words) != 2 or not all(fields):
            raise CannotRun(f"{path}:{number}: expected SCENARIO,... ROW,... | Docker's | ours | why")
        self.place, self.why, self.used = f"{path}:{number}", fields[3], False
        self.scenarios = words[0].split(",")
        unknown = set(self.scenarios) - set(scenarios) - {"*"}
        if unknown:
            raise CannotRun(f"{self.place}: there is no scenario {' '.join(sorted(unknown))}")
        self.rows = [pattern_of(row) for row in words[1].split(",")]
        self.theirs, self.ours = pattern_of(fields[1]), pattern_of(fields[2])

    def covers(self, scenario, row, theirs, ours):
        return bool((scenario in self.scenarios or "*" in self.scenarios) and self.theirs.fullmatch(theirs) and
                    self.ours.fullmatch(ours) and any(pattern.fullmatch(row) for pattern in self.rows))


class Explanations:
    """`scenarios`: the names that there are."""

    def __init__(self, path, scenarios, verbose=False):
        with open(path, encoding="utf-8") as file:
            self.all = [Explanation(path, number, line, scenarios) for number, line in enumerate(file, 1)
                        if line.strip() and not line.startswith("#")]
        self.verbose = verbose

    def compare(self, scenario, theirs, ours):
        """The number of rows that differ and are not explained, each of which is printed."""
        explained, rest = 0, 0
        for name in {**theirs, **ours}:
            there, here = theirs.get(name, "-"), ours.get(name, "-")
            if there == here:
                if there == NOT_HERE:
                    self.excuse(name)
                continue
            why = next((e for e in self.all if e.covers(scenario, name, there, here)), None)
            if why:
                why.used = True
                explained += 1
            else:
                rest += 1
            if not why or self.verbose:
                print(f"    {scenario} {name}: Docker {there} | ours {here}" + (f" | {why.why}" if why else ""))
        print(f"{scenario:12} {len({**theirs, **ours})} rows, {explained} differ as explained, {rest} otherwise", flush=True)
        return rest

    def excuse(self, row):
        for explanation in self.all:
            explanation.used = explanation.used or any(pattern.fullmatch(row) for pattern in explanation.rows)

    def stale(self):
        """The number of explanations of no difference, each of which is printed."""
        stale = [e for e in self.all if not e.used]
        for explanation in stale:
            print(f"    {explanation.place}: there is no such difference any more")
        return len(stale)
