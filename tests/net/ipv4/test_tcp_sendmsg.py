"""send(): copies, references, waiting, errors."""

from __future__ import annotations

import errno

from softnet.syscalls import sys_sendto
from softnet.uapi.socket import MSG_DONTWAIT
from tests.kit.errors import os_error
from tests.kit.tcp_peer import Dut

MSS = 1000


def test_small_writes_share_a_segment(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    dut.write(conn, b"first")
    for i in range(5):
        dut.write(conn, bytes([i]) * 10)
    assert dut.sock(conn).sk_write_queue.qlen == 2
    peer.take()
    peer.send(".", 1, ack=6)
    assert peer.take()[0].data == b"".join(bytes([i]) * 10 for i in range(5))


def test_what_is_sent_is_what_was_given(dut: Dut) -> None:
    """A bytearray may change after the call: it was copied."""
    conn, peer = dut.accepted(mss=MSS)
    data = bytearray(b"x" * 5000)
    dut.call(sys_sendto, conn, data, 0, None)
    data[:] = b"y" * 5000
    assert b"".join(s.data for s in peer.take()) == b"x" * 5000


def test_bytes_are_referred_to_not_copied(dut: Dut) -> None:
    """What never changes is sent from where it lies."""
    conn, _ = dut.accepted(mss=MSS)
    data = b"x" * 5000
    dut.call(sys_sendto, conn, data, 0, None)
    skb = dut.sock(conn).sk_write_queue.first
    for off in (0, MSS, 2 * MSS):
        frag = skb.shinfo.frags
        assert frag.page is data
        assert (frag.off, frag.size) == (off, MSS)
        skb = skb.next


def test_buffer_full(dut: Dut) -> None:
    conn, _ = dut.accepted(mss=MSS)
    sent = dut.write(conn, bytes(1 << 20), MSG_DONTWAIT)
    assert 0 < sent < 1 << 20
    with os_error(errno.EAGAIN):
        dut.write(conn, b"x", MSG_DONTWAIT)


def test_waits_for_room(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    sent = dut.write(conn, bytes(1 << 20), MSG_DONTWAIT)
    task = dut.start(sys_sendto, conn, b"more", 0, None)
    assert not task.finished()
    acked = 0
    while acked < sent:
        acked += sum(len(s.data) for s in peer.take())
        peer.send(".", 1, ack=1 + acked)
    assert task.finished()
    assert task.result() == 4


def test_before_connecting(dut: Dut) -> None:
    with os_error(errno.EPIPE):
        dut.write(dut.socket(), b"x")


def test_after_a_reset(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("R", 1)
    with os_error(errno.ECONNRESET):
        dut.write(conn, b"x")
    with os_error(errno.EPIPE):
        dut.write(conn, b"x")


def test_nothing(dut: Dut) -> None:
    conn, peer = dut.accepted()
    assert dut.write(conn, b"") == 0
    peer.silent()
