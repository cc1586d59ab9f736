"""One service with ever more replicas: how long `up` and `down` take, and whether that grows with their number alone."""
import statistics

import projects
from measure import OURS, Row, linear_fit

MOST = 200
COUNTS = {OURS: (1, 2, 5, 10, 20, 50, 100, 150, MOST), "docker-compose": (1, 5, 10, 20)}


def rows():
    return [Row("replicas-up", f"`up` of {MOST} replicas, each", target=15), Row("replicas-down", f"`down` of {MOST} replicas, each")]


def play(rows, tools, runs):
    players = {tool.composer_name: (tool, projects.scaled(f"{tool.work}/{tool.name}/replicas"))
               for tool in tools.those(rows.values(), OURS, "docker")}
    points = {(row, name): [] for row in rows for name in players}
    for number in range(max(3, runs // 2)):
        for name, (tool, file) in players.items():
            if number > 1 and name != OURS:
                continue
            for count in COUNTS[name]:
                for row, arguments in (("replicas-up", ("up", "-d", "--scale", f"web={count}")), ("replicas-down", ("down",))):
                    took = tool.compose(*arguments, file=file)
                    if row in rows:
                        points[row, name].append((count, took))
    for (row, name), found in points.items():
        told(rows[row], name, found)
    if not tools.ours_only:
        for row in rows.values():
            row.cannot["podman-compose"] = "more than a second each"


def medians(points):
    """Of each number of replicas; a moment in which the machine was busy does not bend the line."""
    return [(count, statistics.median(took for of, took in points if of == count)) for count in sorted({count for count, _ in points})]


def told(row, name, points):
    most = max(count for count, _ in points)
    label = name if name == OURS else f"{name}, {most} replicas"
    for count, took in points:
        if count == most:
            row.record(label, took / count)
    row.series[name] = points
    slope, base, share = linear_fit(medians(points))
    row.notes.append(f"{name}, 1 to {most}: {base:.0f} ms and {slope:.2f} ms a replica, which tells {share:.1%} of the variance of the medians")
