"""_socket.socket of a process that lives on softnet.

A subclass of the real type, around the real descriptor that stands for the socket: the C object
keeps family, type, proto, time-out and descriptor, so fileno(), detach(), gettimeout(), repr() and
the ResourceWarning of one that was not closed are CPython's own. What would meet the kernel's
network calls the stack instead, as Modules/socketmodule.c does: try; if it would block and may, poll
the descriptor within the time-out; try again. Sockets of other families than AF_INET and
AF_UNIX, adopted by descriptor, stay real in everything.
"""

from __future__ import annotations

import _socket
import errno
import os
import select
import sys
import time
from operator import index
from typing import Any

from softnet.usr.buffers import data_of, room_of
from softnet.usr.door import calls
from softnet.usr.door.address import make_file, of_file, parse, shown
from softnet.usr.door.kernel import Entry, Kernel, Made

real = _socket.socket
AF_UNIX, AF_INET = 1, 2
OURS = (AF_INET, AF_UNIX)
FLAGS = _socket.SOCK_NONBLOCK | _socket.SOCK_CLOEXEC
POLLIN, POLLPRI, POLLOUT = 1, 2, 4
OPTLEN_MAX = 1024
MSG_OOB, MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL = 1, 2, 0x40, 0x100
SO_RCVTIMEO, SO_SNDTIMEO = 20, 21
BACKOFF_MIN, BACKOFF_MAX = 0.0005, 0.02  # s between tries when poll says ready and it is not


class Here:
    """Where this process's sockets live; a forked child exchanges it."""

    __slots__ = ("address", "kernel")

    kernel: Kernel
    address: bytes  # of an AF_UNIX socket where other processes reach the stack


here = Here()


def entry_of(sock: Any) -> tuple[Entry | None, int]:
    """The softnet socket behind a socket object, None if it is a real one; its descriptor."""
    fd = real.fileno(sock)
    if fd < 0:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    # Unlike fstat() this keeps the GIL: calls that follow each other closely shall stay so.
    os.get_inheritable(fd)  # OSError(EBADF)
    return sock._entry, fd


def is_real(sock: Any) -> bool:
    """Does the descriptor carry the data of a socket object: is it no softnet socket, or C's?"""
    entry, _ = entry_of(sock)
    return entry is None or entry.channel is not None


class Fixed(type):
    """The class of a class that nobody changes, as a type written in C; its subclasses are free."""

    def __setattr__(cls, name: str, value: object) -> None:
        if real in cls.__bases__:
            raise TypeError(f"cannot set {name!r} attribute of immutable type '_socket.socket'")
        type.__setattr__(cls, name, value)


