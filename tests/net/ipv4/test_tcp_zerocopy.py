"""SO_ZEROCOPY: what was sent by reference is answered for."""

from __future__ import annotations

import errno

import pytest

from softnet.syscalls import sys_poll, sys_recvmsg, sys_sendto, sys_setsockopt, sys_socket
from softnet.uapi.errqueue import SO_EE_CODE_ZEROCOPY_COPIED, SO_EE_ORIGIN_ZEROCOPY
from softnet.uapi.poll import POLLERR
from softnet.uapi.socket import (
    AF_INET,
    MSG_ERRQUEUE,
    MSG_ZEROCOPY,
    SO_ZEROCOPY,
    SOCK_DGRAM,
    SOL_SOCKET,
)
from tests.kit.errors import os_error
from tests.kit.tcp_peer import Dut, Peer

DATA = bytes(3000)


@pytest.fixture
def modern() -> Dut:
    return Dut(era="3.2+SO_ZEROCOPY")


def sending(dut: Dut) -> tuple[int, Peer]:
    conn, peer = dut.accepted(mss=1460)
    dut.setopt(conn, SOL_SOCKET, SO_ZEROCOPY, 1)
    return conn, peer


def answer(dut: Dut, conn: int) -> tuple[int, int, int]:
    """From which call to which one, and the code."""
    data, [(level, kind, raw)], flags, name = dut.call(sys_recvmsg, conn, 10, 200, MSG_ERRQUEUE)
    assert [data, level, kind, name] == [b"", 0, 11, None]
    assert flags & MSG_ERRQUEUE
    assert raw[:6] == bytes((0, 0, 0, 0, SO_EE_ORIGIN_ZEROCOPY, 0))
    return int.from_bytes(raw[8:12], "little"), int.from_bytes(raw[12:16], "little"), raw[6]


def test_an_answer_when_all_is_acknowledged(modern: Dut) -> None:
    conn, peer = sending(modern)
    modern.write(conn, DATA, MSG_ZEROCOPY)
    peer.send(".", 1, ack=2999)
    with os_error(errno.EAGAIN):
        answer(modern, conn)
    assert modern.call(sys_poll, [(conn, 0)], 0) == []
    peer.send(".", 1, ack=3001)
    assert modern.call(sys_poll, [(conn, 0)], 0) == [(conn, POLLERR)]
    assert answer(modern, conn) == (0, 0, 0)
    assert modern.sock(conn).sk_omem_alloc == 0


def test_calls_in_a_row_share_an_answer(modern: Dut) -> None:
    conn, peer = sending(modern)
    for i in range(1, 4):
        modern.write(conn, DATA, MSG_ZEROCOPY)
        peer.send(".", 1, ack=1 + 3000 * i)
    modern.write(conn, b"small", MSG_ZEROCOPY)
    modern.write(conn, DATA)  # without the flag: nobody asked
    peer.send(".", 1, ack=1 + 3 * 3000 + 5)
    assert answer(modern, conn) == (0, 2, 0)
    assert answer(modern, conn) == (3, 3, SO_EE_CODE_ZEROCOPY_COPIED)
    with os_error(errno.EAGAIN):
        answer(modern, conn)


def test_memory_that_may_change_is_copied(modern: Dut) -> None:
    conn, peer = sending(modern)
    modern.call(sys_sendto, conn, bytearray(DATA), MSG_ZEROCOPY, None)
    peer.send(".", 1, ack=3001)
    assert answer(modern, conn) == (0, 0, SO_EE_CODE_ZEROCOPY_COPIED)


def test_too_many_that_nobody_asks_about(modern: Dut) -> None:
    conn, peer = sending(modern)
    modern.inside(modern.host.sysctl, "net.core.optmem_max", 2000)
    for _ in range(2):
        modern.write(conn, b"x", MSG_ZEROCOPY)
    with os_error(errno.ENOBUFS):
        modern.write(conn, b"x", MSG_ZEROCOPY)
    for ack in (2, 3):  # Nagle
        peer.send(".", 1, ack=ack)
    assert answer(modern, conn) == (0, 1, SO_EE_CODE_ZEROCOPY_COPIED)
    modern.write(conn, b"x", MSG_ZEROCOPY)


def test_a_socket_that_goes_takes_its_answers_along(modern: Dut) -> None:
    conn, peer = sending(modern)
    sk = modern.sock(conn)
    for i in range(1, 3):
        modern.write(conn, DATA, MSG_ZEROCOPY)
        peer.send(".", 1, ack=3000 * i)
    peer.send("R", 1)
    modern.shut(conn)
    modern.pass_time(1)
    assert sk.sk_omem_alloc == 0
    assert sk.zerocopy is None


def test_bounds(modern: Dut) -> None:
    conn, _ = sending(modern)
    assert modern.getopt(conn, SOL_SOCKET, SO_ZEROCOPY) == 1
    with os_error(errno.EINVAL):
        modern.setopt(conn, SOL_SOCKET, SO_ZEROCOPY, 2)
    udp = modern.call(sys_socket, AF_INET, SOCK_DGRAM, 0)
    with os_error(524):
        modern.setopt(udp, SOL_SOCKET, SO_ZEROCOPY, 1)


def test_3_2_does_not_know_it(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=1460)
    with os_error(errno.ENOPROTOOPT):
        dut.call(sys_setsockopt, conn, SOL_SOCKET, SO_ZEROCOPY, bytes(4))
    dut.write(conn, DATA, MSG_ZEROCOPY)  # an unknown flag is nothing to complain about
    peer.send(".", 1, ack=3001)
    with os_error(errno.EAGAIN):
        dut.read(conn)
