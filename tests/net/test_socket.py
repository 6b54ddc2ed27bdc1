"""The socket layer: families, descriptors, and what is refused."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from softnet.host import Host
from softnet.machine.clock import World
from softnet.syscalls import sys_close, sys_dup, sys_fcntl, sys_getsockname, sys_socket
from softnet.uapi import fcntl
from softnet.uapi import socket as uapi


def run(fn: Callable[[], object]) -> object:
    """fn as a program of a fresh host; its result or its exception."""
    host = Host(World(), "h1")
    task = host.spawn(fn)
    host.world.run(predicate=task.finished)
    return task.result()


@pytest.mark.parametrize(
    ("family", "type", "protocol", "error"),
    [
        (99, uapi.SOCK_STREAM, 0, errno.EAFNOSUPPORT),
        (-1, uapi.SOCK_STREAM, 0, errno.EAFNOSUPPORT),
        (uapi.AF_INET, uapi.SOCK_MAX, 0, errno.EINVAL),
        (uapi.AF_INET, uapi.SOCK_STREAM | 0x40000000, 0, errno.EINVAL),
        (uapi.AF_INET, uapi.SOCK_STREAM, 17, errno.EPROTONOSUPPORT),
    ],
)
def test_what_is_refused(family: int, type: int, protocol: int, error: int) -> None:
    with pytest.raises(OSError) as e:
        run(lambda: sys_socket(family, type, protocol))
    assert e.value.errno == error


def test_flags_of_socket_reach_the_descriptor() -> None:
    def program() -> tuple[int, int]:
        kind = uapi.SOCK_DGRAM | uapi.SOCK_NONBLOCK | uapi.SOCK_CLOEXEC
        fd = sys_socket(uapi.AF_INET, kind)
        return sys_fcntl(fd, fcntl.F_GETFL) & fcntl.O_NONBLOCK, sys_fcntl(fd, fcntl.F_GETFD)

    assert run(program) == (fcntl.O_NONBLOCK, 1)


def test_the_last_descriptor_ends_the_socket() -> None:
    def program() -> int:
        fd = sys_socket(uapi.AF_INET, uapi.SOCK_DGRAM)
        other = sys_dup(fd)
        sys_close(fd)
        assert sys_getsockname(other).family == uapi.AF_INET
        sys_close(other)
        with pytest.raises(OSError) as e:
            sys_getsockname(other)
        return e.value.errno

    assert run(program) == errno.EBADF