class socket(real, metaclass=Fixed):
    """socket(family=AF_INET, type=SOCK_STREAM, proto=0, fileno=None)"""

    __slots__ = ("_entry",)

    _entry: Entry | None

    def __init__(
        self, family: int = -1, type: int = -1, proto: int = -1, fileno: Any = None
    ) -> None:
        entry: Entry | None
        self._entry = None
        if fileno is None:
            family = AF_INET if family == -1 else index(family)
            type = _socket.SOCK_STREAM if type == -1 else index(type)
            proto = 0 if proto == -1 else index(proto)
            sys.audit("socket.__new__", self, family, type, proto)
            if family not in OURS:
                if not 0 <= family < 1 << 31:
                    real.__init__(self, family, type, proto)
                raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
            fd = here.kernel.socket(family, type & ~FLAGS, proto).fd
            entry = here.kernel.find(fd)
            if type & _socket.SOCK_NONBLOCK:
                os.set_blocking(fd, False)
        else:
            fd = fileno
            entry = here.kernel.find(fd) if isinstance(fd, int) and fd >= 0 else None
            if entry is not None:
                family = entry.family if family == -1 else family
                type = entry.type if type == -1 else type
                proto = entry.proto if proto == -1 else proto
        real.__init__(self, family, type, proto, fd)
        self._entry = entry

    def __del__(self) -> None:
        entry = getattr(self, "_entry", None) if real.fileno(self) >= 0 else None
        finalize = getattr(real, "__del__", None)
        if finalize is not None:
            finalize(self)
        if entry is not None:
            here.kernel.collected(entry)

    # Waiting

    def _call(self, events: int, fn: Any, *args: Any, wait: bool = True) -> Any:
        """fn(entry, descriptor, *args), as often as it takes until it would not block."""
        entry, fd = entry_of(self)
        try:
            return fn(entry, fd, *args)
        except BlockingIOError:
            timeout = self.gettimeout()
            if not wait or timeout == 0 or (timeout is None and not os.get_blocking(fd)):
                raise
        waiter = Waiter(fd, events, timeout, self._kernel_timeout(events) if timeout is None else 0)
        while True:
            waiter.wait()
            entry, fd = entry_of(self)
            try:
                return fn(entry, fd, *args)
            except BlockingIOError:
                continue

    def _kernel_timeout(self, events: int) -> float:
        """SO_RCVTIMEO or SO_SNDTIMEO in seconds; 0: none."""
        entry, fd = entry_of(self)
        if entry is None:
            return 0.0
        name = SO_SNDTIMEO if events == POLLOUT else SO_RCVTIMEO
        data = here.kernel.call(entry, fd, "getsockopt", calls.SOL_SOCKET, name, 16)
        order = sys.byteorder
        return int.from_bytes(data[:8], order) + int.from_bytes(data[8:], order) / 1e6

    def _do(self, events: int, name: str, *args: Any, wait: bool = True) -> Any:
        """_call() of a system call in calls.py."""
        return self._call(
            events, lambda entry, fd: here.kernel.call(entry, fd, name, *args), wait=wait
        )

    # Connections

    def _accept(self) -> tuple[int, Any]:
        if entry_of(self)[0] is None:
            return real._accept(self)  # type: ignore[attr-defined,no-any-return] # C's own
        made: Made
        made, peer = self._call(POLLIN, here.kernel.accept)
        return made.fd, shown(peer)

    def bind(self, address: Any, /) -> None:
        """bind()"""
        entry, fd = entry_of(self)
        if entry is None:
            return real.bind(self, address)
        addr = parse(self.family, address, "bind")
        sys.audit("socket.bind", self, address)
        addr = make_file(addr)
        try:
            here.kernel.call(entry, fd, "bind", addr)
        except OSError:
            if len(addr) == 4:
                os.unlink(addr[1])
            raise
        return None

    def _connect(self, address: Any, method: str) -> int:
        """internal_connect(): 0 or an errno; TimeoutError."""
        entry, fd = entry_of(self)
        if entry is None:
            return real.connect_ex(self, address)
        addr = parse(self.family, address, method)
        sys.audit("socket.connect", self, address)
        timeout = self.gettimeout()
        try:
            addr = of_file(addr)
            if self.family == AF_UNIX:
                self._do(POLLOUT, "connect", addr)
            else:
                here.kernel.call(entry, fd, "connect", addr)
            return 0
        except TimeoutError as e:
            if e.errno is None:
                raise
            return e.errno
        except OSError as e:
            if e.errno != errno.EINPROGRESS or timeout == 0:
                return e.errno or 0
            if timeout is None and not os.get_blocking(fd):
                return errno.EINPROGRESS
        Waiter(fd, POLLOUT, timeout, 0).wait()
        err = self.getsockopt(_socket.SOL_SOCKET, _socket.SO_ERROR)
        return 0 if err == errno.EISCONN else err

    def connect(self, address: Any, /) -> None:
        """connect()"""
        err = self._connect(address, "connect")
        if err:
            raise OSError(err, os.strerror(err))

    def connect_ex(self, address: Any, /) -> int:
        """connect_ex()"""
        try:
            return self._connect(address, "connect_ex")
        except TimeoutError:
            return errno.EWOULDBLOCK

    def listen(self, backlog: int = min(_socket.SOMAXCONN, 128), /) -> None:
        """listen()"""
        entry, fd = entry_of(self)
        if entry is None:
            return real.listen(self, backlog)
        here.kernel.call(entry, fd, "listen", max(c_int(backlog), 0))
        return None

    def shutdown(self, how: int, /) -> None:
        """shutdown()"""
        entry, fd = entry_of(self)
        if entry is None:
            return real.shutdown(self, how)
        here.kernel.call(entry, fd, "shutdown", c_int(how))
        return None

    def close(self) -> None:
        """close()"""
        entry = self._entry if real.fileno(self) >= 0 else None
        if entry is None:
            real.close(self)
            return
        with here.kernel.lock:  # nobody shall do anything in between
            real.close(self)
            here.kernel.closed(entry)

    def settimeout(self, value: Any, /) -> None:
        """settimeout()"""
        # ssl sets the time-out it found after each handshake. As a system call, the real one lets
        # other threads run, and connections would end later than they do on a kernel.
        if (value is None or type(value) is float) and value == self.gettimeout():
            if real.fileno(self) >= 0 and os.get_blocking(real.fileno(self)) == (value is None):
                return
        real.settimeout(self, value)

    # Names and options

    def getsockname(self) -> Any:
        """getsockname()"""
        entry, fd = entry_of(self)
        if entry is None:
            return real.getsockname(self)
        return shown(here.kernel.call(entry, fd, "getsockname"))

    def getpeername(self) -> Any:
        """getpeername()"""
        entry, fd = entry_of(self)
        if entry is None:
            return real.getpeername(self)
        return shown(here.kernel.call(entry, fd, "getpeername"))

    def getsockopt(self, level: int, optname: int, buflen: int = 0, /) -> Any:
        """getsockopt()"""
        entry, fd = entry_of(self)
        if entry is None:
            return real.getsockopt(self, level, optname, buflen)
        level, optname, buflen = c_int(level), c_int(optname), c_int(buflen)
        if buflen == 0:
            data = here.kernel.call(entry, fd, "getsockopt", level, optname, 4)
            return int.from_bytes(data, sys.byteorder, signed=True)
        if not 0 < buflen <= OPTLEN_MAX:
            raise OSError("getsockopt buflen out of range")
        return here.kernel.call(entry, fd, "getsockopt", level, optname, buflen)

    def setsockopt(self, level: int, optname: int, value: Any, optlen: Any = None, /) -> None:
        """setsockopt()"""
        entry, fd = entry_of(self)
        if entry is None:
            args = (value,) if optlen is None else (value, optlen)
            return real.setsockopt(self, level, optname, *args)
        if isinstance(value, int):
            data = c_int(value).to_bytes(4, sys.byteorder, signed=True)
        elif value is None:
            if optlen is None:
                raise TypeError("setsockopt() takes exactly 4 arguments (3 given)")
            data = bytes(index(optlen))
        else:
            data = bytes(data_of(value))
        here.kernel.call(entry, fd, "setsockopt", c_int(level), c_int(optname), data)
        return None

    # Receiving

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """recv()"""
        if is_real(self):
            return real.recv(self, bufsize, flags)
        bufsize, flags = index(bufsize), c_int(flags)
        if bufsize < 0:
            raise ValueError("negative buffersize in recv")
        if flags & MSG_WAITALL and bufsize and self.gettimeout() is None:
            return self._recv_all(bufsize, flags)
        wait = not flags & MSG_DONTWAIT
        data: bytes = self._do(awaited(flags), "recv", bufsize, flags, wait=wait)
        return data

    def _recv_all(self, bufsize: int, flags: int) -> bytes:
        """MSG_WAITALL: all of it, unless the stream ends."""
        if self.type & 0xF != _socket.SOCK_STREAM or flags & MSG_PEEK:
            peeked: bytes = self._do(POLLIN, "recv", bufsize, flags)
            return peeked
        parts: list[bytes] = []
        while bufsize:
            part = self._do(POLLIN, "recv", bufsize, flags & ~MSG_WAITALL)
            if not part:
                break
            parts.append(part)
            bufsize -= len(part)
        return b"".join(parts)

    def recvfrom(self, bufsize: int, flags: int = 0, /) -> tuple[bytes, Any]:
        """recvfrom()"""
        if is_real(self):
            return real.recvfrom(self, bufsize, flags)
        bufsize, flags = index(bufsize), c_int(flags)
        if bufsize < 0:
            raise ValueError("negative buffersize in recvfrom")
        wait = not flags & MSG_DONTWAIT
        data, addr = self._do(awaited(flags), "recvfrom", bufsize, flags, wait=wait)
        return data, shown(addr)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """recv_into()"""
        if is_real(self):
            return real.recv_into(self, buffer, nbytes, flags)
        view, size = room_of(buffer, nbytes, "recv_into")
        data = socket.recv(self, size, flags) if size else b""
        view[: len(data)] = data
        return len(data)

    def recvfrom_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> tuple[int, Any]:
        """recvfrom_into()"""
        if is_real(self):
            return real.recvfrom_into(self, buffer, nbytes, flags)
        view, size = room_of(buffer, nbytes, "recvfrom_into")
        data, addr = socket.recvfrom(self, size, flags)
        view[: len(data)] = data
        return len(data), addr

    def recvmsg(self, bufsize: int, ancbufsize: int = 0, flags: int = 0, /) -> Any:
        """recvmsg()"""
        if is_real(self):
            return real.recvmsg(self, bufsize, ancbufsize, flags)
        if index(bufsize) < 0:
            raise ValueError("negative buffer size in recvmsg()")
        return self._recvmsg(index(bufsize), ancbufsize, flags)

    def _recvmsg(self, bufsize: int, ancbufsize: int, flags: int) -> Any:
        """recvmsg() of bufsize bytes."""
        if not 0 <= index(ancbufsize) < 1 << 31:
            raise ValueError("invalid ancillary data buffer length")
        flags = c_int(flags)
        data, control, msg_flags, addr = self._call(
            awaited(flags), here.kernel.recvmsg, bufsize, ancbufsize, flags,
            wait=not flags & MSG_DONTWAIT,
        )  # fmt: skip
        return data, control, msg_flags, shown(addr)

    def recvmsg_into(self, buffers: Any, ancbufsize: int = 0, flags: int = 0, /) -> Any:
        """recvmsg_into()"""
        if is_real(self):
            return real.recvmsg_into(self, buffers, ancbufsize, flags)
        try:
            rows = list(buffers)
        except TypeError:
            raise TypeError("recvmsg_into() argument 1 must be an iterable") from None
        views = [room_of(b, 0, "recvmsg_into")[0] for b in rows]
        data, control, msg_flags, addr = self._recvmsg(
            sum(len(v) for v in views), ancbufsize, flags
        )
        at = 0
        for view in views:
            part = data[at : at + len(view)]
            view[: len(part)] = part
            at += len(part)
        return len(data), control, msg_flags, addr

    # Sending

    def _send(self, data: Any, flags: int, name: str, *addr: Any) -> int:
        """As much as a send() takes: on a blocking stream all of it."""
        wait = not flags & MSG_DONTWAIT
        n: int = self._do(POLLOUT, name, data, flags, *addr, wait=wait)
        size = len(data)
        if n >= size or not wait or self.type & 0xF != _socket.SOCK_STREAM:
            return n
        if self.gettimeout() is not None or not os.get_blocking(real.fileno(self)):
            return n
        view = memoryview(data)
        while n < size:
            try:
                n += self._do(POLLOUT, name, view[n:], flags, *addr)
            except OSError:
                break  # of what went, the caller hears now; of the error, at the next call
        return n

    def send(self, data: Any, flags: int = 0, /) -> int:
        """send()"""
        if is_real(self):
            return real.send(self, data, flags)
        return self._send(data_of(data), c_int(flags), "send")

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """sendall(): one deadline for all of it."""
        if is_real(self):
            return real.sendall(self, data, flags)
        view = memoryview(data_of(data))
        timeout = self.gettimeout()
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            fd = real.fileno(self)
            try:
                view = view[self._do(POLLOUT, "send", view, c_int(flags), wait=False) :]
                if not view:
                    return None
                if until is not None and timeout and time.monotonic() >= until:
                    raise TimeoutError("timed out")
            except BlockingIOError:
                if timeout == 0 or (timeout is None and not os.get_blocking(fd)):
                    raise
                left = None if until is None else max(0.0, until - time.monotonic())
                Waiter(fd, POLLOUT, left, 0).wait()

    def sendto(self, data: Any, *args: Any) -> int:
        """sendto(data, address), sendto(data, flags, address)"""
        entry, _ = entry_of(self)
        if entry is None:
            return real.sendto(self, data, *args)
        if not 1 <= len(args) <= 2:
            raise TypeError(f"sendto() takes 2 or 3 arguments ({len(args) + 1} given)")
        data = data_of(data)
        flags = index(args[0]) if len(args) == 2 else 0
        addr = parse(self.family, args[-1], "sendto", b"")
        sys.audit("socket.sendto", self, args[-1])
        return self._send(data, flags, "sendto", of_file(addr))

    def sendmsg(
        self, buffers: Any, ancdata: Any = (), flags: int = 0, address: Any = None, /
    ) -> int:
        """sendmsg()"""
        if is_real(self):
            return real.sendmsg(self, buffers, ancdata, flags, address)
        parts, control = messages(buffers, ancdata)
        flags = c_int(flags)
        addr = None
        if address is not None:
            addr = of_file(parse(self.family, address, "sendto", b""))
            sys.audit("socket.sendmsg", self, address)
        n: int = self._call(
            POLLOUT, here.kernel.sendmsg, parts, control, flags, addr,
            wait=not flags & MSG_DONTWAIT,
        )  # fmt: skip
        size = sum(len(p) for p in parts)
        if n < size and self.type & 0xF == _socket.SOCK_STREAM and self.gettimeout() is None:
            if os.get_blocking(real.fileno(self)) and not flags & MSG_DONTWAIT:
                n += self._send(b"".join(parts)[n:], flags, "send")
        return n


