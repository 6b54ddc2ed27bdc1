"""The system calls that the door makes, with plain data in and out.

Arguments and results can be pickled, so a forked child makes the same calls through a pipe
(remote.py). An address is (family, number, port) for AF_INET, (family, name) or, for a name
in the real file system, (family, name, device, inode) for AF_UNIX. Descriptors here are the host's.
"""

from __future__ import annotations

import errno
import os
from typing import Any

import softnet.syscalls as sys_

AF_UNIX, AF_INET = 1, 2
SOCK_NONBLOCK, SOCK_CLOEXEC = 0x800, 0x80000
SOL_SOCKET, SO_TYPE, SO_PROTOCOL, SO_DOMAIN = 1, 3, 38, 39

PlainAddr = tuple[Any, ...]


class Names:
    """AF_UNIX names that are real files: the host knows them by a name of ours."""

    __slots__ = ("by_file", "serial", "shown")

    by_file: dict[tuple[int, int], bytes]  # (device, inode) -> the host's name
    shown: dict[bytes, bytes]  # the host's name -> as bind() was given it
    serial: int

    def __init__(self) -> None:
        self.by_file = {}
        self.shown = {}
        self.serial = 0

    def add(self, path: bytes, dev: int, ino: int) -> bytes:
        """The host's name of a file that bind() made."""
        self.serial += 1
        name = b"/door/%d" % self.serial
        self.by_file[dev, ino] = name
        self.shown[name] = path
        return name

    def find(self, dev: int, ino: int) -> bytes:
        """The host's name of a file; OSError(ECONNREFUSED) if no socket was bound to it."""
        name = self.by_file.get((dev, ino))
        if name is None:
            raise OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        return name


names = Names()


def to_sockaddr(addr: PlainAddr) -> sys_.Sockaddr:
    """The kernel's struct."""
    if addr[0] == AF_INET:
        return sys_.SockaddrIn(addr[1], addr[2])
    if len(addr) > 2:
        return sys_.SockaddrUn(names.find(addr[2], addr[3]))
    return sys_.SockaddrUn(addr[1])


def from_sockaddr(addr: sys_.Sockaddr | None) -> PlainAddr | None:
    """The plain form."""
    if isinstance(addr, sys_.SockaddrIn):
        return AF_INET, addr.sin_addr, addr.sin_port
    if isinstance(addr, sys_.SockaddrUn):
        path = bytes(addr.path)
        return AF_UNIX, names.shown.get(path, path)
    return None


def bind(fd: int, addr: PlainAddr) -> None:
    """bind()"""
    if len(addr) == 4 and addr[0] == AF_UNIX:
        name = names.add(addr[1], addr[2], addr[3])
        sys_.sys_bind(fd, sys_.SockaddrUn(name))
        return
    sys_.sys_bind(fd, to_sockaddr(addr))


def connect(fd: int, addr: PlainAddr) -> None:
    """connect()"""
    sys_.sys_connect(fd, to_sockaddr(addr))


def listen(fd: int, backlog: int) -> None:
    """listen()"""
    sys_.sys_listen(fd, backlog)


def shutdown(fd: int, how: int) -> None:
    """shutdown()"""
    sys_.sys_shutdown(fd, how)


def getsockname(fd: int) -> PlainAddr | None:
    """getsockname()"""
    return from_sockaddr(sys_.sys_getsockname(fd))


def getpeername(fd: int) -> PlainAddr | None:
    """getpeername()"""
    return from_sockaddr(sys_.sys_getpeername(fd))


def getsockopt(fd: int, level: int, name: int, size: int) -> bytes:
    """getsockopt()"""
    return sys_.sys_getsockopt(fd, level, name, size)


def setsockopt(fd: int, level: int, name: int, value: bytes) -> None:
    """setsockopt()"""
    sys_.sys_setsockopt(fd, level, name, value)


def recv(fd: int, size: int, flags: int) -> bytes:
    """recv()"""
    return sys_.sys_recv(fd, size, flags)


def recvfrom(fd: int, size: int, flags: int) -> tuple[bytes, PlainAddr | None]:
    """recvfrom()"""
    data, addr = sys_.sys_recvfrom(fd, size, flags)
    return data, from_sockaddr(addr)


def send(fd: int, data: Any, flags: int) -> int:
    """send()"""
    return sys_.sys_sendto(fd, data, flags)


def sendto(fd: int, data: Any, flags: int, addr: PlainAddr) -> int:
    """sendto()"""
    return sys_.sys_sendto(fd, data, flags, to_sockaddr(addr))


def nothing(_fd: int) -> None:
    """No call: what goes with one, at a time without one."""


def ioctl(fd: int, cmd: int, arg: Any) -> Any:
    """ioctl()"""
    return sys_.sys_ioctl(fd, cmd, arg)


def read_proc(_fd: int, path: str) -> bytes:
    """A file of the host's /proc."""
    fd = sys_.sys_open(path)
    try:
        parts = []
        while part := sys_.sys_read(fd, 1 << 16):
            parts.append(part)
    finally:
        sys_.sys_close(fd)
    return b"".join(parts)


CALLS = {
    f.__name__: f
    for f in (
        bind, connect, listen, shutdown, getsockname, getpeername, getsockopt, setsockopt,
        recv, recvfrom, send, sendto, ioctl, read_proc,
    )
}  # fmt: skip
