"""_socket: the methods of a socket whose descriptor is simulated, and the functions beside them.

A simulated socket is an ordinary socket.socket whose C struct holds a simulated descriptor: so its
family, type, proto, fileno(), gettimeout(), detach() and repr() need no replacement. The rest are
system calls in CPython's own order: with a time-out the descriptor does not block, and each
call polls first (sock_call_ex() in Modules/socketmodule.c).
"""

from __future__ import annotations

import errno
import os
import socket
import warnings
from collections.abc import Callable
from operator import index
from typing import Any

import softnet.syscalls as sys_
import softnet.uapi.fcntl as fcntl
import softnet.uapi.poll as poll_
from softnet.usr.address import from_sockaddr, parse_type, to_sockaddr
from softnet.usr.buffers import data_of, room_of
from softnet.usr.clock import original, skew_ns, timeout_ns
from softnet.usr.pointers import read_memory
from softnet.usr.redef import SIM_FD, sock_get, sock_set, sock_set_timeout
from softnet.usr.rights import unwrap_rights, wrap_rights
from softnet.usr.signals import broken_pipe
from softnet.usr.stamps import dated
from softnet.usr.task import host, interrupted, me, registry

EINPROGRESS = (errno.EINPROGRESS, errno.EAGAIN)
SO_ATTACH_FILTER = 26
SOCK_FPROG_LEN = 16  # struct sock_fprog: how many instructions, and a pointer to them
SOCK_FILTER_LEN = 8
OPTLEN_MAX = 1024  # the longest buffer getsockopt() fills

# The C struct's integers: socket.socket.family makes an enum of its own each time it is asked.
raw_family: Callable[[Any], int] = vars(socket.SocketType)["family"].__get__
raw_type: Callable[[Any], int] = vars(socket.SocketType)["type"].__get__


# Destruction: called from the type's slots


def sock_finalize(self: Any, fd: int, in_user_mode: bool) -> None:
    """The collector takes a socket that was not closed.

    Python warns of it, but not where nobody could have closed it: in a program that is ended from
    outside, or was; and repr() asks the kernel, which knows whose socket it is only while its own
    program runs.
    """
    try:
        if in_user_mode and me().task.killed is None and me().process.fd_base == base_of(fd):
            warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=2)
    finally:
        release_fd(fd, in_user_mode)


def base_of(fd: int) -> int:
    """The first descriptor of the process that fd belongs to."""
    return (fd - SIM_FD) // (1 << 16) * (1 << 16) + SIM_FD


def release_fd(fd: int, in_user_mode: bool) -> None:
    """Close a descriptor that no object holds: now if its program runs, else at its next chance."""
    base = base_of(fd)
    for state in registry.hosts.values():
        for process in state.processes.values():
            if process.fd_base == base:
                process.doomed.append(fd)
                if in_user_mode and me().process is process:
                    process.close_doomed()
                return


# Blocking


def set_nonblock(fd: int, nonblock: bool) -> None:
    """O_NONBLOCK on or off."""
    flags = sys_.sys_fcntl(fd, fcntl.F_GETFL)
    want = flags | fcntl.O_NONBLOCK if nonblock else flags & ~fcntl.O_NONBLOCK
    if want != flags:
        sys_.sys_fcntl(fd, fcntl.F_SETFL, want)


def call(fd: int, timeout: int, events: int, fn: Callable[..., Any], *args: Any) -> Any:
    """sock_call(): fn(*args) once fd is ready, within timeout ns (0: at once, -1: whenever)."""
    if timeout <= 0:
        while True:
            try:
                return fn(*args)
            except InterruptedError:
                interrupted()
    return call_until(fd, deadline(timeout), events, fn, *args)


def deadline(timeout: int) -> int:
    """The world's time in timeout ns from the program's now."""
    return sys_.sys_clock_gettime() + skew_ns(host()) + timeout


def call_until(fd: int, until: int, events: int, fn: Callable[..., Any], *args: Any) -> Any:
    """call() with a deadline in the world's time."""
    while True:
        wait_ready(fd, events, until)
        try:
            return fn(*args)
        except InterruptedError:
            interrupted()
        except BlockingIOError:
            continue  # somebody else was faster


def wait_ready(fd: int, events: int, until: int) -> None:
    """Poll fd; TimeoutError when until comes first."""
    while True:
        left = max(until - sys_.sys_clock_gettime(), 0)
        try:
            if sys_.sys_poll([(fd, events)], left):
                return
        except InterruptedError:
            interrupted()
            continue
        raise TimeoutError("timed out")