def c_int(value: Any) -> int:
    """An argument that is an int in C."""
    number = index(value)
    if not -(1 << 31) <= number < 1 << 31:
        raise OverflowError("Python int too large to convert to C int")
    return number


def awaited(flags: int) -> int:
    """What recv() waits for."""
    return POLLPRI if flags & MSG_OOB else POLLIN


def messages(buffers: Any, ancdata: Any) -> tuple[list[Any], list[tuple[int, int, bytes]]]:
    """The arguments of sendmsg(), checked as in C."""
    try:
        rows = list(buffers)
    except TypeError:
        raise TypeError("sendmsg() argument 1 must be an iterable") from None
    parts = [data_of(b) for b in rows]
    try:
        items = list(ancdata)
    except TypeError:
        raise TypeError("sendmsg() argument 2 must be an iterable") from None
    control = []
    for item in items:
        if not isinstance(item, tuple) or len(item) != 3:
            what = "sendmsg() ancillary data items must be tuples" if not isinstance(
                item, tuple | list
            ) else "[sendmsg() ancillary data items]"  # fmt: skip
            raise TypeError(what)
        control.append((index(item[0]), index(item[1]), bytes(data_of(item[2]))))
    return parts, control


class Waiter:
    """Waits for a descriptor, within a time-out of Python's or one of the kernel's."""

    __slots__ = ("events", "fd", "kernel", "nap", "until")

    fd: int
    events: int
    until: float | None
    kernel: bool  # the time-out is SO_RCVTIMEO or SO_SNDTIMEO
    nap: float

    def __init__(self, fd: int, events: int, timeout: float | None, kernel: float) -> None:
        self.fd = fd
        self.events = events
        self.kernel = kernel > 0
        limit = kernel if kernel > 0 else timeout
        self.until = None if limit is None else time.monotonic() + limit
        self.nap = 0.0

    def wait(self) -> None:
        """Sleep until it is ready; TimeoutError, or BlockingIOError for the kernel's."""
        if self.nap:  # it was said to be ready and was not: the kernel waits for more than poll
            time.sleep(self.nap)
        began = time.monotonic()
        left = None if self.until is None else (self.until - began) * 1000
        if left is not None and left <= 0:
            self.over()
        poll = select.poll()
        poll.register(self.fd, self.events)
        if not poll.poll(left):
            self.over()
        quick = time.monotonic() - began < BACKOFF_MIN
        self.nap = min(max(self.nap * 2, BACKOFF_MIN), BACKOFF_MAX) if quick else 0.0

    def over(self) -> None:
        """The time is up."""
        if self.kernel:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        raise TimeoutError("timed out")
