"""A small writer of charts as SVG: axes with round ticks, lines, steps, bars, marks, a legend.

    chart = Chart("cwnd", "time, s", "segments")
    chart.steps("cwnd", [(0.0, 10.0), (0.1, 20.0)], BLUE)
    text = figure([chart], "10.0.0.1:40000 > 10.0.0.2:80")

Charts of one figure stand one above the other and share their x axis. Sizes are pixels. Equal input gives
equal bytes. The colours are those of Okabe and Ito, which everybody can tell apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

WIDTH = 1000
LEFT, RIGHT, TOP, BOTTOM = 78, 24, 44, 46  # margins; of the figure, and between its charts
CHART_HEIGHT = 330
TITLE_HEIGHT = 34
TICKS = 7  # about so many on an axis
DECIMALS = 2  # of a pixel

BLACK, GREY, GRID = "#222222", "#777777", "#e4e4e4"
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9",
)  # fmt: skip

Point = tuple[float, float]
Bar = tuple[float, float, float]  # x, and from which y to which


class Chart:
    """One pair of axes and what is drawn in it."""

    def __init__(
        self, title: str, x_name: str, y_name: str, *, log: bool = False, height: int = CHART_HEIGHT
    ) -> None:
        """log: both axes are logarithmic."""
        self.title = title
        self.x_name = x_name
        self.y_name = y_name
        self.log = log
        self.height = height
        self.layers: list[tuple[str, str, str, Sequence[Point] | Sequence[Bar], str]] = []
        self.least: dict[str, float] = {}  # bars are at least so long, in pixels

    def line(self, name: str, points: Sequence[Point], colour: str, dash: str = "") -> None:
        """Straight lines from point to point."""
        self.layers.append(("line", name, colour, points, dash))

    def steps(self, name: str, points: Sequence[Point], colour: str, dash: str = "") -> None:
        """Each value stays until the next point."""
        self.layers.append(("steps", name, colour, points, dash))

    def bars(self, name: str, bars: Sequence[Bar], colour: str, least: float = 0) -> None:
        """Vertical strokes, at least so many pixels long."""
        self.least[name] = least
        self.layers.append(("bars", name, colour, bars, ""))

    def marks(self, name: str, points: Sequence[Point], colour: str, shape: str = "o") -> None:
        """A mark at each point: "o" a dot, "x" a cross, "s" a square."""
        self.layers.append(("marks", name, colour, points, shape))

    def bounds(self) -> tuple[float, float, float, float]:
        """The least and largest x and y of all that is drawn."""
        xs = [item[0] for layer in self.layers for item in layer[3]]
        ys = [y for layer in self.layers for item in layer[3] for y in item[1:]]
        if not xs:
            return 0.0, 1.0, 0.0, 1.0
        return min(xs), max(xs), min(ys), max(ys)


def figure(charts: Sequence[Chart], title: str, subtitle: str = "") -> str:
    """An SVG document of charts, the first one on top, with a common x axis."""
    bounds = [chart.bounds() for chart in charts]
    x_range = (min(b[0] for b in bounds), max(b[1] for b in bounds))
    height = TITLE_HEIGHT + sum(chart.height + TOP + BOTTOM for chart in charts)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="Helvetica, Arial, sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        text(LEFT, 28, title, size=17, weight="bold"),
        text(WIDTH - RIGHT, 28, subtitle, size=12, colour=GREY, anchor="end"),
    ]
    top = TITLE_HEIGHT + TOP
    for chart, b in zip(charts, bounds, strict=True):
        out += Frame(chart, x_range, (b[2], b[3]), top).draw()
        top += chart.height + BOTTOM + TOP
    return "\n".join([*out, "</svg>", ""])


class Frame:
    """A chart in its place: from values to pixels."""

    def __init__(self, chart: Chart, x: Point, y: Point, top: int) -> None:
        self.chart = chart
        self.top = top
        self.x_ticks = ticks(*x, chart.log)
        low = y[0] if chart.log or y[0] > y[1] / 2 else min(y[0], 0.0)
        self.y_ticks = ticks(low, y[1], chart.log)
        self.x = span(x, self.x_ticks, chart.log, padded=False)
        self.y = span((low, y[1]), self.y_ticks, chart.log, padded=True)

    def px(self, x: float) -> float:
        """Where x is."""
        return LEFT + (WIDTH - LEFT - RIGHT) * place(x, self.x, self.chart.log)

    def py(self, y: float) -> float:
        """Where y is."""
        return self.top + self.chart.height * (1 - place(y, self.y, self.chart.log))

    def draw(self) -> list[str]:
        """The chart's elements."""
        c = self.chart
        right, bottom = WIDTH - RIGHT, self.top + c.height
        out = [text(LEFT, self.top - 12, c.title, size=13, weight="bold")]
        for value in self.x_ticks:
            x = self.px(value)
            if LEFT - 1 <= x <= right + 1:
                out.append(stroke(x, self.top, x, bottom, GRID))
                out.append(text(x, bottom + 17, number(value), anchor="middle", colour=GREY))
        for value in self.y_ticks:
            y = self.py(value)
            if self.top - 1 <= y <= bottom + 1:
                out.append(stroke(LEFT, y, right, y, GRID))
                out.append(text(LEFT - 7, y + 4, number(value), anchor="end", colour=GREY))
        out.append(text((LEFT + right) / 2, bottom + 35, c.x_name, anchor="middle"))
        middle = self.top + c.height / 2
        turned = f'transform="rotate(-90 16 {fixed(middle)})"'
        out.append(text(16, middle, c.y_name, anchor="middle", extra=turned))
        for layer in c.layers:
            out += self.layer(*layer)
        out.append(stroke(LEFT, bottom, right, bottom, BLACK))
        out.append(stroke(LEFT, self.top, LEFT, bottom, BLACK))
        return out + self.legend()

    def layer(
        self, kind: str, name: str, colour: str, items: Sequence[Point] | Sequence[Bar], how: str
    ) -> list[str]:
        """One set of lines or marks."""
        if kind == "bars":
            least = self.chart.least.get(name, 0)
            path = "".join(
                f"M{fixed(self.px(x))} {fixed(bottom)}V{fixed(top)}"
                for x, bottom, top in (self.ends(item, least) for item in items if len(item) == 3)
            )
            return [f'<path d="{path}" stroke="{colour}" stroke-width="2.4" fill="none"/>']
        points = [(self.px(item[0]), self.py(item[1])) for item in items]
        if kind == "marks":
            return [mark(x, y, colour, how) for x, y in points]
        if not points:
            return []
        path = f"M{fixed(points[0][0])} {fixed(points[0][1])}"
        for x, y in points[1:]:
            path += f"H{fixed(x)}V{fixed(y)}" if kind == "steps" else f"L{fixed(x)} {fixed(y)}"
        dashed = f' stroke-dasharray="{how}"' if how else ""
        return [
            f'<path d="{path}" stroke="{colour}" stroke-width="1.6" fill="none" '
            f'stroke-linejoin="round"{dashed}/>'
        ]

    def ends(self, bar: Bar, least: float) -> Bar:
        """x of a bar, and its ends on the paper: from the lower one upwards."""
        x, low, high = bar
        bottom, top = self.py(low), self.py(high)
        more = max(least - (bottom - top), 0) / 2
        return x, bottom + more, top - more

    def legend(self) -> list[str]:
        """Above the chart, right aligned: a sample and a name for each layer that has one."""
        out: list[str] = []
        x = float(WIDTH - RIGHT)
        y = self.top - 16
        for kind, name, colour, items, how in reversed(self.chart.layers):
            if not name or not items:
                continue
            x -= 7.0 * len(name)
            out.append(text(x, y + 4, name, colour=BLACK))
            x -= 24
            if kind == "marks":
                out.append(mark(x + 10, y, colour, how))
            else:
                dashed = f' stroke-dasharray="{how}"' if how else ""
                out.append(
                    f'<path d="M{fixed(x)} {y}h18" stroke="{colour}" stroke-width="2.4"{dashed}/>'
                )
            x -= 14
        return out


