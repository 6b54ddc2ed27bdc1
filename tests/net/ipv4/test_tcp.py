"""Sockets as a whole: poll, ioctl, accounts."""

from __future__ import annotations

import errno

from softnet.net.ipv4.tcp import tcp_poll
from softnet.syscalls import sys_ioctl
from softnet.uapi.poll import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP
from softnet.uapi.socket import MSG_DONTWAIT
from softnet.uapi.sockios import SIOCINQ, SIOCOUTQNSD
from tests.kit.errors import os_error
from tests.kit.tcp_peer import Dut


def bits(dut: Dut, fd: int) -> int:
    return int(dut.inside(tcp_poll, dut.sock(fd)))


def test_fresh_socket_hangs(dut: Dut) -> None:
    mask = bits(dut, dut.socket())
    assert mask & POLLHUP
    assert mask & POLLOUT


def test_opening_is_neither(dut: Dut) -> None:
    fd = dut.socket()
    dut.connect(fd)
    assert bits(dut, fd) == 0


def test_listener_is_readable_with_a_connection(dut: Dut) -> None:
    fd = dut.listen()
    assert bits(dut, fd) == 0
    dut.peer().handshake()
    assert bits(dut, fd) & POLLIN


def test_connection(dut: Dut) -> None:
    conn, peer = dut.accepted()
    assert bits(dut, conn) & (POLLIN | POLLOUT | POLLHUP) == POLLOUT
    peer.send("P.", 1, ack=1, data=b"x")
    assert bits(dut, conn) & POLLIN
    peer.send("F.", 2, ack=1)
    assert bits(dut, conn) & (POLLIN | POLLRDHUP | POLLHUP) == POLLIN | POLLRDHUP
    dut.call_shutdown(conn)
    assert bits(dut, conn) & POLLHUP


def test_full_buffer_is_not_writable(dut: Dut) -> None:
    conn, _ = dut.accepted()
    dut.write(conn, bytes(1 << 20), MSG_DONTWAIT)
    assert not bits(dut, conn) & POLLOUT


def test_urgent(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("PU.", 1, ack=1, data=b"X", urg=1)
    assert bits(dut, conn) & POLLPRI
    assert not bits(dut, conn) & POLLIN


def test_error(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("R", 1)
    assert bits(dut, conn) & (POLLERR | POLLHUP | POLLIN) == POLLERR | POLLHUP | POLLIN


def test_ioctl(dut: Dut) -> None:
    conn, _ = dut.accepted()
    assert dut.call(sys_ioctl, conn, SIOCOUTQNSD, 0) == 0
    with os_error(errno.EINVAL):
        dut.call(sys_ioctl, dut.listen(81), SIOCINQ, 0)


def test_sockets_are_counted(dut: Dut) -> None:
    accounts = dut.net.ipv4.tcp.accounts
    before = accounts.sockets_allocated
    fd = dut.socket()
    assert accounts.sockets_allocated == before + 1
    dut.shut(fd)
    assert accounts.sockets_allocated == before
