"""A war of ACKs is found; what looks like one is left in peace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet
from softnet.lab.check import CheckFailed
from softnet.lab.check_acks import AckWatch
from softnet.wire.build import build_ethernet, build_ipv4, build_tcp

A, B = 0x0A000001, 0x0A000002
MS = 1_000_000
ACK, PSH_ACK = 0x10, 0x18


def segment(towards_b: bool, seq: int = 5, payload: bytes = b"", flags: int = ACK) -> bytearray:
    """A frame of one connection."""
    src, dst, ports = (A, B, (1000, 80)) if towards_b else (B, A, (80, 1000))
    tcp = build_tcp(src, dst, *ports, seq=seq, ack_seq=7, flags=flags, payload=payload)
    return ethernet(0x0800, build_ipv4(src, dst, 6, tcp))


def ethernet(proto: int, packet: bytes) -> bytearray:
    return bytearray(build_ethernet(b"\1" * 6, b"\2" * 6, proto, packet))


def turns(count: int, every: int) -> Iterator[tuple[bytearray, int]]:
    """ACKs to and fro without news, and when."""
    for n in range(count):
        yield segment(n % 2 == 0), n * every


def first_error(watch: AckWatch, frames: Iterator[tuple[bytearray, int]]) -> str:
    return next((error for frame, when in frames if (error := watch.error(frame, when))), "")


def test_a_war_is_found() -> None:
    assert first_error(AckWatch(), turns(201, MS)) == ""
    found = first_error(AckWatch(), turns(1000, MS))
    assert found == "an ACK war: 200 ACKs in turns without news in 200000000 ns"


def test_a_war_is_found_behind_a_router() -> None:
    """Each segment passes two cables."""
    twice = ((frame, when) for frame, when in turns(1000, MS) for _ in range(2))
    assert "war" in first_error(AckWatch(), twice)


def test_probes_keep_their_time() -> None:
    assert first_error(AckWatch(), turns(5000, 1100 * MS)) == ""


def test_duplicate_acks_are_no_war() -> None:
    """One end says the same again and again: the other sends what is beyond a hole."""
    watch = AckWatch()
    data = (segment(True, 5 + n, b"x", PSH_ACK) for n in range(1000))
    frames = ((frame, MS) for piece in data for frame in (piece, segment(False)))
    assert first_error(watch, frames) == ""
    assert first_error(watch, ((segment(False), MS) for _ in range(1000))) == ""


def test_connections_are_told_apart() -> None:
    """The war goes on though another connection talks in between."""
    watch = AckWatch()
    other = build_tcp(A, B, 3, 4, flags=PSH_ACK, payload=b"hello")
    noise = ethernet(0x0800, build_ipv4(A, B, 6, other))
    frames = ((frame, when) for ack, when in turns(1000, MS) for frame in (ack, noise))
    assert "war" in first_error(watch, frames)


def test_what_is_no_whole_segment_is_left_alone() -> None:
    watch = AckWatch()
    assert watch.error(segment(True)[:40], 0) == ""
    assert watch.error(ethernet(0x0806, bytes(46)), 0) == ""


def test_the_judge_of_a_lab_asks() -> None:
    with softnet.Lab(check=True) as lab:
        a, b = lab.hosts("a", "b")
        link = lab.link(a, b)
        assert lab.checker is not None
        tap, cable = lab.checker.cable_tap, link.cable.ab
        for frame, when in turns(201, MS):
            tap.on_frame(when, cable, frame, None, "sent")
        with pytest.raises(CheckFailed, match=r"^a-b:ab at .* an ACK war"):
            tap.on_frame(201 * MS, cable, segment(False), None, "sent")
