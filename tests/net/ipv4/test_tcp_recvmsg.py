"""recv(): flags, low water, the end."""

from __future__ import annotations

import errno

from softnet.syscalls import sys_ioctl, sys_recv_into, sys_recvfrom
from softnet.uapi.socket import (
    MSG_DONTWAIT,
    MSG_PEEK,
    MSG_TRUNC,
    MSG_WAITALL,
    SO_RCVLOWAT,
    SOL_SOCKET,
)
from softnet.uapi.sockios import SIOCINQ, SIOCOUTQ
from tests.kit.errors import os_error
from tests.kit.tcp_peer import Dut


def test_in_pieces(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("P.", 1, ack=1, data=b"abcdef")
    assert [dut.read(conn, 4), dut.read(conn, 4)] == [b"abcd", b"ef"]


def test_across_segments(dut: Dut) -> None:
    conn, peer = dut.accepted()
    for i in range(5):
        peer.send("P.", 1 + 3 * i, ack=1, data=b"abc")
    assert dut.read(conn, 10) == b"abcabcabca"
    assert dut.read(conn, 10) == b"bcabc"


def test_peek_leaves_it(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("P.", 1, ack=1, data=b"abc")
    assert dut.read(conn, 2, MSG_PEEK) == b"ab"
    assert dut.read(conn) == b"abc"


def test_trunc_throws_away(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("P.", 1, ack=1, data=b"abcdef")
    dut.call(sys_recvfrom, conn, 4, MSG_TRUNC)
    assert dut.read(conn) == b"ef"


def test_trunc_does_not_touch_the_buffer(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("P.", 1, ack=1, data=b"abcdef")
    buf = bytearray(b"....")
    assert dut.call(sys_recv_into, conn, buf, 4, MSG_TRUNC) == 4
    assert buf == b"...."
    assert dut.call(sys_recv_into, conn, buf, 4) == 2
    assert buf == b"ef.."


def test_waitall(dut: Dut) -> None:
    conn, peer = dut.accepted()
    task = dut.start(sys_recvfrom, conn, 6, MSG_WAITALL)
    peer.send("P.", 1, ack=1, data=b"abc")
    assert not task.finished()
    peer.send("P.", 4, ack=1, data=b"def")
    assert bytes(task.result()[0]) == b"abcdef"


def test_low_water(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.setopt(conn, SOL_SOCKET, SO_RCVLOWAT, 5)
    task = dut.start(sys_recvfrom, conn, 100, 0)
    peer.send("P.", 1, ack=1, data=b"abc")
    assert not task.finished()
    peer.send("P.", 4, ack=1, data=b"def")
    assert bytes(task.result()[0]) == b"abcdef"


def test_nothing_there(dut: Dut) -> None:
    conn, _ = dut.accepted()
    with os_error(errno.EAGAIN):
        dut.read(conn, 1, MSG_DONTWAIT)


def test_what_came_before_an_error_is_read_first(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("P.", 1, ack=1, data=b"abc")
    peer.send("R", 4)
    assert dut.read(conn) == b"abc"
    with os_error(errno.ECONNRESET):
        dut.read(conn)
    assert dut.read(conn) == b""


def test_before_connecting(dut: Dut) -> None:
    with os_error(errno.ENOTCONN):
        dut.read(dut.socket())


def test_how_much_waits(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("P.", 1, ack=1, data=b"abcdef")
    dut.write(conn, b"123")
    assert dut.call(sys_ioctl, conn, SIOCINQ, 0) == 6
    assert dut.call(sys_ioctl, conn, SIOCOUTQ, 0) == 3


def test_reading_opens_the_window(dut: Dut) -> None:
    conn, peer = dut.accepted()
    sk = dut.sock(conn)
    at, edge = 1, 14601
    while edge - at >= 1460:
        peer.send(".", at, ack=1, data=bytes(1460))
        dut.pass_time(0.05)
        for answer in peer.take():
            at, edge = answer.ack, answer.ack + answer.win
        assert at < 1 << 20
    while sk.sk_receive_queue.qlen:
        dut.read(conn)
    assert peer.take()[-1].win > 4 * 1460
