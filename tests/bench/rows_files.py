"""Reading Compose files, planning, and a build that finds everything done."""
import shutil

import projects
from measure import OURS, Row, take_turns, timed


def rows():
    return [Row("config", "`config --quiet`, 1,000 services of ten attributes", target=200),
            Row("config-ten", "`config --quiet`, 10 services of ten attributes"),
            Row("plan", "parse and plan 1,000 services (`--dry-run up`)", target=200),
            Row("build", "build of 20 steps, nothing changed", target=50)]


def play(rows, tools, runs):
    engines = tools.those(rows.values(), OURS, "docker")
    composers = {tool.composer_name: tool for tool in engines}
    for row, count in (("config", 1000), ("config-ten", 10)):
        if row in rows:
            file = projects.large(f"{tools.work}/{row}", count)
            take_turns(rows, {name: lambda record, tool=tool: record(row, tool.compose("config", "-q", file=file))
                              for name, tool in composers.items()}, (1 if count == 1000 else 3) * runs)
            if not tools.ours_only:
                rows[row].cannot["podman-compose"] = "has no config"
    if "plan" in rows:
        ours, file = composers[OURS], projects.large(f"{tools.work}/plan", 1000)
        take_turns(rows, {OURS: lambda record: record("plan", timed([*ours.composer, "-f", file, "--dry-run", "up"], ours.env))}, runs)
        if not tools.ours_only:
            rows["plan"].cannot.update({name: "cannot plan without doing" for name in ("docker-compose", "podman-compose")})
    if "build" in rows:
        file = projects.twenty_steps(f"{tools.work}/build")
        take_turns(rows, builders(rows["build"], tools, composers, file), 3 * runs)


def builders(row, tools, composers, file):
    ours, folder = composers[OURS], file.rsplit("/", 1)[0]
    players = {OURS: lambda record: record("build", ours.compose("build", "-q", file=file))}
    for tool in tools.those([row], "docker"):
        for name, buildkit in (("docker, classic", "0"), ("docker, BuildKit", "1")):
            env = {**tool.env, "DOCKER_BUILDKIT": buildkit}
            players[name] = lambda record, tool=tool, env=env: record("build", timed([*tool.program, "build", "-q", folder], env))
    if not shutil.which("buildah"):
        row.cannot["buildah"] = "buildah is not installed"
        return players
    for tool in tools.those([row], "podman"):
        players["buildah"] = lambda record, tool=tool: record("build", timed(["buildah", "bud", "--layers", "-q", folder], tool.env))
    return players
