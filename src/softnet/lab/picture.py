"""Charts as a file: SVG by softnet's own writer, PNG by matplotlib, if that is there.

write_picture("run.svg", charts, "10.0.0.1:40000 > 10.0.0.2:80")
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from softnet.lab.errors import LabError
from softnet.lab.svg import BLACK, GREY, GRID, TITLE_HEIGHT, WIDTH, Chart, figure, number

DPI = 200  # two pixels for each of the SVG's
INCH = 100  # of its pixels
POINTS = 0.72  # matplotlib's, to one of them
MARGIN = 90  # above and below a chart, in the SVG's pixels


def write_picture(
    path: str | Path, charts: Sequence[Chart], title: str, subtitle: str = ""
) -> None:
    """Write a figure of charts; what it is follows from the name. LabError."""
    kind = Path(path).suffix.lower()
    if kind == ".svg":
        Path(path).write_text(figure(charts, title, subtitle))
    elif kind == ".png":
        write_png(path, charts, title, subtitle)
    else:
        raise LabError(f"{path}: a picture is a .svg or a .png file")


def write_png(path: str | Path, charts: Sequence[Chart], title: str, subtitle: str) -> None:
    """The same by matplotlib, without its global state."""
    try:
        agg = importlib.import_module("matplotlib.backends.backend_agg")
        figures = importlib.import_module("matplotlib.figure")
    except ImportError:
        other = Path(path).with_suffix(".svg")
        raise LabError(
            f"{path}: PNG needs matplotlib: pip install 'softnet[plot]'; or write {other}, which needs "
            "nothing"
        ) from None
    height = TITLE_HEIGHT + sum(chart.height + MARGIN for chart in charts)
    fig = figures.Figure(figsize=(WIDTH / INCH, height / INCH), layout="constrained")
    agg.FigureCanvasAgg(fig)
    heights = [chart.height for chart in charts]
    rows = fig.subplots(
        len(charts), 1, squeeze=False, sharex=True, gridspec_kw={"height_ratios": heights}
    )
    fig.suptitle(f"{title}\n{subtitle}" if subtitle else title, fontsize=11, color=BLACK)
    for chart, (axes,) in zip(charts, rows, strict=True):
        draw(chart, axes)
    fig.savefig(path, dpi=DPI, metadata={"Software": None})


def draw(chart: Chart, axes: Any) -> None:
    """One chart on its axes."""
    axes.set_title(chart.title, loc="left", fontsize=9, fontweight="bold")
    axes.set_xlabel(chart.x_name, fontsize=8)
    axes.set_ylabel(chart.y_name, fontsize=8)
    axes.tick_params(labelsize=8, labelcolor=GREY, labelbottom=True)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if chart.log:
        axes.set_xscale("log")
        axes.set_yscale("log")
    else:
        axes.margins(x=0)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: number(value))
    for kind, name, colour, items, how in chart.layers:
        if not items:
            continue
        xs, ys = [item[0] for item in items], [item[1] for item in items]
        dashed = how and kind in ("line", "steps")
        dashes = {"linestyle": (0, tuple(float(n) / 2 for n in how.split()))} if dashed else {}
        if kind == "bars":
            axes.vlines(xs, ys, [item[-1] for item in items], colors=colour, label=name, lw=1.2)
            least = chart.least.get(name, 0) * POINTS
            middles = [(item[1] + item[-1]) / 2 for item in items]
            axes.plot(xs, middles, "|", color=colour, markersize=least, zorder=3)
        elif kind == "marks":
            axes.plot(xs, ys, how, color=colour, label=name, markersize=4, zorder=4)
        elif kind == "steps":
            axes.step(xs, ys, where="post", color=colour, label=name, lw=0.9, **dashes)
        else:
            axes.plot(xs, ys, color=colour, label=name, lw=0.9, **dashes)
    if not chart.log and 0 <= chart.bounds()[2] <= chart.bounds()[3] / 2:
        axes.set_ylim(bottom=0)
    if any(name and items for _, name, _, items, _ in chart.layers):
        where = {"loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": 9}
        axes.legend(fontsize=7, frameon=False, columnspacing=1, handlelength=1.5, **where)
