"""docs/parity.md: the scenarios as a table."""
import os

HEAD = """# Beside docker-compose

What `tests/parity/scenarios_parity` plays with docker-compose 1.29 and Docker 20.10, and with ours, step by step: {count} scenarios,
in `tests/parity/scenarios`. Compared after each step are the exit code, the output where it is meant for scripts, and containers
(names, state, whether they are kept, started again or recreated, environment, mounts, addresses, limits, labels), networks and
volumes as `inspect` tells of them. Where docker compose v2 does otherwise than 1.29, ours does as v2: the scenario says so, with
the source file of v2 that says it, and fails when it is otherwise; paths are those of docker/compose. Made by `tests/parity/scenarios_parity --table`; do not edit.

{commands} commands are played: {names}.

## In every scenario

{everywhere}
- `logs` begins with no line "Attaching to ..." (pkg/compose/logs.go)

## Scenarios

| scenario | commands | beside 1.29 | ours |
|---|---|---|---|
"""


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def beside(scenario):
    reasons = [f"v2 differs: {rule.why} ({rule.source})" for rule in scenario.rules if rule.kind == "v2"]
    sources = dict.fromkeys(step.source for step in scenario.steps if step.source)
    reasons += [f"1.29 cannot; v2 does so in {source}" for source in sources]
    return cell("; ".join(reasons)) or "same"


def ours(scenario):
    better = [rule.why for rule in scenario.rules if rule.kind == "better"]
    if better:
        return cell("; ".join(better))
    return "as v2" if beside(scenario) != "same" else "as both"


def text(scenarios, everywhere):
    """The table, but for its last line, which is of a run."""
    commands = sorted({command for s in scenarios for command in s.commands() if command != "frobnicate"})
    head = HEAD.format(count=len(scenarios), commands=len(commands), names=", ".join(commands),
                       everywhere="\n".join(f"- {cell(rule.why)}" + (f" ({rule.source})" if rule.source else "") for rule in everywhere))
    rows = [f"| `{s.name}`: {cell(s.title)} | {', '.join(c for c in s.commands() if c != 'frobnicate')} | {beside(s)} | {ours(s)} |" for s in scenarios]
    return head + "\n".join(rows) + "\n"


def write(path, scenarios, everywhere, judge, seconds):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text(scenarios, everywhere))
        file.write(f"\nOf the last run: {judge.rows} rows compared, {judge.explained} of them differ as explained. The commands that both play "
                   f"took docker-compose {seconds['docker']:.0f} s, without the half second that the start of each takes there, and ours "
                   f"{seconds['ours']:.0f} s, four at a time and beside each other on one machine.\n")


def check(path, scenarios, everywhere):
    try:
        with open(path, encoding="utf-8") as file:
            stored = file.read()
    except FileNotFoundError:
        stored = ""
    wanted = text(scenarios, everywhere)
    if stored.startswith(wanted) and len(stored[len(wanted):].strip().splitlines()) == 1:
        return 0
    differs = next((n for n, (a, b) in enumerate(zip(stored.splitlines(), wanted.splitlines()), 1) if a != b), len(stored.splitlines()))
    print(f"{path}:{differs}: not of these scenarios any more; tests/parity/scenarios_parity --table writes it anew")
    return 1