def ticks(low: float, high: float, log: bool = False) -> list[float]:
    """Round values from about low to about high: 1, 2 or 5 times a power of ten apart."""
    if log:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        found = [m * 10.0**e for e in range(first, last + 1) for m in (1, 2, 5)]
        return [v for v in found if low / 1.6 <= v <= high * 1.6]
    if high <= low:
        high = low + 1
    raw = (high - low) / TICKS
    step = 10.0 ** math.floor(math.log10(raw))
    step *= next(m for m in (1, 2, 5, 10) if m * step >= raw)
    return [i * step for i in range(math.floor(low / step), math.ceil(high / step) + 1)]


def span(values: Point, marks: list[float], log: bool, padded: bool) -> Point:
    """The ends of an axis: a little more than its values; from tick to tick upwards if padded."""
    low, high = values
    if log:
        return low / 1.25, high * 1.25
    if high <= low:
        high = low + 1
    if padded:
        return min(low, marks[0]) if low <= marks[0] else marks[0], max(high, marks[-1])
    return low, high


def place(value: float, ends: Point, log: bool) -> float:
    """Where value lies between the ends, 0 to 1."""
    if log:
        return math.log(value / ends[0]) / math.log(ends[1] / ends[0])
    return (value - ends[0]) / (ends[1] - ends[0])


def number(value: float) -> str:
    """A tick's label: 0.5, 20, 1.5 k, 3 M."""
    for unit, name in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if abs(value) >= unit:
            return f"{value / (1e3 if unit == 1e4 else unit):.6g}{name}"
    return f"{value:.6g}"


def fixed(value: float) -> str:
    """Pixels with few decimals, and no "-0"."""
    return f"{round(value, DECIMALS) + 0.0:g}"


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 12,
    colour: str = BLACK,
    anchor: str = "start",
    weight: str = "normal",
    extra: str = "",
) -> str:
    """Words at a place."""
    return (
        f'<text x="{fixed(x)}" y="{fixed(y)}" font-size="{size}" fill="{colour}" '
        f'text-anchor="{anchor}" font-weight="{weight}" {extra}>{escape(words)}</text>'
    )


def stroke(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    """A thin straight line."""
    return (
        f'<path d="M{fixed(x1)} {fixed(y1)}L{fixed(x2)} {fixed(y2)}" stroke="{colour}" '
        'stroke-width="1" fill="none"/>'
    )


def mark(x: float, y: float, colour: str, shape: str) -> str:
    """A dot, cross or square."""
    at = f"{fixed(x)} {fixed(y)}"
    if shape == "x":
        return f'<path d="M{at}m-4 -4l8 8m0 -8l-8 8" stroke="{colour}" stroke-width="2"/>'
    if shape == "s":
        return f'<path d="M{at}m-3 -3h6v6h-6z" fill="{colour}"/>'
    return f'<circle cx="{fixed(x)}" cy="{fixed(y)}" r="2.6" fill="{colour}"/>'
