"""The write queue's skbs: counting and cutting."""

from __future__ import annotations

import random

import pytest

from softnet.lab.check_tcp import check_tcp
from softnet.net.core.skbuff import skb_tobytes
from softnet.net.ipv4.tcp_segment import tcp_fragment, tcp_set_skb_tso_segs, tcp_trim_head
from softnet.structs.tcp import TcpSock
from tests.kit.tcp_peer import Dut

MSS = 1000


def queued(dut: Dut, data: bytes) -> TcpSock:
    """A connection with data that was sent once, in segments of MSS."""
    conn, peer = dut.accepted(mss=MSS, sack=True)
    sk = dut.sock(conn)
    sk.sk_sndbuf = 1 << 20
    dut.write(conn, data)
    peer.take()
    return sk


def text(sk: TcpSock) -> bytes:
    parts = []
    skb = sk.sk_write_queue.first
    while skb is not None:
        parts.append(skb_tobytes(skb))
        skb = skb.next
    return b"".join(parts)


@pytest.mark.parametrize("seed", range(6))
def test_cutting_anywhere_keeps_the_bytes(dut: Dut, seed: int) -> None:
    rng = random.Random(seed)
    data = bytes(rng.randrange(256) for _ in range(6 * MSS))
    sk = queued(dut, data)
    for _ in range(20):
        skbs = []
        skb = sk.sk_write_queue.first
        while skb is not None:
            skbs.append(skb)
            skb = skb.next
        skb = rng.choice(skbs)
        if skb.len > 1:
            assert dut.inside(tcp_fragment, sk, skb, rng.randrange(1, skb.len), MSS) == 0
        check_tcp(dut.net)
        assert text(sk) == data


def test_push_stays_with_the_last_byte(dut: Dut) -> None:
    sk = queued(dut, bytes(MSS))
    first = sk.sk_write_queue.first
    dut.inside(tcp_fragment, sk, first, 400, MSS)
    assert not first.tcp_flags & 8
    assert first.next.tcp_flags & 8
    assert first.end_seq == first.next.seq


def test_too_much_overhead_is_not_cut_further(dut: Dut) -> None:
    """CVE-2019-11478. The first segment always may be cut: it might be too long for a new path."""
    sk = queued(dut, bytes(6 * MSS))
    sk.sk_sndbuf = 2048
    first = sk.sk_write_queue.first
    last = sk.sk_write_queue.last
    while dut.inside(tcp_fragment, sk, last, last.len - 2, MSS) == 0:
        assert sk.sk_wmem_queued < 2 * (2048 + 128 * 1024) + 2 * last.truesize
    assert dut.ext("TCPWQUEUETOOBIG") == 1
    assert dut.inside(tcp_fragment, sk, first, 400, MSS) == 0
    check_tcp(dut.net)


def test_trimming(dut: Dut) -> None:
    data = bytes(range(250)) * 4
    sk = queued(dut, data)
    skb = sk.sk_write_queue.first
    seq, queue = skb.seq, sk.sk_wmem_queued
    assert dut.inside(tcp_trim_head, sk, skb, 300) == 0
    assert skb.seq == (seq + 300) % 2**32
    assert skb_tobytes(skb) == data[300:]
    assert sk.sk_wmem_queued == queue - 300


def test_segments_of_a_super_packet(dut: Dut) -> None:
    sk = queued(dut, bytes(MSS))
    skb = sk.sk_write_queue.first
    tcp_set_skb_tso_segs(sk, skb, 300)
    assert skb.shinfo.gso_segs == 1  # the device does not cut
    sk.sk_gso_type = 1
    sk.sk_route_caps |= 1 << 16
    tcp_set_skb_tso_segs(sk, skb, 300)
    assert (skb.shinfo.gso_segs, skb.shinfo.gso_size) == (4, 300)
    tcp_set_skb_tso_segs(sk, skb, MSS)
    assert skb.shinfo.gso_segs == 1


def test_cutting_above_the_highest_sack_leaves_fackets_out_alone(dut: Dut) -> None:
    """What is above must be known also when it was not sent yet when the SACK came."""
    conn, peer = dut.accepted(mss=MSS, sack=True)
    sk = dut.sock(conn)
    sk.sk_sndbuf = 1 << 20
    dut.write(conn, bytes(20 * MSS))  # ten of them go out
    peer.take()
    peer.send(".", 1, ack=7 * MSS + 1, sack=((9 * MSS + 1, 10 * MSS + 1),))
    assert sk.fackets_out == 3
    last = sk.sk_send_head.prev
    assert last.seq - sk.snd_una >= 3 * MSS  # more was sent
    dut.inside(tcp_fragment, sk, last, 400, 400)
    assert sk.fackets_out == 3
    check_tcp(dut.net)
