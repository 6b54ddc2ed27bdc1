"""softnet plot: lists, draws, and says what is wrong."""

from __future__ import annotations

import socket
import time
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
    assert main(["plot", str(capture), "-o", "x.jpg"]) == 2
    assert "a picture is a .svg or a .png file" in capsys.readouterr().err
    assert main(["plot", str(capture), "-o", str(tmp_path / "no" / "x.svg")]) == 1
    assert "cannot write" in capsys.readouterr().err


def read_late() -> None:
    with socket.create_server(("", 99)) as server, server.accept()[0] as conn:
        time.sleep(3)
        while conn.recv(65536):
            pass


def write_much(host: str) -> None:
    with socket.create_connection((host, 99)) as s:
        s.sendall(bytes(200_000))


def test_a_shut_window_is_marked_and_each_connection_seen_where_it_is_sent(tmp_path: Path) -> None:
    path, out = tmp_path / "run.pcapng", tmp_path / "x.svg"
    with softnet.Lab(seed=5) as lab:
        a, b = lab.hosts("a", "b")
        wire = lab.link(a, b, rate="10mbit", delay="5ms")
        lab.capture(path)
        b.start(web)
        b.start(read_late)
        a.call(fetch, "b", 300_000)  # b sends
        wire.drop(nth=9, match="tcp dst port 99 and len > 1000")
        conn = lab.connection("a", port=99)
        a.call(write_much, "b")  # a sends
        lab.run(until="10s")
        conn.plot(out)
        assert ">window shut<" in out.read_text()
        with pytest.raises(softnet.LabError, match="no connection 1 to draw: there is 0 to 0"):
            conn.svg(1)
        with pytest.raises(softnet.LabError, match="none was seen"):
            lab.connection(port=7).plot(out)
    assert main(["plot", str(path), "-o", str(out), "--flow", "1"]) == 0
    text = out.read_text()
    assert ">window shut<" in text
    assert ">lost<" in text
