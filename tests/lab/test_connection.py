"""What lab.connection() notes, and the pictures it makes of it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

import softnet
from softnet.lab.connection import Connection
from softnet.uapi.tcp import TCP_CA_Recovery
from tests.kit.programs_net import fetch, web


@pytest.fixture
def lab() -> Iterator[softnet.Lab]:
    with softnet.Lab(seed=4) as lab:
        a, b = lab.hosts("a", "b")
        lab.link(a, b, rate="10mbit", delay="20ms", loss="1%")
        b.start(web)
        yield lab


def watch(lab: softnet.Lab, *nodes: str, **how: int) -> Connection:
    conn = lab.connection(*nodes, **how)
    lab.node("a").call(fetch, "b", 300_000)
    return conn


def test_both_ends_from_the_first_syn_to_the_end(lab: softnet.Lab) -> None:
    conn = watch(lab)
    mine = [s for s in conn.samples if s.host == "a"]
    theirs = [s for s in conn.samples if s.host == "b"]
    assert [s.state for s in mine][:2] == [2, 1]  # SYN_SENT, ESTABLISHED
    assert theirs[0].cwnd == 10
    assert 40 <= theirs[-1].srtt <= 80
    assert any(s.ca_state == TCP_CA_Recovery and s.ssthresh < 100 for s in theirs)
    times = [s.time for s in conn.samples]
    assert times == sorted(times)
    assert max(s.in_flight for s in theirs) <= max(s.cwnd for s in theirs)


def test_only_what_was_asked_for(lab: softnet.Lab) -> None:
    assert {s.host for s in watch(lab, "b").samples} == {"b"}
    assert watch(lab, port=81).samples == []


def test_text_and_json(lab: softnet.Lab) -> None:
    conn = watch(lab)
    lines = conn.text().splitlines()
    assert lines[0].startswith("VTIME")
    assert len(lines) == len(conn.samples) + 1
    assert any("b 10.0.0.2:80" in line and "Recovery" in line for line in lines)
    first = json.loads(conn.json_lines().splitlines()[0])
    assert first["host"] == "a"
    assert first["state"] == "SYN_SENT"


def test_a_stream_gets_each_change(lab: softnet.Lab) -> None:
    stream = io.StringIO()
    conn = lab.connection("b", stream=stream)
    lab.node("a").call(fetch, "b", 20_000)
    assert stream.getvalue().strip() == conn.text()


def test_a_picture(lab: softnet.Lab, tmp_path: Path) -> None:
    conn = watch(lab, port=80)
    conn.plot(tmp_path / "run.svg")
    root = ElementTree.fromstring((tmp_path / "run.svg").read_text())
    words = {"".join(e.itertext()) for e in root.iter() if e.tag.endswith("text")}
    expected = {"time-sequence", "congestion window", "round trip and timeout", "cwnd", "ssthresh"}
    assert expected | {"in flight", "acknowledged", "sent", "sent again", "lost", "RTO"} <= words
    assert any(word.startswith("10.0.0.2:80 > 10.0.0.1:") for word in words)


def test_a_picture_shows_what_its_end_saw(lab: softnet.Lab) -> None:
    """An acknowledgement is there a round trip after the data, and at once at the other end."""
    conn = watch(lab)
    (flow,) = conn.matching()
    for end, least in ((flow.b, 0.040), (flow.a, 0.0)):
        seen = conn.at(end[0]).find(flow.a, flow.b, 0).segments
        first = next(s for s in seen if not s.forward and s.length)
        answer = next(s for s in seen if s.forward and s.ack >= first.seq + first.length)
        assert least <= answer.time - first.time < least + 0.03
        assert [s.time for s in seen] == sorted(s.time for s in seen)
    served = conn.at(flow.b[0]).find(flow.a, flow.b, 0).segments
    assert sum(s.lost for s in served) > 0
    assert not any(s.lost for s in served if s.forward)  # what is lost on its way here is not seen


def test_nobody_looks_when_nobody_asked(lab: softnet.Lab) -> None:
    assert lab.observers == []
    assert lab.world.taps == []
