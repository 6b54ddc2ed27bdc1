"""Answers that belong to no connection."""

from __future__ import annotations

import pytest

from softnet.uapi.if_ether import ETH_P_IP
from softnet.wire.addr import ip_aton
from softnet.wire.build import build_ethernet, build_ipv4, build_tcp
from softnet.wire.tcp_options import Timestamps
from tests.kit.tcp_peer import MAC, PEER, PEER_MAC, Dut


@pytest.mark.parametrize(
    ("flags", "seq", "ack", "data", "answer", "number"),
    [
        (".", 5, 77, b"", "R", 77),
        ("P.", 5, 77, b"xyz", "R", 77),
        ("S", 5, 0, b"", "R.", 6),
        ("F", 5, 0, b"ab", "R.", 8),
        ("P", 5, 0, b"abc", "R.", 8),
    ],
)
def test_reset_for_nobody(
    dut: Dut, flags: str, seq: int, ack: int, data: bytes, answer: str, number: int
) -> None:
    """RFC 793 3.4: at the number acknowledged, or acknowledging what was sent."""
    peer = dut.peer(99)
    peer.dut_isn = 0
    peer.send(flags, seq, ack=ack, data=data)
    seg = peer.expect(answer)
    assert (seg.seq if answer == "R" else seg.ack) == number
    assert dut.tcp("OUTRSTS") == 1


def test_resets_are_not_answered(dut: Dut) -> None:
    peer = dut.peer(99)
    peer.send("R", 5)
    peer.send("R.", 5, ack=1)
    peer.silent()


def test_what_went_to_all_is_not_answered(dut: Dut) -> None:
    everyone = ip_aton("10.0.0.255")
    segment = build_tcp(PEER, everyone, 40000, 99, flags=2)
    packet = build_ipv4(PEER, everyone, 6, segment)
    dut.w.feed(build_ethernet(MAC, PEER_MAC, ETH_P_IP, packet))
    dut.peer(99).silent()
    assert dut.tcp("OUTRSTS") == 0


def test_time_wait_answers_with_its_timestamp(dut: Dut) -> None:
    dut.pass_time(1)
    conn, peer = dut.accepted(ts=(100, 0))
    dut.shut(conn)
    peer.take()
    peer.send("F.", 1, ack=2, ts=(101, peer.tsval))
    peer.take()
    peer.send("F.", 1, ack=2, ts=(102, peer.tsval))
    seg = peer.expect(".", seq=2, ack=2)
    assert seg.find(Timestamps).tsecr in (101, 102)
