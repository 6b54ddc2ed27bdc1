"""Urgent data."""

from __future__ import annotations

import errno

from softnet.syscalls import sys_ioctl
from softnet.uapi.socket import MSG_DONTWAIT, MSG_OOB, SO_OOBINLINE, SOL_SOCKET
from softnet.uapi.sockios import SIOCATMARK
from tests.kit.errors import os_error
from tests.kit.tcp_peer import Dut


def test_byte_out_of_band(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("PU.", 1, ack=1, data=b"abcX", urg=4)
    assert dut.read(conn, 10, MSG_OOB | MSG_DONTWAIT) == b"X"
    assert dut.read(conn) == b"abc"


def test_reading_stops_at_the_mark(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("PU.", 1, ack=1, data=b"abcXdef", urg=4)
    assert dut.read(conn) == b"abc"
    assert dut.read(conn) == b"def"


def test_inline(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.setopt(conn, SOL_SOCKET, SO_OOBINLINE, 1)
    peer.send("PU.", 1, ack=1, data=b"abcXdef", urg=4)
    assert dut.read(conn) == b"abc"
    assert dut.call(sys_ioctl, conn, SIOCATMARK, 0) == 1
    assert dut.read(conn) == b"Xdef"


def test_announced_but_not_here(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("PU.", 1, ack=1, data=b"ab", urg=10)
    with os_error(errno.EAGAIN):
        dut.read(conn, 1, MSG_OOB | MSG_DONTWAIT)


def test_nothing_urgent(dut: Dut) -> None:
    conn, _ = dut.accepted()
    with os_error(errno.EINVAL):
        dut.read(conn, 1, MSG_OOB)


def test_read_twice(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("PU.", 1, ack=1, data=b"X", urg=1)
    assert dut.read(conn, 1, MSG_OOB) == b"X"
    with os_error(errno.EINVAL):
        dut.read(conn, 1, MSG_OOB)


def test_sending(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.write(conn, b"abX", MSG_OOB)
    seg = peer.expect("PU.", seq=1, data=b"abX")
    assert seg.urg == 3


def test_pointer_in_the_sense_of_rfc_1122(dut: Dut) -> None:
    dut.sysctl("stdurg", 1)
    conn, peer = dut.accepted()
    peer.send("PU.", 1, ack=1, data=b"abcX", urg=3)
    assert dut.read(conn, 1, MSG_OOB) == b"X"
