"""SO_REUSEPORT: who shares a port, and who of them gets what comes."""

from __future__ import annotations

import errno
import socket
from collections import Counter

import pytest

from softnet.host import Host
from softnet.machine.clock import World
from softnet.net.core.sock_reuseport import next_pseudo_random32, reuseport_takes
from softnet.net.ipv4.inet_connection_sock import inet_csk_bind_conflict
from softnet.structs.sock import Sock
from softnet.structs.socket import SockaddrIn
from softnet.syscalls import (
    lookup,
    sys_bind,
    sys_close,
    sys_connect,
    sys_getsockopt,
    sys_listen,
    sys_poll,
    sys_recvfrom,
    sys_sendto,
    sys_setsockopt,
    sys_socket,
)

LO = 0x7F000001
ON = (1).to_bytes(4, "little")
STREAM, DGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM


def run(fn, era: str = "3.9"):
    host = Host(World(seed=2), "h", era=era)
    task = host.spawn(fn)
    host.world.run(predicate=task.finished)
    return task.result()


def new(type: int, port: int = 0, reuse: bool = True, addr: int = LO) -> int:
    fd = sys_socket(socket.AF_INET, type)
    if reuse:
        sys_setsockopt(fd, socket.SOL_SOCKET, socket.SO_REUSEPORT, ON)
    if port:
        sys_bind(fd, SockaddrIn(addr, port))
    return fd


def sk_of(fd: int) -> Sock:
    return lookup(fd).sk


def refused(type: int, port: int, reuse: bool) -> bool:
    try:
        new(type, port, reuse)
    except OSError as e:
        return e.errno == errno.EADDRINUSE
    return False


@pytest.mark.parametrize("type", [STREAM, DGRAM])
def test_all_owners_must_have_said_it(type: int) -> None:
    def program() -> list[bool]:
        new(type, 80, True)
        answers = [refused(type, 80, True), refused(type, 80, False)]
        new(type, 81, False)
        return [*answers, refused(type, 81, True)]

    assert run(program) == [False, True, True]


@pytest.mark.parametrize("type", [STREAM, DGRAM])
def test_another_user_may_not_take_part(type: int) -> None:
    def program() -> list[bool]:
        first = sk_of(new(type, 80, True))
        before = refused(type, 80, True)
        first.sk_uid = 1000
        if type == STREAM:
            first.icsk_bind_hash.fastuid = 1000
        return [before, refused(type, 80, True)]

    assert run(program) == [False, True]


def test_listeners_share_though_one_listens() -> None:
    def program() -> None:
        for _ in range(3):
            sys_listen(new(STREAM, 80), 5)

    run(program)


def test_3_2_does_not_know_it() -> None:
    def program() -> list[int]:
        fd = sys_socket(socket.AF_INET, STREAM)
        found = []
        for call in (
            lambda: sys_setsockopt(fd, socket.SOL_SOCKET, socket.SO_REUSEPORT, ON),
            lambda: sys_getsockopt(fd, socket.SOL_SOCKET, socket.SO_REUSEPORT, 4),
        ):
            with pytest.raises(OSError, match="not available") as e:
                call()
            found.append(e.value.errno)
        return found

    assert run(program, "3.2") == [errno.ENOPROTOOPT] * 2


def test_connections_are_spread_over_the_listeners() -> None:
    def program() -> list[int]:
        listeners = [new(STREAM, 80) for _ in range(4)]
        for fd in listeners:
            sys_listen(fd, 128)
        for _ in range(64):
            sys_connect(sys_socket(socket.AF_INET, STREAM), SockaddrIn(LO, 80))
        return [sk_of(fd).sk_ack_backlog for fd in listeners]

    got = run(program)
    assert sum(got) == 64
    assert min(got) >= 6


@pytest.mark.parametrize("others", [0, 12])
def test_a_flow_of_datagrams_stays_with_its_socket(others: int) -> None:
    """others: sockets of the same chain, so many that the second table is looked through."""

    def program() -> Counter[int]:
        for i in range(others):
            new(DGRAM, 80, False, 0x7F000100 + i)
        fds = [new(DGRAM, 80) for _ in range(3)]
        got: Counter[int] = Counter()
        for _ in range(24):
            client = new(DGRAM, 0, False)
            for _ in range(2):
                sys_sendto(client, b"x", 0, SockaddrIn(LO, 80))
            ready = [fd for fd, _ in sys_poll([(fd, 1) for fd in fds], 0)]
            assert len(ready) == 1  # both datagrams went to one socket
            for _ in range(2):
                sys_recvfrom(ready[0], 9)
            got[ready[0]] += 1
            sys_close(client)
        return got

    got = run(program)
    assert sum(got.values()) == 24
    assert len(got) == 3


def test_a_conflict_goes_and_comes_with_the_option() -> None:
    def program() -> list[bool]:
        listener = new(STREAM, 80)
        sys_listen(listener, 1)
        owner = sk_of(listener)
        other = sk_of(new(STREAM))
        other.inet_rcv_saddr = LO
        answers = [inet_csk_bind_conflict(other, owner.icsk_bind_hash)]
        other.sk_reuseport = 0
        return [*answers, inet_csk_bind_conflict(other, owner.icsk_bind_hash)]

    assert run(program) == [False, True]


def test_each_of_n_equals_is_chosen_equally_often() -> None:
    chosen: Counter[int] = Counter()
    for start in range(3000):
        phash = start * 0x9E3779B1 & 0xFFFFFFFF
        best = 1
        for matches in (2, 3):
            if reuseport_takes(phash, matches):
                best = matches
            phash = next_pseudo_random32(phash)
        chosen[best] += 1
    assert all(900 < chosen[n] < 1100 for n in (1, 2, 3)), chosen
