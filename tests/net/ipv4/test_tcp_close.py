"""The ends of a connection, as a user brings them about."""

from __future__ import annotations

import errno
import struct

import pytest

from softnet.structs.socket import SockaddrIn
from softnet.syscalls import sys_close, sys_connect, sys_shutdown
from softnet.uapi.socket import AF_UNSPEC, SHUT_RD, SHUT_WR, SO_LINGER, SOL_SOCKET
from softnet.uapi.tcp import (
    TCP_CLOSE,
    TCP_CLOSING,
    TCP_FIN_WAIT1,
    TCP_FIN_WAIT2,
    TCP_LAST_ACK,
    TCP_LINGER2,
)
from tests.kit.errors import os_error
from tests.kit.tcp_peer import SOL_TCP, Dut


def test_we_first(dut: Dut) -> None:
    conn, peer = dut.accepted()
    sk = dut.sock(conn)
    dut.shut(conn)
    peer.expect("F.", seq=1, ack=1)
    assert sk.sk_state == TCP_FIN_WAIT1
    assert dut.net.ipv4.tcp.accounts.orphan_count == 1
    peer.send(".", 1, ack=2)
    peer.send("F.", 1, ack=2)
    peer.expect(".", seq=2, ack=2)
    assert sk.sk_state == TCP_CLOSE
    assert dut.net.ipv4.tcp_death_row.tw_count == 1
    assert dut.net.ipv4.tcp.accounts.orphan_count == 0


def test_peer_first(dut: Dut) -> None:
    conn, peer = dut.accepted()
    sk = dut.sock(conn)
    peer.send("F.", 1, ack=1)
    dut.shut(conn)
    assert "F" in peer.take()[-1].flags
    assert sk.sk_state == TCP_LAST_ACK
    peer.send(".", 2, ack=2)
    assert sk.sk_state == TCP_CLOSE
    assert dut.net.ipv4.tcp_death_row.tw_count == 0


def test_both_at_once(dut: Dut) -> None:
    conn, peer = dut.accepted()
    sk = dut.sock(conn)
    dut.shut(conn)
    peer.take()
    peer.send("F.", 1, ack=1)
    assert sk.sk_state == TCP_CLOSING
    peer.send(".", 2, ack=2)
    assert sk.sk_state == TCP_CLOSE
    assert dut.net.ipv4.tcp_death_row.tw_count == 1


def test_unread_data_is_answered_with_a_reset(dut: Dut) -> None:
    """RFC 2525 2.17"""
    conn, peer = dut.accepted()
    peer.send("P.", 1, ack=1, data=b"unread")
    peer.take()
    dut.shut(conn)
    peer.expect("R.", seq=1)
    assert dut.ext("TCPABORTONCLOSE") == 1


def test_linger_of_nothing_resets(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.setopt(conn, SOL_SOCKET, SO_LINGER, struct.pack("=ii", 1, 0))
    dut.shut(conn)
    peer.expect("R.", seq=1)
    assert dut.ext("TCPABORTONDATA") == 1


def test_linger_waits_for_the_peer(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.setopt(conn, SOL_SOCKET, SO_LINGER, struct.pack("=ii", 1, 5))
    task = dut.start(sys_close, conn)
    peer.expect("F.")
    assert not task.finished()
    peer.send(".", 1, ack=2)
    assert task.finished()


def test_linger_ends_by_itself(dut: Dut) -> None:
    conn, _ = dut.accepted()
    dut.setopt(conn, SOL_SOCKET, SO_LINGER, struct.pack("=ii", 1, 5))
    task = dut.start(sys_close, conn)
    dut.pass_time(4.9)
    assert not task.finished()
    dut.pass_time(0.2)
    assert task.finished()


def test_data_goes_before_the_fin(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.write(conn, b"last words")
    dut.shut(conn)
    assert b"".join(s.data for s in peer.take()) == b"last words"


def test_orphan_in_fin_wait2_lasts_a_minute(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.shut(conn)
    peer.take()
    peer.send(".", 1, ack=2)
    row = dut.net.ipv4.tcp_death_row
    assert row.tw_count == 1  # a mini-socket in FIN_WAIT2 already
    dut.pass_time(52)
    assert row.tw_count == 1
    dut.pass_time(16)
    assert row.tw_count == 0


def test_linger2_below_zero_resets_at_fin_wait2(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.setopt(conn, SOL_TCP, TCP_LINGER2, -1)
    dut.call_shutdown(conn)
    peer.take()
    peer.send(".", 1, ack=2)
    assert dut.sock(conn).sk_state == TCP_FIN_WAIT2
    dut.shut(conn)
    peer.expect("R.", seq=2)
    assert dut.ext("TCPABORTONLINGER") == 1


def test_data_for_an_orphan_is_reset(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.shut(conn)
    peer.take()
    peer.send("P.", 1, ack=2, data=b"nobody reads this")
    assert "R" in peer.take()[-1].flags
    assert dut.ext("TCPABORTONDATA") == 1


@pytest.mark.parametrize("how", [SHUT_WR, 2])
def test_write_after_shutdown(dut: Dut, how: int) -> None:
    conn, _ = dut.accepted()
    dut.call(sys_shutdown, conn, how)
    with os_error(errno.EPIPE):
        dut.write(conn, b"x")


def test_shutdown_of_reading_is_local(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.call(sys_shutdown, conn, SHUT_RD)
    peer.silent()
    assert dut.read(conn) == b""


def test_shutdown_of_what_is_not_connected(dut: Dut) -> None:
    with os_error(errno.ENOTCONN):
        dut.call(sys_shutdown, dut.socket(), SHUT_WR)


def test_disconnect_makes_it_new(dut: Dut) -> None:
    conn, peer = dut.accepted()
    sk = dut.sock(conn)
    address = SockaddrIn(0, 0)
    address.family = AF_UNSPEC
    dut.call(sys_connect, conn, address)
    peer.expect("R.", seq=1)
    assert sk.sk_state == TCP_CLOSE
    assert sk.srtt == 0
    assert sk.inet_dport == 0


def test_nothing_is_left_behind(dut: Dut) -> None:
    accounts = dut.net.ipv4.tcp.accounts
    for i in range(10):
        conn, peer = dut.accepted(sport=40000 + i)
        dut.write(conn, bytes(100))
        peer.take()
        peer.send("F.", 1, ack=101)
        dut.shut(conn)
        peer.take()
        peer.send(".", 2, ack=102)
    assert accounts.orphan_count == 0
    assert accounts.allocated == 0
    assert dut.net.ipv4.tcp_hashinfo.ehash_count == 0
    assert not dut.net.ipv4.tcp_hashinfo.bhash
