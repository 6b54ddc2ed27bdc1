"""_socket: the calls that a socket begins and ends with, compiled.

socket(), connect(), accept() and close() as programs make them once a connection. What is special
(a time-out, a name for an address, an option to look up) is left to sockets.py and address.py.
"""

from __future__ import annotations

import socket
from typing import Any
from weakref import ref

from softnet.syscalls import sys_accept4, sys_close, sys_connect, sys_getsockname, sys_socket
from softnet.usr import sockets
from softnet.usr.address import from_sockaddr
from softnet.usr.redef import SIM_FD, sock_direct, sock_get, sock_set, sock_take
from softnet.usr.redef import current as current_context
from softnet.usr.sockcalls import inet_sockaddr
from softnet.usr.task import FD_STRIDE, Process, interrupted

AF_INET = 2
SOCK_STREAM = 1
SOCK_NONBLOCK = 0o4000
SOCK_CLOEXEC = 0o2000000
SOL_SOCKET = 1
SO_TYPE = 3
SO_PROTOCOL = 38
FIRST_FD = SIM_FD
STRIDE = FD_STRIDE
SPARE_REFS = 256  # references to sockets that are gone, before anybody looks for them

PythonSocket = socket.socket  # its base in C cannot be referred to weakly


def my_process() -> Process:
    """The simulated process that runs."""
    thread: Any = current_context()
    process: Process = thread.process
    return process


class Live:
    """The simulated sockets of Python's own class."""

    __slots__ = ("refs", "room")

    refs: list[ref[Any]]
    room: int  # how long refs may grow before the dead ones are taken out

    def __init__(self) -> None:
        self.refs = []
        self.room = SPARE_REFS

    def add(self, sock: Any) -> None:
        """One more."""
        if len(self.refs) >= self.room:
            self.refs = [one for one in self.refs if one() is not None]
            self.room = 2 * len(self.refs) + SPARE_REFS
        self.refs.append(ref(sock))


live = Live()


def sock_init(
    self: Any, family: Any = -1, type: Any = -1, proto: Any = -1, fileno: Any = None
) -> bool | None:
    """_socket.socket.__init__(); None: it is to be a real socket after all."""
    process = my_process()
    if process.doomed:
        process.close_doomed()
    if fileno is not None and (not isinstance(fileno, int) or fileno < FIRST_FD):
        return None
    fd = -1 if fileno is None else fileno
    timeout = process.default_timeout
    new_socket(self, family, type, proto, fd, timeout)
    if isinstance(self, PythonSocket):
        live.add(self)
    return True


def new_socket(self: Any, family: int, type: int, proto: int, fd: int, timeout: int) -> None:
    """Fill self, with a new descriptor if fd is -1. timeout: of new sockets, ns."""
    if type != -1 and type & SOCK_NONBLOCK:
        timeout = 0
    if fd >= 0:
        adopt_fd(self, fd, family, type, proto, timeout)
        return
    family = AF_INET if family == -1 else family
    type = SOCK_STREAM if type == -1 else type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)
    proto = 0 if proto == -1 else proto
    flags = SOCK_CLOEXEC | SOCK_NONBLOCK if timeout >= 0 else SOCK_CLOEXEC
    fd = sys_socket(family, type | flags, proto)
    sock_set(self, fd, family, type, proto, timeout)


def adopt_fd(self: Any, fd: int, family: int, type: int, proto: int, timeout: int) -> None:
    """socket(fileno=fd): ask the kernel for what was not given."""
    name = sys_getsockname(fd)
    family = name.family if family == -1 else family
    if type == -1:
        type = sockets.get_int(fd, SOL_SOCKET, SO_TYPE)
    if proto == -1:
        proto = sockets.get_int(fd, SOL_SOCKET, SO_PROTOCOL)
    if timeout >= 0:
        sockets.set_nonblock(fd, True)
    sock_set(self, fd, family, type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK), proto, timeout)


def forget_sockets() -> None:
    """The last lab closed: whoever holds a socket still finds it closed."""
    for one in live.refs:
        sock = one()
        if sock is not None and sock_get(sock)[0] >= FIRST_FD:
            sock_take(sock)
    live.refs = []


def accept(self: Any) -> Any:
    """_accept()"""
    fd = sock_direct(self, 0)
    if fd < 0:
        return sockets.accept(self)
    try:
        new, addr = sys_accept4(fd, SOCK_CLOEXEC)
    except InterruptedError:
        interrupted()
        return sockets.accept(self)
    return new, from_sockaddr(addr)


def connect(self: Any, address: Any) -> None:
    """connect()"""
    fd = sock_direct(self, AF_INET)
    addr = inet_sockaddr(address) if fd >= 0 else None
    if addr is None:
        sockets.connect(self, address)
        return
    try:
        sys_connect(fd, addr)
    except InterruptedError:
        sockets.connect_goes_on(self)


def close(self: Any) -> None:
    """close()"""
    fd = sock_take(self)
    base = my_process().fd_base
    if fd < base or fd >= base + STRIDE:
        sockets.release_fd(fd, False)  # another program's: it does it at its next chance
        return
    try:
        sys_close(fd)
    except ConnectionResetError:
        return  # as CPython: the peer is gone, and so are we


def getdefaulttimeout() -> float | None:
    """_socket.getdefaulttimeout(): each process has its own."""
    ns = my_process().default_timeout
    return None if ns < 0 else ns / 10**9