def complainer(self: Any, method: str, *before: Any) -> Callable[[Any], None]:
    """Let the real method say what is wrong with an address."""

    def complain(address: Any) -> None:
        nowhere = socket.SocketType.__new__(socket.SocketType)
        sock_set(nowhere, -1, raw_family(self), raw_type(self), 0, -1)
        original("_socket.socket." + method)(nowhere, *before, address)

    return complain


# Methods


def accept(self: Any) -> tuple[int, Any]:
    """_accept()"""
    fd, timeout = sock_get(self)
    new, addr = call(fd, timeout, poll_.POLLIN, sys_.sys_accept4, fd, socket.SOCK_CLOEXEC)
    return new, from_sockaddr(addr)


def bind(self: Any, address: Any, /) -> None:
    """bind()"""
    fd, _ = sock_get(self)
    sys_.sys_bind(fd, to_sockaddr(raw_family(self), address, complainer(self, "bind")))


def connect_errno(self: Any, address: Any, method: str) -> int:
    """internal_connect(): 0 or an errno; raises TimeoutError and what the address is wrong by."""
    fd, timeout = sock_get(self)
    addr = to_sockaddr(raw_family(self), address, complainer(self, method))
    try:
        sys_.sys_connect(fd, addr)
        return 0
    except InterruptedError:
        interrupted()
    except OSError as e:
        if timeout <= 0 or e.errno != errno.EINPROGRESS:
            return e.errno or 0
    return connected_errno(fd, timeout)


def connected_errno(fd: int, timeout: int) -> int:
    """The rest of connect_errno(): the connection was begun, what became of it?"""
    if timeout == 0:
        return errno.EINPROGRESS
    until = deadline(timeout) if timeout > 0 else -1
    if until < 0:
        while True:
            try:
                sys_.sys_poll([(fd, poll_.POLLOUT)], -1)
                break
            except InterruptedError:
                interrupted()
    else:
        wait_ready(fd, poll_.POLLOUT, until)
    err = get_int(fd, socket.SOL_SOCKET, socket.SO_ERROR)
    return 0 if err == errno.EISCONN else err


def connect(self: Any, address: Any, /) -> None:
    """connect()"""
    raise_errno(connect_errno(self, address, "connect"))


def connect_goes_on(self: Any) -> None:
    """connect() was interrupted by a signal."""
    interrupted()
    raise_errno(connected_errno(*sock_get(self)))


def raise_errno(err: int) -> None:
    """Raise what errno says, unless it is 0."""
    if err:
        raise OSError(err, os.strerror(err))


def connect_ex(self: Any, address: Any, /) -> int:
    """connect_ex()"""
    try:
        return connect_errno(self, address, "connect_ex")
    except TimeoutError:
        return errno.EAGAIN


def getpeername(self: Any) -> Any:
    """getpeername()"""
    return from_sockaddr(sys_.sys_getpeername(sock_get(self)[0]))


def getsockname(self: Any) -> Any:
    """getsockname()"""
    return from_sockaddr(sys_.sys_getsockname(sock_get(self)[0]))


def get_int(fd: int, level: int, name: int) -> int:
    """An option that is an int."""
    return int.from_bytes(sys_.sys_getsockopt(fd, level, name, 4), "little", signed=True)


def getsockopt(self: Any, level: int, optname: int, buflen: int = 0, /) -> int | bytes:
    """getsockopt()"""
    fd, _ = sock_get(self)
    if buflen == 0:
        return get_int(fd, level, optname)
    if not 0 < buflen <= OPTLEN_MAX:
        raise OSError("getsockopt buflen out of range")
    return sys_.sys_getsockopt(fd, level, optname, buflen)


def setsockopt(self: Any, level: int, optname: int, value: Any, optlen: Any = None, /) -> None:
    """setsockopt()"""
    fd, _ = sock_get(self)
    if isinstance(value, int):
        if not -(1 << 31) <= value < 1 << 31:
            original("_socket.socket.setsockopt")(self, level, optname, value)  # raises
        data = value.to_bytes(4, "little", signed=True)
    elif value is None:
        data = bytes(int(optlen))
    else:
        data = bytes(data_of(value))
    if optname == SO_ATTACH_FILTER and level == socket.SOL_SOCKET and len(data) == SOCK_FPROG_LEN:
        # The instructions that struct sock_fprog points to: system calls take them behind it.
        at = int.from_bytes(data[8:16], "little")
        if at:
            data += read_memory(at, int.from_bytes(data[:2], "little") * SOCK_FILTER_LEN)
    sys_.sys_setsockopt(fd, level, optname, data)


