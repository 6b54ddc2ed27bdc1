"""softnet plot: lists, draws, and says what is wrong."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

import softnet
from softnet.tools.cli import main
from tests.kit.programs_net import fetch, web


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plot") / "run.pcapng"
    with softnet.Lab(seed=5) as lab:
        a, b = lab.hosts("a", "b")
        lab.link(a, b, rate="10mbit", delay="5ms", loss="2%")
        lab.capture(path)
        b.start(web)
        a.call(fetch, "b", 100_000)
    return path


def test_list(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", str(capture)]) == 0
    assert capsys.readouterr().out.startswith("0: 10.0.0.1:")


def test_draw(capture: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.svg"
    assert main(["plot", str(capture), "-o", str(out)]) == 0
    assert "in flight" in "".join(ElementTree.fromstring(out.read_text()).itertext())
    before = out.read_text()
    assert main(["plot", str(capture), "-o", str(out), "--reverse"]) == 0
    assert out.read_text() != before


def test_mistakes(capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", str(tmp_path / "none")]) == 1
    (tmp_path / "text").write_text("hello")
    assert main(["plot", str(tmp_path / "text")]) == 1
    assert "neither a pcap nor a pcapng" in capsys.readouterr().err
    assert main(["plot", str(capture), "-o", "x.svg", "--flow", "3"]) == 2
    assert "it has 0 to 0" in capsys.readouterr().err
