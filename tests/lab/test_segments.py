"""Connections out of frames: relative numbers, retransmissions, SACKs, scales, losses."""

from __future__ import annotations

import io

import softnet
from softnet.lab.segments import Flows, flows_of
from softnet.uapi.tcp import TCPHDR_ACK, TCPHDR_SYN
from softnet.wire.build import build_ipv4, build_tcp
from softnet.wire.tcp_options import Sack, TcpOption, WScale
from tests.kit.programs_net import fetch, web

A, B = 0x0A000001, 0x0A000002
TOP = 0xFFFFFF00  # so that sequence numbers wrap soon


def add(
    flows: Flows, forward: bool, seq: int, ack: int, flags: int, data: bytes = b"",
    options: tuple[TcpOption, ...] = (), win: int = 100,
) -> None:  # fmt: skip
    src, dst, sport, dport = (A, B, 1000, 80) if forward else (B, A, 80, 1000)
    segment = build_tcp(
        src, dst, sport, dport, flags=flags, seq=seq % (1 << 32), ack_seq=ack % (1 << 32),
        window=win, options=list(options), payload=data,
    )  # fmt: skip
    flows.add(0.0, build_ipv4(src, dst, 6, segment), 0)


def test_a_header_that_a_fragment_cuts_is_looked_at_as_far_as_it_goes() -> None:
    """Else the watcher's exception goes up through the host that just sends it."""
    flows = Flows()
    sack = Sack(((600, 700), (800, 900)))
    segment = build_tcp(A, B, 1000, 80, flags=TCPHDR_ACK, seq=1, ack_seq=500, options=[sack])
    flows.add(0.0, build_ipv4(A, B, 6, segment)[:48], 0)
    (flow,) = flows.list()
    assert [(s.sacks, s.length) for s in flow.segments] == [((), 0)]
    corrupt = bytearray(build_ipv4(A, B, 6, segment))
    corrupt[20 + 12] = 0x40
    assert flows.add(0.0, bytes(corrupt), 0) is None


def test_numbers_are_relative_and_do_not_wrap() -> None:
    flows = Flows()
    add(flows, True, TOP, 0, TCPHDR_SYN, options=(WScale(3),))
    add(flows, False, 500, TOP + 1, TCPHDR_SYN | TCPHDR_ACK, options=(WScale(7),))
    add(flows, True, TOP + 1, 501, TCPHDR_ACK, bytes(1000))
    add(flows, True, TOP + 1001, 501, TCPHDR_ACK, bytes(1000))
    add(flows, True, TOP + 1, 501, TCPHDR_ACK, bytes(1000))
    sack = Sack((((TOP + 1001) % (1 << 32), 1745),))
    add(flows, False, 501, TOP + 1, TCPHDR_ACK, options=(sack,))
    (flow,) = flows.list()
    assert (flow.a, flow.b) == ((A, 1000), (B, 80))
    data = [(s.seq, s.length, s.again) for s in flow.segments if s.length]
    assert data == [(1, 1000, False), (1001, 1000, False), (1, 1000, True)]
    last = flow.segments[-1]
    assert (last.ack, last.win) == (1, 100 << 7)
    assert flow.data_bytes(True) == 2000
    assert flow.busier()


def test_a_capture_that_begins_with_the_answer() -> None:
    flows = Flows()
    add(flows, False, 500, 1, TCPHDR_SYN | TCPHDR_ACK)
    assert str(flows.list()[0]) == "10.0.0.1:1000 > 10.0.0.2:80"


def test_other_frames_are_no_flow() -> None:
    flows = Flows()
    assert flows.add(0.0, b"\x45" + bytes(60), 0) is None
    assert flows.add(0.0, b"", -1) is None
    assert flows.list() == []


def test_a_capture_of_a_run() -> None:
    """Every interface is in the file: the sender's is the one that counts."""
    file = io.BytesIO()
    with softnet.Lab(seed=5) as lab:
        a, r, b = lab.host("a"), lab.router("r"), lab.host("b")
        lab.link(a, r)
        lab.link(r, b, rate="10mbit", delay="5ms", loss="2%")
        lab.capture(file)
        b.start(web)
        a.call(fetch, "b", 200_000)
    file.seek(0)
    (flow,) = flows_of(file)
    assert not flow.busier()
    assert 200_000 < flow.data_bytes(False) < 200_300
    again = sum(s.again for s in flow.segments)
    lost = sum(s.lost for s in flow.segments if not s.forward and s.length)
    assert 0 < lost <= again
