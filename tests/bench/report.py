"""What came of the rows: all values as JSON, and a table."""
import datetime
import json
import os
import platform

import measure
from measure import OURS, Row

FAMILIES = (("Docker", ("docker",)), ("Podman", ("podman", "buildah")), ("others", ("",)))


def machine():
    model = "processor of unknown model"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = int(file.readline().split()[1]) / (1 << 20)
    load = os.getloadavg()[0]
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "processor": model, "processors": os.cpu_count(),
            "memory_gib": round(memory, 1), "kernel": platform.release(), "load": load, "busy": load > 0.5 * (os.cpu_count() or 1)}


def figure(value, unit):
    if unit == "ms" and value >= 1000:
        return f"{value / 1000:.2f} s"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def times(ratio):
    return f"{ratio:,.{0 if ratio >= 20 else 1 if ratio >= 2 else 2}f}x"


def target(row):
    texts = []
    if row.target is not None:
        texts.append(f"{'at most' if row.ceiling else 'at least'} {figure(row.target, row.unit) if row.target else '0 ' + row.unit}")
    if row.least:
        texts.append(f"{row.least[1]}x {row.least[0]}")
    return ", ".join(texts)


def cell(row, tool):
    values = row.values[tool]
    low, high = row.spread(tool)
    text = figure(row.median(tool), row.unit)
    if len(values) > 1:
        text += f" ({figure(low, row.unit)} .. {figure(high, row.unit)}; {len(values)})"
    ratio = row.ratio(tool) if tool != OURS else None
    return text if ratio is None else f"{text} **{times(ratio)}**"


def family(row, prefixes, taken):
    found = []
    for tool in [*row.values, *(t for t in row.cannot if t not in row.values)]:
        if tool == OURS or tool in taken or not any(tool.startswith(p) for p in prefixes):
            continue
        taken.add(tool)
        found.append(f"{tool}: {cell(row, tool) if tool in row.values else '- ' + row.cannot[tool]}")
    return "<br>".join(found)


def table(rows):
    lines = ["| work | ours | " + " | ".join(name for name, _ in FAMILIES) + " | wanted | met |", "|---" * (len(FAMILIES) + 4) + "|"]
    for row in rows:
        taken = set()
        ours = cell(row, OURS) if row.values.get(OURS) else "- " + row.cannot.get(OURS, "not measured")
        met = {None: "", True: "yes", False: "no"}[row.met()]
        lines.append(" | ".join([f"| {row.title}", ours, *(family(row, prefixes, taken) for _, prefixes in FAMILIES), target(row), met]) + " |")
    return "\n".join(lines)


def markdown(head, rows):
    text = [f"# compose and others, {head['date']}\n",
            f"{head['processor']}, {head['processors']} processors, {head['memory_gib']} GiB, Linux {head['kernel']}. "
            f"Load at the beginning: {head['load']:.2f}{', which is too much to trust the figures' if head['busy'] else ''}.",
            "Versions: " + "; ".join(head["versions"].values()) + ".\n",
            f"Medians (least .. most; number of values), and how many times better ours is, as the median of the ratios within each round. "
            f"To start a program that does nothing takes {head['floor_ms']:.2f} ms here, which all times have in them.\n",
            table(rows)]
    notes = [f"- {row.title}: {note}" for row in rows for note in row.notes]
    notes += [f"- {row.title}: {target(row)} were wanted where the floor takes {figure(row.floor, row.unit)}, {times(row.target / row.floor)} as much; "
              f"here ours takes {times(1 / row.ratio('floor'))} the floor" for row in rows if row.floor and row.ratio("floor")]
    other = [f"- {row.title}: of an earlier run, {row.measured}" for row in rows if row.measured < head["date"]]
    return "\n".join(text + ([""] + notes + other if notes or other else [])) + "\n"


def write(folder, name, head, rows):
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/{name}.json", "w", encoding="utf-8") as file:
        json.dump({"head": head, "rows": [row.as_json() for row in rows]}, file, indent=1)
    with open(f"{folder}/{name}.md", "w", encoding="utf-8") as file:
        file.write(markdown(head, rows))


def read(folder, name):
    """The head and the rows of an earlier run; nothing when there is none."""
    try:
        with open(f"{folder}/{name}.json", encoding="utf-8") as file:
            found = json.load(file)
        return found["head"], [Row.from_json(row) for row in found["rows"]]
    except (OSError, ValueError, KeyError):
        return {}, []


def spoken(rows):
    """A line a row, for the terminal."""
    for row in rows:
        if not row.values.get(OURS):
            measure.say(f"  {row.title}: not measured")
            continue
        others = ", ".join(f"{tool} {figure(row.median(tool), row.unit)}" + (f" ({times(row.ratio(tool))})" if row.ratio(tool) else "")
                           for tool in row.values if tool != OURS)
        met = {None: "", True: ", met", False: ", NOT MET"}[row.met()]
        measure.say(f"  {row.title}: {figure(row.median(), row.unit)}{met}{'; ' + others if others else ''}")
