"""Captures: every interface once, directions, comments; equal runs give equal bytes."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest

import softnet
from softnet.wire.pcap import INBOUND, OUTBOUND, read_pcapng
from tests.kit.programs_net import ask, echo_upper, fetch, web


def captured(seed: int = 1, on: tuple[str, ...] = (), match: str = "", loss: float = 0) -> bytes:
    """The capture of one question and its answer over a router."""
    file = io.BytesIO()
    with softnet.Lab(seed=seed) as lab:
        h1, h2 = lab.hosts("h1", "h2")
        r1 = lab.router("r1")
        lab.link(h1, r1, delay="1ms", jitter="100us", loss=loss)
        lab.capture(file, match=match, on=on)
        lab.link(r1, h2, delay="1ms")
        h2.start(echo_upper)
        h1.call(ask, "h2")
    return file.getvalue()


def test_every_interface_is_there_once() -> None:
    packets = list(read_pcapng(io.BytesIO(captured(match="udp"))))
    seen = [(p.interface.name, p.direction) for p in packets]
    there = [("h1:eth0", OUTBOUND), ("r1:eth0", INBOUND), ("r1:eth1", OUTBOUND)]
    back = [("h2:eth0", OUTBOUND), ("r1:eth1", INBOUND), ("r1:eth0", OUTBOUND)]
    assert seen == [*there, ("h2:eth0", INBOUND), *back, ("h1:eth0", INBOUND)]


def test_one_interface_only() -> None:
    packets = list(read_pcapng(io.BytesIO(captured(on=("r1:eth1",), match="udp"))))
    assert [(p.interface.name, p.direction) for p in packets] == [
        ("r1:eth1", OUTBOUND),
        ("r1:eth1", INBOUND),
    ]


def test_a_lost_frame_is_there_with_a_comment() -> None:
    file = io.BytesIO()
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        wire = lab.link(h1, h2)
        lab.capture(file)
        wire.drop(match="udp")
        h2.start(echo_upper)
        with pytest.raises(TimeoutError):
            h1.call(ask, "h2")
    comments = [p.comments for p in read_pcapng(io.BytesIO(file.getvalue())) if p.comments]
    assert comments == [["dropped by a rule of link.drop()"]]


def test_equal_seeds_equal_bytes_other_seed_other_bytes() -> None:
    assert captured(1) == captured(1)
    assert captured(1) != captured(2)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_nothing_wrong(tmp_path: Path) -> None:
    path = tmp_path / "run.pcapng"
    with softnet.Lab(seed=4) as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2, delay="2ms", loss="3%")
        lab.capture(path, on=h1)
        h2.start(web)
        h1.call(fetch, "h2", 60_000)
        h1.ping("h2", 2)
    checks = [f"-o{p}.check_checksum:TRUE" for p in ("ip", "tcp", "udp")]
    wrong = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0"
    got = subprocess.run(
        ["tshark", "-r", str(path), *checks, "-Y", wrong], capture_output=True, check=True
    )
    assert got.stdout == b""
    good = subprocess.run(
        ["tshark", "-r", str(path), *checks, "-Y", "tcp.checksum.status == 1"],
        capture_output=True,
        check=True,
    )
    assert good.stdout.count(b"\n") > 40
