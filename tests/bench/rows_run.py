"""A container that runs `true` and is gone: the whole of `run --rm`."""
import floors
from measure import OURS, Row, take_turns


def rows():
    return [Row("run", "`container run --rm busybox true`, default network", target=20, floor=7),
            Row("run-none", "`container run --rm --network none busybox true`", target=20)]


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
        floors.add_for_run(players, rows[row], tools, row == "run")
        take_turns(rows, players, 3 * runs, warmups=2)
    if "run" in rows:
        rows["run"].cannot.update({name: "makes no network: see the next row" for name in ("runc", "crun") if not tools.ours_only})
