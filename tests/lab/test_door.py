"""The host that a real process lives on."""

from __future__ import annotations

import pytest

import softnet.syscalls as sys_
from softnet.kernel.sched import current
from softnet.lab.door import DoorStack

STREAM = 1 | 0x800  # SOCK_STREAM | SOCK_NONBLOCK


def test_calls_from_outside_reach_the_host() -> None:
    stack = DoorStack()
    stack.enter()
    try:
        server = sys_.sys_socket(2, STREAM)
        sys_.sys_bind(server, sys_.SockaddrIn(0x7F000001, 80))
        sys_.sys_listen(server, 5)
        client = sys_.sys_socket(2, STREAM)
        with pytest.raises(BlockingIOError):
            sys_.sys_connect(client, sys_.SockaddrIn(0x7F000001, 80))
    finally:
        stack.leave()
    assert current() is None
    stack.advance(1_000_000)
    stack.enter()
    try:
        peer, _ = sys_.sys_accept4(server, 0x800)
        assert sys_.sys_sendto(client, b"hello") == 5
        assert sys_.sys_recv(peer, 100) == b"hello"
        with pytest.raises(BlockingIOError):  # an outsider never sleeps
            sys_.sys_recv(peer, 100)
    finally:
        stack.leave()


def test_advance_says_when_it_wants_to_be_called_again() -> None:
    stack = DoorStack()
    stack.advance(10**12)
    stack.enter()
    try:
        fd = sys_.sys_socket(2, STREAM)
        with pytest.raises(OSError, match="unreachable"):
            sys_.sys_connect(fd, sys_.SockaddrIn(0x0A000001, 80))
        server = sys_.sys_socket(2, STREAM)
        sys_.sys_bind(server, sys_.SockaddrIn(0x7F000001, 80))
        sys_.sys_listen(server, 5)
        with pytest.raises(BlockingIOError):
            sys_.sys_connect(fd, sys_.SockaddrIn(0x7F000001, 80))
    finally:
        stack.leave()
    when = stack.advance(10**12)
    assert when > 10**12
    assert not stack.busy()


def test_beyond_a_silent_host_nobody_answers() -> None:
    stack = DoorStack(silent=True)
    stack.enter()
    try:
        fd = sys_.sys_socket(2, STREAM)
        with pytest.raises(BlockingIOError):
            sys_.sys_connect(fd, sys_.SockaddrIn(0xF0000000, 80))
        assert sys_.sys_getsockname(fd).sin_addr == 0x0AFF0001
    finally:
        stack.leave()
    for second in range(1, 200):
        stack.advance(second * 10**9)
    stack.enter()
    try:
        assert int.from_bytes(sys_.sys_getsockopt(fd, 1, 4, 4), "little") == 110  # SO_ERROR
    finally:
        stack.leave()