def listen(self: Any, backlog: int = min(socket.SOMAXCONN, 128), /) -> None:
    """listen()"""
    sys_.sys_listen(sock_get(self)[0], max(backlog, 0))


def recv(self: Any, bufsize: int, flags: int = 0, /) -> bytes:
    """recv()"""
    fd, timeout = sock_get(self)
    if bufsize < 0:
        raise ValueError("negative buffersize in recv")
    if bufsize == 0:
        return b""  # as CPython: nobody is asked
    data: bytes = call(fd, timeout, poll_.POLLIN, sys_.sys_recv, fd, bufsize, index(flags))
    return data


def recvfrom(self: Any, bufsize: int, flags: int = 0, /) -> tuple[bytes, Any]:
    """recvfrom()"""
    fd, timeout = sock_get(self)
    if bufsize < 0:
        raise ValueError("negative buffersize in recvfrom")
    data, addr = call(fd, timeout, poll_.POLLIN, sys_.sys_recvfrom, fd, bufsize, index(flags))
    return data, from_sockaddr(addr)


def recv_into(self: Any, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
    """recv_into()"""
    fd, timeout = sock_get(self)
    view, size = room_of(buffer, nbytes, "recv_into")
    if size == 0:
        return 0
    n: int = call(fd, timeout, poll_.POLLIN, sys_.sys_recv_into, fd, view, size, index(flags))
    return n


def recvfrom_into(self: Any, buffer: Any, nbytes: int = 0, flags: int = 0) -> tuple[int, Any]:
    """recvfrom_into()"""
    fd, timeout = sock_get(self)
    view, size = room_of(buffer, nbytes, "recvfrom_into")
    n, addr = call(fd, timeout, poll_.POLLIN, sys_.sys_recvfrom_into, fd, view, size, index(flags))
    return n, from_sockaddr(addr)


def recvmsg(
    self: Any, bufsize: int, ancbufsize: int = 0, flags: int = 0, /
) -> tuple[bytes, list[tuple[int, int, bytes]], int, Any]:
    """recvmsg()"""
    fd, timeout = sock_get(self)
    if bufsize < 0:
        raise ValueError("negative buffer size in recvmsg()")
    if ancbufsize < 0:
        raise ValueError("invalid ancillary data buffer length")
    data, control, msg_flags, addr = call(
        fd, timeout, poll_.POLLIN, sys_.sys_recvmsg, fd, bufsize, ancbufsize, index(flags)
    )
    if control:
        control = dated(unwrap_rights(control, flags), host().epoch_ns)
    return data, control, msg_flags, from_sockaddr(addr)


def recvmsg_into(
    self: Any, buffers: Any, ancbufsize: int = 0, flags: int = 0, /
) -> tuple[int, list[tuple[int, int, bytes]], int, Any]:
    """recvmsg_into()"""
    views = [room_of(b, 0, "recvmsg_into")[0] for b in buffers]
    total = sum(len(v) for v in views)
    data, control, msg_flags, addr = recvmsg(self, total, ancbufsize, flags)
    at = 0
    for view in views:
        part = data[at : at + len(view)]
        view[: len(part)] = part
        at += len(part)
    return len(data), control, msg_flags, addr


def send(self: Any, data: Any, flags: int = 0, /) -> int:
    """send()"""
    fd, timeout = sock_get(self)
    try:
        n: int = call(fd, timeout, poll_.POLLOUT, sys_.sys_sendto, fd, data_of(data), index(flags))
    except BrokenPipeError:
        broken_pipe(int(self.type), flags)
        raise
    return n


def sendall(self: Any, data: Any, flags: int = 0, /) -> None:
    """sendall()"""
    try:
        send_whole(self, data, flags)
    except BrokenPipeError:
        broken_pipe(int(self.type), flags)
        raise


def send_whole(self: Any, data: Any, flags: int) -> None:
    """sendall(): one deadline for all of it."""
    fd, timeout = sock_get(self)
    data = data_of(data)
    size = len(data)
    until = deadline(timeout) if timeout > 0 else -1
    done = 0
    while True:
        rest = memoryview(data)[done:] if done else data
        if timeout > 0:
            n = call_until(fd, until, poll_.POLLOUT, sys_.sys_sendto, fd, rest, index(flags))
        else:
            n = call(fd, timeout, poll_.POLLOUT, sys_.sys_sendto, fd, rest, index(flags))
        done += n
        if done >= size:
            return


def sendto(self: Any, data: Any, *args: Any) -> int:
    """sendto(data, address), sendto(data, flags, address)"""
    fd, timeout = sock_get(self)
    if not 1 <= len(args) <= 2:
        raise TypeError(f"sendto() takes 2 or 3 arguments ({len(args) + 1} given)")
    flags = int(args[0]) if len(args) == 2 else 0

    addr = None
    if args[-1] is not None:
        addr = to_sockaddr(raw_family(self), args[-1], complainer(self, "sendto", b""))
    n: int = call(fd, timeout, poll_.POLLOUT, sys_.sys_sendto, fd, data_of(data), flags, addr)
    return n


def control_rows(ancdata: Any) -> list[tuple[int, int, bytes]]:
    """What sendmsg() takes beside the data, as the kernel wants it. TypeError, as CPython has it."""
    rows = []
    for item in ancdata:
        if not isinstance(item, tuple | list) or len(item) != 3:
            raise TypeError("[sendmsg() ancillary data items] must be sequence of length 3")
        level, kind, data = item
        rows.append((index(level), index(kind), bytes(data_of(data))))
    return rows


def sendmsg(
    self: Any, buffers: Any, ancdata: Any = (), flags: int = 0, address: Any = None, /
) -> int:
    """sendmsg()"""
    fd, timeout = sock_get(self)
    parts = [data_of(b) for b in buffers]
    control = control_rows(ancdata)
    addr = None
    if address is not None:
        addr = to_sockaddr(raw_family(self), address, complainer(self, "connect"))
    control, made = wrap_rights(control)
    try:
        n: int = call(
            fd,
            timeout,
            poll_.POLLOUT,
            sys_.sys_sendmsg,
            fd,
            parts,
            control or None,
            index(flags),
            addr,
        )
    except BrokenPipeError:
        broken_pipe(int(self.type), flags)
        raise
    finally:
        for one in made:
            sys_.sys_close(one)
    return n


def sendmsg_afalg(self: Any, *args: Any, **kwargs: Any) -> int:
    """sendmsg_afalg(): there is no AF_ALG, so this socket is none."""
    raise OSError("algset is only supported for AF_ALG")


def setblocking(self: Any, flag: Any, /) -> None:
    """setblocking()"""
    set_timeout(self, -1 if flag else 0)


def settimeout(self: Any, value: Any, /) -> None:
    """settimeout()"""
    set_timeout(self, parse_timeout(value, "settimeout", self))


def parse_timeout(value: Any, who: str, *self: Any) -> int:
    """A time-out argument in ns, -1 for None; the real function says what is wrong with it."""
    if value is None:
        return -1
    if not isinstance(value, int | float) or not 0 <= value < 1 << 33:
        name = "_socket.socket.settimeout" if self else "_socket." + who
        original(name)(*self, value)
        raise ValueError("Timeout value out of range")
    return timeout_ns(value)


def set_timeout(self: Any, ns: int) -> None:
    """Both in the object and on the descriptor."""
    set_nonblock(sock_get(self)[0], ns >= 0)
    sock_set_timeout(self, ns)


def shutdown(self: Any, how: int, /) -> None:
    """shutdown()"""
    sys_.sys_shutdown(sock_get(self)[0], index(how))


# Functions


def close_fd(fd: int, /) -> None:
    """_socket.close()"""
    try:
        sys_.sys_close(fd)
    except ConnectionResetError:
        return


def dup_fd(fd: int, /) -> int:
    """_socket.dup()"""
    return sys_.sys_fcntl(fd, fcntl.F_DUPFD_CLOEXEC)


def socketpair(family: Any = None, type: int = socket.SOCK_STREAM, proto: int = 0, /) -> Any:
    """_socket.socketpair(): two C sockets; socket.socketpair() wraps them anew."""
    family = socket.AF_UNIX if family is None else family
    kind, nonblock = parse_type(type)
    timeout = 0 if nonblock else me().process.default_timeout
    flags = socket.SOCK_CLOEXEC | (socket.SOCK_NONBLOCK if timeout >= 0 else 0)
    pair = []
    for fd in sys_.sys_socketpair(int(family), kind | flags, int(proto)):
        one = socket.SocketType.__new__(socket.SocketType)
        sock_set(one, fd, family, kind, proto, timeout)
        pair.append(one)
    return tuple(pair)


def setdefaulttimeout(value: Any, /) -> None:
    """_socket.setdefaulttimeout()"""
    me().process.default_timeout = parse_timeout(value, "setdefaulttimeout")
