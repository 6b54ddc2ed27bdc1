"""Who may bind which port; accept; the timers' economy."""

from __future__ import annotations

import errno

import pytest

from softnet.net.ipv4.inet_connection_sock import (
    inet_csk_clear_xmit_timer,
    inet_csk_clear_xmit_timers,
    inet_csk_reset_xmit_timer,
    inet_synq_hash,
)
from softnet.structs.socket import SockaddrIn
from softnet.syscalls import sys_accept4, sys_bind, sys_listen
from softnet.uapi.socket import SO_RCVTIMEO, SO_REUSEADDR, SOCK_NONBLOCK, SOL_SOCKET
from softnet.wire.addr import ip_aton
from tests.kit.errors import os_error
from tests.kit.tcp_peer import Dut

US = ip_aton("10.0.0.1")
LOCALHOST = ip_aton("127.0.0.1")
RETRANS, DACK = 1, 2


def bind(dut: Dut, port: int, address: int = 0, reuse: bool = False, listen: bool = False) -> int:
    fd = dut.socket()
    if reuse:
        dut.setopt(fd, SOL_SOCKET, SO_REUSEADDR, 1)
    dut.call(sys_bind, fd, SockaddrIn(address, port))
    if listen:
        dut.call(sys_listen, fd, 5)
    return fd


@pytest.mark.parametrize(
    ("first", "second", "works"),
    [
        ({}, {}, False),
        ({"reuse": True}, {}, False),
        ({}, {"reuse": True}, False),
        ({"reuse": True}, {"reuse": True}, True),
        ({"reuse": True, "listen": True}, {"reuse": True}, False),
        ({"address": US}, {"address": LOCALHOST}, True),
        ({"address": US}, {}, False),
        ({}, {"address": US}, False),
        ({"address": US}, {"address": US}, False),
    ],
)
def test_conflicts(dut: Dut, first: dict[str, int], second: dict[str, int], works: bool) -> None:
    bind(dut, 8000, **first)
    if works:
        bind(dut, 8000, **second)
    else:
        with os_error(errno.EADDRINUSE):
            bind(dut, 8000, **second)


def test_two_reusers_cannot_both_listen(dut: Dut) -> None:
    a = bind(dut, 8000, reuse=True)
    b = bind(dut, 8000, reuse=True)
    dut.call(sys_listen, a, 5)
    with os_error(errno.EADDRINUSE):
        dut.call(sys_listen, b, 5)


def test_devices_keep_apart(dut: Dut) -> None:
    a = bind(dut, 8000)
    dut.sock(a).sk_bound_dev_if = 7
    fd = dut.socket()
    dut.sock(fd).sk_bound_dev_if = 8
    dut.call(sys_bind, fd, SockaddrIn(0, 8000))
    with os_error(errno.EADDRINUSE):
        bind(dut, 8000)


def test_time_wait_keeps_the_port_from_those_without_reuse(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.shut(conn)
    peer.take()
    peer.send("F.", 1, ack=2)
    with os_error(errno.EADDRINUSE):
        bind(dut, 80)
    bind(dut, 80, reuse=True, listen=True)


def test_bind_to_any_port(dut: Dut) -> None:
    ports = {dut.sock(bind(dut, 0)).inet_num for _ in range(20)}
    assert len(ports) == 20
    assert all(32768 <= port <= 61000 for port in ports)


def test_no_port_left(dut: Dut) -> None:
    dut.net.ipv4.local_port_low = dut.net.ipv4.local_port_high = 50000
    bind(dut, 0)
    with os_error(errno.EADDRINUSE):
        bind(dut, 0)
    with os_error(errno.EADDRINUSE):
        bind(dut, 0, reuse=True)  # the owner did not say it


def test_reusers_share_when_no_port_is_left(dut: Dut) -> None:
    dut.net.ipv4.local_port_low = dut.net.ipv4.local_port_high = 50000
    bind(dut, 0, reuse=True)
    assert dut.sock(bind(dut, 0, reuse=True)).inet_num == 50000


def test_port_is_free_after_close(dut: Dut) -> None:
    dut.shut(bind(dut, 8000))
    bind(dut, 8000)
    assert list(dut.net.ipv4.tcp_hashinfo.bhash) == [8000]


def test_accept_on_what_does_not_listen(dut: Dut) -> None:
    with os_error(errno.EINVAL):
        dut.call(sys_accept4, dut.socket(), 0)


def test_accept_that_must_not_wait(dut: Dut) -> None:
    fd = dut.socket(SOCK_NONBLOCK)
    dut.call(sys_listen, fd, 5)
    with os_error(errno.EAGAIN):
        dut.call(sys_accept4, fd, 0)


def test_accept_waits_for_a_connection(dut: Dut) -> None:
    fd = dut.listen()
    task = dut.start(sys_accept4, fd, 0)
    assert not task.finished()
    dut.peer().handshake()
    assert task.finished()


def test_one_connection_wakes_one_of_two(dut: Dut) -> None:
    fd = dut.listen()
    tasks = [dut.start(sys_accept4, fd, 0) for _ in range(2)]
    dut.peer().handshake()
    assert [t.finished() for t in tasks] == [True, False]


def test_accept_times_out(dut: Dut) -> None:
    fd = dut.listen()
    dut.setopt(fd, SOL_SOCKET, SO_RCVTIMEO, (1).to_bytes(8, "little") + bytes(8))
    task = dut.start(sys_accept4, fd, 0)
    dut.pass_time(1.1)
    with os_error(errno.EAGAIN):
        task.result()


def test_closing_the_listener_resets_who_was_not_accepted(dut: Dut) -> None:
    fd = dut.listen()
    peer = dut.peer()
    peer.handshake()
    embryo = dut.peer(sport=40001)
    embryo.send("S", 0, mss=1460)
    embryo.expect("S.")
    dut.shut(fd)
    peer.expect("R.", seq=1)
    embryo.silent()
    assert dut.net.ipv4.tcp.accounts.orphan_count == 0
    embryo.send(".", 1, ack=1)
    embryo.expect("R", seq=1)


def test_rearming_a_timer_later_touches_nothing(dut: Dut) -> None:
    conn, _ = dut.accepted()
    sk = dut.sock(conn)
    dut.inside(inet_csk_reset_xmit_timer, sk, RETRANS, 200, 120000)
    first = sk.icsk_retransmit_timer.expires
    dut.pass_time(0.1)
    dut.inside(inet_csk_reset_xmit_timer, sk, RETRANS, 200, 120000)
    assert sk.icsk_retransmit_timer.expires == first
    assert sk.icsk_timeout == first + 100
    dut.inside(inet_csk_reset_xmit_timer, sk, RETRANS, 50, 120000)
    assert sk.icsk_retransmit_timer.expires == first - 50
    inet_csk_clear_xmit_timer(sk, RETRANS)
    assert sk.icsk_pending == 0


def test_delayed_ack_timer(dut: Dut) -> None:
    conn, _ = dut.accepted()
    sk = dut.sock(conn)
    dut.inside(inet_csk_reset_xmit_timer, sk, DACK, 500, 120)
    now = dut.now_ms()
    assert sk.icsk_ack_timeout == now + 120
    dut.inside(inet_csk_clear_xmit_timers, sk)
    assert sk.icsk_ack_pending == 0


def test_chains_of_the_syn_table_are_keyed() -> None:
    a = [inet_synq_hash(1, port, 7, 64) for port in range(100)]
    b = [inet_synq_hash(1, port, 8, 64) for port in range(100)]
    assert a != b
    assert len(set(a)) > 30
    assert max(a) < 64
