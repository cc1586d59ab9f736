"""The plot: bars of the times, on a logarithmic scale; how many times better ours is where something else than time is measured; and
what `up` and `down` of ever more replicas take."""
from measure import OURS, linear_fit
from report import figure, times
from rows_replicas import medians

COLOURS = (("compose", "#0b6e4f"), ("docker", "#2f6fb3"), ("podman", "#8a4f9e"), ("buildah", "#8a4f9e"), ("runc", "#c77d0a"), ("crun", "#b3412f"),
           ("floor", "#8c8c8c"), ("", "#5b6770"))
INK, PALE = "#222222", "#dddddd"


def colour(tool):
    return next(value for prefix, value in COLOURS if tool.startswith(prefix))


def plain(title):
    return title.replace("`", "")


def draw(path, head, rows):
    """False where there is no matplotlib."""
    try:
        import matplotlib
        matplotlib.use("svg")
        from matplotlib import pyplot
    except ImportError:
        return False
    matplotlib.rcParams.update({"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 8, "axes.edgecolor": PALE, "text.color": INK,
                                "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "axes.spines.top": False, "axes.spines.right": False,
                                "svg.hashsalt": "compose"})
    times = [row for row in rows if row.unit == "ms" and row.values.get(OURS)]
    others = [(row, {tool: row.ratio(tool) for tool in row.values if tool != OURS and row.ratio(tool)}) for row in rows
              if row.unit != "ms" and row.values.get(OURS)]
    others = [(row, ratios) for row, ratios in others if ratios]
    curves = [row for row in rows if row.series]
    heights = [1.2 + 0.17 * sum(len(row.values) + 1 for row in times), 1 + 0.17 * sum(len(ratios) + 1 for _, ratios in others) if others else 0,
               3 if curves else 0]
    shown = [part for part, height in zip((times_of, ratios_of, curves_of), heights) if height]
    drawn, axes = pyplot.subplots(len(shown), 1, figsize=(9.5, sum(heights) + 0.8), squeeze=False, layout="constrained",
                                  gridspec_kw={"height_ratios": [height for height in heights if height]})
    for part, axis in zip(shown, axes[:, 0]):
        part(axis, {times_of: times, ratios_of: others, curves_of: curves}[part])
    drawn.suptitle(f"compose and others, {head['date']}\n{head['processor']}, {head['processors']} processors, Linux {head['kernel']}", fontsize=10)
    drawn.savefig(path, metadata={"Date": None})
    pyplot.close(drawn)
    return True


def bars(axis, groups):
    """`groups`: title -> [(label, value, text, colour, ...)], from the top."""
    place, ticks, names = 0, [], []
    for title, found in groups:
        axis.text(0.0, place, title, transform=axis.get_yaxis_transform(), va="center", ha="left", fontsize=8, fontweight="bold",
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
        place += 1
        for label, value, text, bar_colour in found:
            axis.barh(place, value, height=0.82, color=bar_colour, left=0)
            axis.text(value, place, " " + text, va="center", ha="left", fontsize=7)
            ticks.append(place)
            names.append(label)
            place += 1
    axis.set_xscale("log")
    axis.set_yticks(ticks, names, fontsize=7)
    axis.set_ylim(place, -1)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x", color=PALE, linewidth=0.5)
    axis.set_axisbelow(True)


def times_of(axis, rows):
    groups = []
    for row in rows:
        wanted = f" \u00b7 wanted: at most {figure(row.target, row.unit)}" if row.target else ""
        tools = sorted(row.values, key=lambda tool: (tool != OURS, row.median(tool)))
        groups.append((plain(row.title) + wanted, [(tool, row.median(tool), ratio_text(row, tool), colour(tool)) for tool in tools]))
    bars(axis, groups)
    axis.set_xlim(0.1, axis.get_xlim()[1] * 4)
    axis.set_xlabel("milliseconds, the shorter the better")


def ratio_text(row, tool):
    ratio = row.ratio(tool) if tool != OURS else None
    return figure(row.median(tool), row.unit) + (f" \u00b7 {times(ratio)}" if ratio else "")


def ratios_of(axis, found):
    bars(axis, [(f"{plain(row.title)}: {figure(row.median(), row.unit)}",
                 [(tool, ratio, f"{times(ratio)} \u00b7 {figure(row.median(tool), row.unit)}", colour(tool)) for tool, ratio in ratios.items()])
                for row, ratios in found])
    axis.axvline(1, color=INK, linewidth=0.8)
    axis.set_xlim(right=axis.get_xlim()[1] * 3)
    axis.set_xlabel("how many times better ours is")


def curves_of(axis, rows):
    for row in rows:
        for tool, points in row.series.items():
            middle = medians(points)
            slope, base, _ = linear_fit(middle)
            word = row.name.split("-")[-1]
            axis.plot(*zip(*middle), "o-" if word == "up" else "s--", color=colour(tool), markersize=3, linewidth=1,
                      label=f"{tool} {word}: {base:.0f} ms + {slope:.1f} ms a replica")
    axis.set_yscale("log")
    axis.set_xscale("log")
    axis.set_xlabel("replicas")
    axis.set_ylabel("milliseconds")
    axis.grid(color=PALE, linewidth=0.5)
    axis.legend(frameon=False, fontsize=7)
