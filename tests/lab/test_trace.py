"""Traces and stories: where a packet was, on every host and in every cable."""

from __future__ import annotations

import io
import json

import softnet
from tests.kit.programs_net import ask, echo_upper


def test_the_story_crosses_hosts_and_cables() -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        r1 = lab.router("r1")
        lab.link(h1, r1, delay="2ms")
        lab.link(r1, h2, delay="3ms")
        h2.start(echo_upper)
        trace = lab.trace()
        h1.call(ask, "h2")
        story = trace.story()
    for one, other in (
        ("  h1\n", "ip_local_out"),
        ("ip_local_out", "e1000_xmit_frame"),
        ("e1000_xmit_frame", "~~ into h1-r1:ab"),
        ("~~ into h1-r1:ab", "  r1\n"),
        ("  r1\n", "ip_forward"),
        ("ip_forward", "~~ out of r1-h2:ab"),
        ("~~ out of r1-h2:ab", "udp_rcv"),
    ):
        assert story.index(one) < story.index(other), story


def test_one_function_of_many() -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2)
        h2.start(echo_upper)
        trace = lab.trace("udp_*")
        h1.call(ask, "h2")
        stack = {ev.function for ev in trace.events if ev.host != "wire"}
    assert stack
    assert all(name.startswith("udp_") for name in stack)


def test_lines_and_json_on_a_stream() -> None:
    text, lines = io.StringIO(), io.StringIO()
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2)
        h2.start(echo_upper)
        lab.trace("ip_rcv", stream=text)
        lab.trace("ip_rcv", stream=lines, as_json=True)
        h1.call(ask, "h2")
    assert any("ip_rcv" in line for line in text.getvalue().splitlines()[1:])
    records = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [r["host"] for r in records if r["function"] == "ip_rcv"] == ["h2", "h1"]


def test_drops_are_counted_by_place_and_reason() -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        wire = lab.link(h1, h2)
        trace = lab.trace()
        wire.drop(match="udp", nth=1)
        h1.start(ask, "h2")
        lab.run(until="5s")
        assert "h1-h2: rule" in trace.drop_report()
        assert "1 rule" in lab.drops()


def test_nothing_was_seen() -> None:
    with softnet.Lab() as lab:
        assert lab.trace().story() == "no packet was seen"
