"""The scoreboard: marks on the write queue."""

from __future__ import annotations

import random

import pytest

from softnet.lab.check_tcp import check_tcp
from softnet.net.ipv4.tcp_sack import tcp_update_reordering
from softnet.structs.tcp import TcpSock
from softnet.uapi.tcp import TCP_CA_Open
from tests.kit.tcp_peer import Dut, Peer

MSS = 1000
SACKED, RETRANS, LOST = 1, 2, 4


def at(i: int) -> int:
    return 1 + i * MSS


def sending(dut: Dut, segments: int, reordering: int = 100) -> tuple[TcpSock, Peer, int]:
    """So many segments out, and a peer whose reports are not taken for losses too soon."""
    dut.pass_time(1)
    conn, peer = dut.accepted(mss=MSS, sack=True)
    sk = dut.sock(conn)
    sk.sk_sndbuf = 1 << 20
    sk.snd_cwnd = 64
    sk.reordering = reordering
    dut.write(conn, bytes(MSS * segments))
    peer.take()
    return sk, peer, conn


def marked(sk: TcpSock, bit: int) -> list[tuple[int, int]]:
    """What carries the mark, as (first, last) segments, neighbours joined."""
    base = sk.sk_write_queue.first.seq
    found: list[tuple[int, int]] = []
    skb = sk.sk_write_queue.first
    while skb is not None:
        if skb.sacked & bit:
            first, end = (skb.seq - base) // MSS, (skb.end_seq - base) // MSS
            if found and found[-1][1] == first:
                found[-1] = (found[-1][0], end)
            else:
                found.append((first, end))
        skb = skb.next
    return found


def test_one_block(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 10)
    peer.send(".", 1, ack=1, sack=((at(3), at(5)),))
    assert marked(sk, SACKED) == [(3, 5)]
    assert sk.sacked_out == 2
    assert sk.fackets_out == 5


def test_blocks_in_any_order(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 10)
    peer.send(".", 1, ack=1, sack=((at(7), at(8)), (at(1), at(2)), (at(4), at(5))))
    assert marked(sk, SACKED) == [(1, 2), (4, 5), (7, 8)]
    assert sk.fackets_out == 8


def test_growing_block_is_marked_once(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 20)
    for i in range(5, 20):
        peer.send(".", 1, ack=1, sack=((at(4), at(i + 1)),))
        assert sk.sacked_out == i - 3
        check_tcp(dut.net)
    assert marked(sk, SACKED) == [(4, 20)]


def test_lost_report_is_made_up_for_by_the_next(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 10)
    peer.send(".", 1, ack=1, sack=((at(2), at(3)),))
    peer.send(".", 1, ack=1, sack=((at(8), at(9)), (at(5), at(6)), (at(2), at(3))))
    assert marked(sk, SACKED) == [(2, 3), (5, 6), (8, 9)]


@pytest.mark.parametrize(
    "block",
    [
        (at(3), at(3)),  # empty
        (at(5), at(3)),  # backwards
        (at(3), at(11)),  # never sent
        (at(12), at(13)),
        (at(0), at(1)),  # at snd_una: would be acknowledged
    ],
)
def test_nonsense_is_discarded(dut: Dut, block: tuple[int, int]) -> None:
    sk, peer, _ = sending(dut, 10)
    peer.send(".", 1, ack=1, sack=(block,))
    assert sk.sacked_out == 0
    assert dut.ext("TCPSACKDISCARD") == 1


def test_part_of_a_segment_is_not_marked(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 10)
    peer.send(".", 1, ack=1, sack=((at(3) + 1, at(4) + 500),))
    assert sk.sacked_out == 0


def test_dsack_below_the_ack(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 10)
    peer.send(".", 1, ack=at(3))
    peer.send(".", 1, ack=at(3), sack=((at(1), at(2)),))
    assert dut.ext("TCPDSACKRECV") == 1
    assert sk.sacked_out == 0
    assert sk.rx_opt.sack_ok & 4


def test_dsack_inside_the_second_block(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 10)
    peer.send(".", 1, ack=1, sack=((at(3), at(4)), (at(2), at(5))))
    assert dut.ext("TCPDSACKOFORECV") == 1
    assert marked(sk, SACKED) == [(2, 5)]


