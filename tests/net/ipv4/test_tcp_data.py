"""Received data: order, holes, duplicates, and the reports of them."""

from __future__ import annotations

import itertools
import random

import pytest

from softnet.lab.check_tcp import check_tcp
from tests.kit.tcp_peer import Dut


def test_hole_is_reported_and_filled(dut: Dut) -> None:
    conn, peer = dut.accepted(sack=True)
    peer.send("P.", 101, ack=1, data=b"c" * 50)
    peer.expect(".", ack=1, sack=((101, 151),))
    peer.send("P.", 1, ack=1, data=b"a" * 100)
    peer.expect(".", ack=151, sack=())
    assert dut.read(conn) == b"a" * 100 + b"c" * 50


def test_newest_block_comes_first(dut: Dut) -> None:
    _, peer = dut.accepted(sack=True)
    for start in (101, 301, 501):
        peer.send(".", start, ack=1, data=bytes(50))
    assert peer.take()[-1].sacks
    peer.send(".", 351, ack=1, data=bytes(10))
    peer.expect(".", ack=1, sack=((301, 361), (501, 551), (101, 151)))


def test_touching_blocks_become_one(dut: Dut) -> None:
    _, peer = dut.accepted(sack=True)
    peer.send(".", 101, ack=1, data=bytes(50))
    peer.send(".", 201, ack=1, data=bytes(50))
    peer.take()
    peer.send(".", 151, ack=1, data=bytes(50))
    peer.expect(".", ack=1, sack=((101, 251),))


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_any_order_gives_the_stream(dut: Dut, order: tuple[int, ...]) -> None:
    conn, peer = dut.accepted(sack=True)
    for i in order:
        peer.send("P.", 1 + 10 * i, ack=1, data=bytes([i]) * 10)
        check_tcp(dut.net)
    assert dut.read(conn) == b"".join(bytes([i]) * 10 for i in range(4))


@pytest.mark.parametrize("seed", range(20))
def test_overlaps_of_every_kind(dut: Dut, seed: int) -> None:
    rng = random.Random(seed)
    text = bytes(range(200))
    conn, peer = dut.accepted(sack=True)
    for _ in range(60):
        a = rng.randrange(200)
        b = rng.randint(a + 1, min(200, a + 60))
        peer.send(".", 1 + a, ack=1, data=text[a:b])
        check_tcp(dut.net)
    peer.send("P.", 1, ack=1, data=text)
    assert dut.read(conn) == text
    assert dut.sock(conn).out_of_order_queue.qlen == 0


def test_old_segment_is_reported_as_duplicate(dut: Dut) -> None:
    _, peer = dut.accepted(sack=True)
    peer.send("P.", 1, ack=1, data=b"abcdef")
    peer.take()
    peer.send("P.", 1, ack=1, data=b"abc")
    peer.expect(".", ack=7, sack=((1, 4),))
    assert dut.ext("TCPDSACKOLDSENT") == 1


def test_duplicate_out_of_order(dut: Dut) -> None:
    """RFC 2883: the duplicate, then the block that has it."""
    _, peer = dut.accepted(sack=True)
    peer.send(".", 101, ack=1, data=bytes(50))
    peer.take()
    peer.send(".", 101, ack=1, data=bytes(50))
    peer.expect(".", ack=1, sack=((101, 151), (101, 151)))
    assert dut.ext("TCPDSACKOFOSENT") == 1


def test_no_dsack_when_switched_off(dut: Dut) -> None:
    dut.sysctl("dsack", 0)
    _, peer = dut.accepted(sack=True)
    peer.send("P.", 1, ack=1, data=b"abcdef")
    peer.take()
    peer.send("P.", 1, ack=1, data=b"abc")
    peer.expect(".", ack=7, sack=())


def test_fin_ahead_waits_for_the_hole(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("F.", 11, ack=1)
    assert dut.sock(conn).sk_state == 1
    peer.send("P.", 1, ack=1, data=b"0123456789")
    assert dut.sock(conn).sk_state == 8
    assert dut.read(conn) == b"0123456789"
    assert dut.read(conn) == b""


def test_zero_window_refuses_and_says_so(dut: Dut) -> None:
    conn, peer = dut.accepted()
    sk = dut.sock(conn)
    sk.rcv_wnd = 0
    sk.rcv_wup = sk.rcv_nxt
    sk.sk_rmem_alloc, saved = sk.sk_rcvbuf, sk.sk_rmem_alloc
    peer.send("P.", 1, ack=1, data=b"x")
    sk.sk_rmem_alloc = saved
    assert peer.expect(".", ack=1).win == 0


def test_what_is_out_of_order_is_counted(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=1460, sack=True)
    for at, n in ((201, 100), (401, 100), (201, 100), (101, 250)):
        peer.send(".", at, ack=1, data=bytes(n))
    assert [dut.ext("TCPOFOQUEUE"), dut.ext("TCPOFOMERGE")] == [4, 2]
    dut.write(conn, bytes(3000))
    assert dut.ext("TCPORIGDATASENT") == 3
