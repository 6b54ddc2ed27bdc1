"""Charts as SVG: well-formed, in their frames, with round ticks."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from softnet.lab.svg import BLUE, RED, WIDTH, Chart, figure, number, ticks


def test_a_figure_is_well_formed_and_says_everything() -> None:
    one = Chart("one & only", "time, s", "bytes")
    one.line("a < b", [(0, 0), (1, 5)], BLUE, dash="4 2")
    one.steps("steps", [(0, 1), (1, 3)], RED)
    one.bars("bars", [(0.5, 1, 2)], RED)
    one.marks("marks", [(0.2, 1), (0.3, 2)], RED, "x")
    two = Chart("two", "time, s", "segments", height=100)
    text = figure([one, two], "a title", "and more")
    root = ElementTree.fromstring(text)
    words = {"".join(e.itertext()) for e in root.iter() if e.tag.endswith("text")}
    assert {"a title", "and more", "one & only", "a < b", "steps", "bars", "marks", "two"} <= words
    assert figure([one, two], "a title", "and more") == text


def test_what_is_drawn_stays_in_its_frame() -> None:
    chart = Chart("c", "x", "y")
    chart.line("l", [(3, -7), (4, 1e9), (9, 12)], BLUE)
    path = re.search(r'<path d="(M[^"]+)" stroke="#0072b2" stroke-width="1.6"', figure([chart], ""))
    assert path is not None
    xs = [float(x) for x, _ in re.findall(r"[ML]([\d.]+) ([\d.]+)", path[1])]
    ys = [float(y) for _, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path[1])]
    assert 0 < min(xs) < max(xs) <= WIDTH
    assert 34 + 44 <= min(ys) < max(ys) <= 34 + 44 + 330


def test_a_short_bar_can_be_seen() -> None:
    """A segment of 1460 bytes among a million is a third of a pixel."""
    chart = Chart("c", "x", "y")
    chart.bars("all", [(0, 0, 1_000_000)], BLUE)
    chart.bars("again", [(1, 500_000, 501_460)], RED, least=9)
    path = re.search(rf'<path d="M[\d.]+ ([\d.]+)V([\d.]+)" stroke="{RED}"', figure([chart], ""))
    assert path is not None
    assert float(path[1]) - float(path[2]) == pytest.approx(9)


@pytest.mark.parametrize(
    ("low", "high", "first", "step"),
    [(0, 1, 0, 0.2), (0, 7, 0, 1), (3, 33, 0, 5), (0, 100_000, 0, 20_000), (5, 5, 5, 0.2)],
)
def test_ticks_are_round(low: float, high: float, first: float, step: float) -> None:
    found = ticks(low, high)
    assert found[0] == pytest.approx(first)
    assert found[1] - found[0] == pytest.approx(step)
    assert found[-1] >= high


def test_logarithmic_ticks() -> None:
    assert ticks(0.001, 0.02, log=True) == pytest.approx([0.001, 0.002, 0.005, 0.01, 0.02])


def test_numbers() -> None:
    assert [number(v) for v in (0, 0.5, 2000, 20_000, 1.5e6, 2e9)] == [
        "0", "0.5", "2000", "20 k", "1.5 M", "2 G",
    ]  # fmt: skip


def test_an_empty_chart_is_a_chart() -> None:
    root = ElementTree.fromstring(figure([Chart("nothing", "x", "y")], "t"))
    assert root.tag.endswith("svg")
    assert {"nothing", "x", "y"} <= {text.strip() for text in root.itertext()}