def test_dsack_for_nothing_we_would_undo(dut: Dut) -> None:
    _, peer, _ = sending(dut, 10)
    peer.send(".", 1, ack=at(3))
    peer.send(".", 1, ack=at(3), sack=((at(1), at(2)),))
    assert dut.ext("TCPDSACKIGNOREDNOUNDO") == 1


def test_reordering_is_measured_in_segments(dut: Dut) -> None:
    """Segment 1 comes after 8 was reported, without having been sent again."""
    sk, peer, _ = sending(dut, 10, reordering=3)
    sk.sysctl.fack = 0
    sk.rx_opt.sack_ok = 1
    peer.send(".", 1, ack=1, sack=((at(7), at(8)),))
    assert sk.icsk_ca_state == 1
    peer.send(".", 1, ack=at(2), sack=((at(7), at(8)),))
    assert dut.ext("TCPSACKREORDER") == 1
    assert sk.reordering > 3


def test_fack_is_given_up_when_there_is_reordering(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 10, reordering=3)
    assert sk.is_fack()
    peer.send(".", 1, ack=1, sack=((at(7), at(8)),))
    assert [s.seq for s in peer.take()] == [at(0), at(1)]
    peer.send(".", 1, ack=1, sack=((at(3), at(4)), (at(7), at(8))))  # 3 was late, not lost
    assert not sk.is_fack()
    assert sk.reordering == 5
    assert dut.ext("TCPFACKREORDER") == 1


def test_reordering_is_news_only_if_it_is_more_and_has_an_end(dut: Dut) -> None:
    sk, _, _ = sending(dut, 10, reordering=3)
    dut.inside(tcp_update_reordering, sk, 3, False)
    assert sk.is_fack()
    assert dut.ext("TCPFACKREORDER") == 0
    dut.inside(tcp_update_reordering, sk, 500, True)
    assert sk.reordering == 127
    assert dut.ext("TCPTSREORDER") == 1
    assert not sk.is_fack()


def test_retransmission_lost_again(dut: Dut) -> None:
    """Something sent after the copy is reported, the copy is not: it is lost, send a third."""
    sk, peer, conn = sending(dut, 10, reordering=3)
    peer.send(".", 1, ack=1, sack=((at(1), at(6)),))
    assert [s.seq for s in peer.take()] == [at(0)]
    assert marked(sk, RETRANS) == [(0, 1)]
    dut.write(conn, bytes(8 * MSS))
    assert peer.take()
    for i in range(10, 16):
        peer.send(".", 1, ack=1, sack=((at(10), at(i + 1)), (at(1), at(6))))
    assert dut.ext("TCPLOSTRETRANSMIT") >= 1
    assert at(0) in [s.seq for s in peer.take()]


def test_scoreboard_is_forgotten_with_the_ack(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 10)
    peer.send(".", 1, ack=1, sack=((at(3), at(5)),))
    peer.send(".", 1, ack=at(10))
    assert (sk.sacked_out, sk.fackets_out, sk.lost_out) == (0, 0, 0)
    assert sk.icsk_ca_state == TCP_CA_Open


@pytest.mark.parametrize("seed", range(12))
def test_any_blocks_keep_the_counters_true(dut: Dut, seed: int) -> None:
    """Random reports, sensible or not: the counters stay the sums of the marks."""
    rng = random.Random(seed)
    sk, peer, conn = sending(dut, 30, reordering=3)
    una = 0
    for _ in range(60):
        blocks = []
        for _ in range(rng.randint(0, 3)):
            a = rng.randint(una, 31)
            b = a + rng.randint(-1, 6)
            wobble = rng.choice([0, 0, 0, 0, 1, 499])
            blocks.append((at(a) + wobble, at(b)))
        if rng.random() < 0.15:
            una = min(una + rng.randint(0, 4), sk.packets_out + una)
        ack = min(at(una), 1 + (sk.snd_nxt - sk.snd_una) + at(una) - 1)
        peer.send(".", 1, ack=ack, sack=tuple(blocks) or False)
        dut.pass_time(rng.choice([0.0, 0.01, 0.2]))
        check_tcp(dut.net)
    assert dut.sock(conn) is sk
