"""Charts as files: what the name asks for, and what is said where that cannot be."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from softnet.lab.errors import LabError
from softnet.lab.picture import write_picture
from softnet.lab.svg import BLUE, RED, Chart


def charts() -> list[Chart]:
    chart = Chart("one", "time, s", "bytes")
    chart.line("line", [(0, 0), (1, 50_000)], BLUE, "4 2")
    chart.steps("steps", [(0, 1), (1, 3)], RED)
    chart.bars("bars", [(0.5, 1, 2)], RED, least=9)
    chart.marks("marks", [(0.2, 1)], RED, "x")
    return [chart, Chart("nothing", "x", "y")]


def test_svg(tmp_path: Path) -> None:
    write_picture(tmp_path / "x.svg", charts(), "title", "and more")
    assert (tmp_path / "x.svg").read_text().startswith("<svg")


def test_png_by_matplotlib_or_a_word_of_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    if importlib.util.find_spec("matplotlib") is None:
        with pytest.raises(LabError, match=r"pip install 'softnet\[plot\]'; or write .*x\.svg"):
            write_picture(path, charts(), "title")
        assert not path.exists()
        return
    write_picture(path, charts(), "title", "and more")
    first = path.read_bytes()
    assert first.startswith(b"\x89PNG")
    write_picture(path, charts(), "title", "and more")
    assert path.read_bytes() == first


def test_other_names_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"is a \.svg or a \.png file$"):
        write_picture(tmp_path / "x.pdf", charts(), "title")
