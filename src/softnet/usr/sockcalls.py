"""_socket: the calls that programs make once a packet, compiled.

Each does what its namesake in sockets.py does when nothing is special: the socket has no time-out, so
that no call has to poll first, and the buffer is one piece of memory. All else is left to that one,
and so is saying what is wrong with an argument.

send_direct() and recv_into_direct() do the plain case. Compiled, redef.c calls them without a call
of Python's between (Redirect.set_direct); send() and recv_into() do, where that did not happen.
"""

from __future__ import annotations

from typing import Any

import softnet.arch.mem as mem
from softnet.syscalls import (
    SockaddrIn,
    failure,
    recv_or_errno,
    send_or_errno,
    sys_recv,
    sys_recvfrom,
    sys_sendto,
    this_task,
)
from softnet.usr import sockets
from softnet.usr.address import from_sockaddr
from softnet.usr.redef import sock_direct
from softnet.usr.resolver import numeric_ipv4, resolve_address
from softnet.usr.task import interrupted

AF_INET = 2
ADDRESSES_MAX = 1024  # address tuples whose struct is kept
EAGAIN = 11
EINTR = 4
EPIPE = 32
ERESTARTSYS = 512
ELSEWHERE = -(1 << 20)  # not a plain call: the namesake in sockets.py shall make it


def room_for(buffer: Any, nbytes: int) -> int:
    """How many bytes to receive into buffer; 0 if that is not plain."""
    size = mem.buf_room(buffer)
    if nbytes == 0:
        return size
    return nbytes if 0 < nbytes <= size else 0


def send(self: Any, data: Any, flags: Any = 0) -> Any:
    """send()"""
    fd = sock_direct(self, 0)
    n = send_direct(fd, data) if fd >= 0 and type(flags) is int and flags == 0 else ELSEWHERE
    return sockets.send(self, data, flags) if n == ELSEWHERE else taken(n)


def sendall(self: Any, data: Any, flags: Any = 0) -> None:
    """sendall()"""
    fd = sock_direct(self, 0)
    n = send_direct(fd, data) if fd >= 0 and type(flags) is int and flags == 0 else ELSEWHERE
    if n == ELSEWHERE:
        sockets.sendall(self, data, flags)
    elif n < mem.buf_len(data):
        sockets.sendall(self, memoryview(data).cast("B")[taken(n) :], flags)


def send_direct(fd: int, data: Any) -> int:
    """send(data) of a socket without a time-out: bytes taken, -EAGAIN, or ELSEWHERE. OSError."""
    if not mem.buf_plain(data):
        return ELSEWHERE
    n = send_or_errno(fd, data, 0, None)
    return n if n >= 0 else ended(n)


def recv_into_direct(fd: int, buffer: Any) -> int:
    """recv_into(buffer) of a socket without a time-out: bytes, -EAGAIN, or ELSEWHERE. OSError."""
    size = room_for(buffer, 0)
    if size == 0:
        return ELSEWHERE
    n = recv_or_errno(fd, buffer, size, 0)
    return n if n >= 0 else ended(n)


def ended(err: int) -> int:
    """What a direct call answers to a negative errno; most are raised here."""
    this_task().raise_if_killed()
    if err == -EAGAIN:
        return err
    if err == -EPIPE:
        return ELSEWHERE  # sockets.send() asks again, and knows whom to send SIGPIPE
    if err == -ERESTARTSYS or err == -EINTR:
        interrupted()
        return ELSEWHERE  # a handler ran and did not raise: once more (PEP 475)
    raise failure(err)


def taken(n: int) -> int:
    """The result of a direct call, or BlockingIOError."""
    if n < 0:
        raise failure(n)
    return n


def recv(self: Any, bufsize: Any, flags: Any = 0) -> Any:
    """recv()"""
    fd = sock_direct(self, 0)
    if fd < 0 or bufsize <= 0:
        return sockets.recv(self, bufsize, flags)
    try:
        return sys_recv(fd, bufsize, flags)
    except InterruptedError:
        interrupted()
    return sockets.recv(self, bufsize, flags)


def recv_into(self: Any, buffer: Any, nbytes: Any = 0, flags: Any = 0) -> Any:
    """recv_into()"""
    fd = sock_direct(self, 0)
    size = room_for(buffer, nbytes) if fd >= 0 else 0
    if size == 0:
        return sockets.recv_into(self, buffer, nbytes, flags)
    n = recv_or_errno(fd, buffer, size, flags)
    if n < 0:
        n = ended(n)
    return sockets.recv_into(self, buffer, nbytes, flags) if n == ELSEWHERE else taken(n)


def recvfrom(self: Any, bufsize: Any, flags: Any = 0) -> Any:
    """recvfrom()"""
    fd = sock_direct(self, 0)
    if fd < 0 or bufsize < 0:
        return sockets.recvfrom(self, bufsize, flags)
    try:
        data, addr = sys_recvfrom(fd, bufsize, flags)
    except InterruptedError:
        interrupted()
        return sockets.recvfrom(self, bufsize, flags)
    return data, from_sockaddr(addr)


def sendto(self: Any, data: Any, *args: Any) -> Any:
    """sendto(data, address), sendto(data, flags, address)"""
    fd = sock_direct(self, AF_INET)
    n = len(args)
    addr = inet_sockaddr(args[n - 1]) if fd >= 0 and 0 < n <= 2 and mem.buf_plain(data) else None
    if addr is None:
        return sockets.sendto(self, data, *args)
    try:
        return sys_sendto(fd, data, args[0] if n == 2 else 0, addr)
    except InterruptedError:
        interrupted()
    return sockets.sendto(self, data, *args)


addresses: dict[tuple[str, int], SockaddrIn] = {}  # numeric ones: they mean the same on every host


def inet_sockaddr(address: Any) -> SockaddrIn | None:
    """The struct for a numeric IPv4 address and a port; None if it is not that."""
    if type(address) is not tuple or len(address) != 2:
        return None
    host, port = address
    if type(host) is not str or type(port) is not int:
        return None
    known = addresses.get(address)
    if known is not None:
        return known
    if not 0 <= port <= 0xFFFF or numeric_ipv4(host) is None:
        return None
    if len(addresses) >= ADDRESSES_MAX:
        addresses.clear()
    known = SockaddrIn(resolve_address(host), port)
    addresses[address] = known
    return known
