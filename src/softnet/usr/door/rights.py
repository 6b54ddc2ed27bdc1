"""SCM_RIGHTS: real descriptors travel through the host as files that it knows nothing of.

What is sent is a copy of the descriptor, ours until somebody receives it; whoever receives it gets
a copy of that. A softnet socket travels in the same way, by the real descriptor that stands for it.
"""

from __future__ import annotations

import os
import struct
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.door import calls

SOL_SOCKET, SCM_RIGHTS = 1, 1
MSG_CMSG_CLOEXEC = 0x40000000


class RealFile(sys_.Foreign):
    """A real descriptor on its way."""

    __slots__ = ("fd",)

    fd: int

    def __init__(self, fd: int) -> None:
        self.fd = os.dup(fd)

    def released(self) -> None:
        """Nobody can receive it any more."""
        os.close(self.fd)


def sendmsg(fd: int, data: Any, control: Any, flags: int, addr: Any) -> int:
    """sys_sendmsg() with real descriptors in control."""
    sent: list[int] = []
    rows = []
    try:
        for level, kind, value in control:
            if level == SOL_SOCKET and kind == SCM_RIGHTS:
                value = b"".join(struct.pack("i", ship(n, sent)) for n in numbers(value))
            rows.append((level, kind, value))
        to = None if addr is None else calls.to_sockaddr(addr)
        return sys_.sys_sendmsg(fd, data, rows or None, flags, to)
    finally:
        for kfd in sent:
            sys_.sys_close(kfd)


def numbers(data: bytes) -> list[int]:
    """The descriptors in a control message."""
    return [n for (n,) in struct.iter_unpack("i", data[: len(data) // 4 * 4])]


def ship(fd: int, sent: list[int]) -> int:
    """The host's descriptor for a real one. OSError(EBADF)."""
    kfd = sys_.sys_foreign(RealFile(fd))
    sent.append(kfd)
    return kfd


def recvmsg(fd: int, size: int, room: int, flags: int) -> Any:
    """sys_recvmsg(), with real descriptors in what it answers."""
    data, control, msg_flags, addr = sys_.sys_recvmsg(fd, size, room, flags)
    rows = []
    for level, kind, value in control:
        if level == SOL_SOCKET and kind == SCM_RIGHTS:
            value = b"".join(struct.pack("i", land(n, flags)) for n in numbers(value))
        rows.append((level, kind, value))
    return data, rows, msg_flags, calls.from_sockaddr(addr)


def land(kfd: int, flags: int) -> int:
    """A real descriptor for the host's, which is closed."""
    try:
        foreign = sys_.sys_foreign_of(kfd)
        assert isinstance(foreign, RealFile), "only real files travel here"
        fd = os.dup(foreign.fd)
        if not flags & MSG_CMSG_CLOEXEC:
            os.set_inheritable(fd, True)
        return fd
    finally:
        sys_.sys_close(kfd)
