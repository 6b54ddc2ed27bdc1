"""Kinds of packets."""

from __future__ import annotations

import pytest

import softnet
from softnet.lab.errors import LabError
from softnet.lab.packets import KINDS, kind_of, matcher
from softnet.machine.cable import SENT, CableTap
from tests.kit.programs_net import ask, echo_upper, fetch, web


class Frames(CableTap):
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def on_frame(self, when, direction, frame, meta, verdict) -> None:
        if verdict == SENT:
            self.frames.append(bytes(frame))


def frames() -> list[bytes]:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        tap = Frames()
        lab.watch(tap)
        lab.link(h1, h2)
        h2.start(web)
        h2.start(echo_upper)
        h1.call(fetch, "h2", 100)
        h1.call(ask, "h2")
        h1.ping("h2", 1)
        with pytest.raises(OSError, match="refused"):
            h1.call(fetch, "h2:81")
        return tap.frames


def test_kinds_in_the_order_of_a_lab() -> None:
    kinds = [kind_of(frame) for frame in frames()]
    assert kinds[:6] == ["ARP", "ARP", "SYN", "SYN-ACK", "ACK", "DATA"]
    assert kinds[-2:] == ["SYN", "RST"]
    assert {"FIN", "UDP", "ICMP"} < set(kinds) <= set(KINDS)


def test_what_is_no_packet() -> None:
    assert kind_of(b"") == kind_of(bytes(60)) == "OTHER"
    assert kind_of(frames()[2][:40]) == "OTHER"


def test_matchers() -> None:
    seen = frames()
    assert all(matcher("any")(f) for f in seen)
    assert sum(matcher("TCP")(f) for f in seen) == sum(matcher("tcp")(f) for f in seen) > 5
    assert [matcher("syn")(f) for f in seen] == [kind_of(f) == "SYN" for f in seen]
    assert sum(matcher("udp port 7")(f) for f in seen) == 2
    with pytest.raises(LabError, match="no kind of packet 'SYNACK': did you mean 'SYN-ACK'"):
        matcher("SYNACK")
    with pytest.raises(LabError, match="what it strikes"):
        matcher("")
