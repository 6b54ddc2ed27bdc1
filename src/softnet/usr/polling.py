"""select: select(), poll objects, epoll objects. selectors and asyncio stand on them.

An epoll object with a simulated descriptor is a real select.epoll whose C struct holds it.
"""

from __future__ import annotations

import select as select_
from typing import Any

import softnet.syscalls as sys_
import softnet.uapi.eventpoll as ep_
import softnet.uapi.fcntl as fcntl
import softnet.uapi.poll as poll_
from softnet.usr.clock import original, skew_ns, timeout_ns
from softnet.usr.redef import epoll_set
from softnet.usr.sockets import base_of, release_fd
from softnet.usr.task import host, interrupted, me

NS_PER_MS = 10**6
POLL_DEFAULT = poll_.POLLIN | poll_.POLLPRI | poll_.POLLOUT
EPOLL_DEFAULT = ep_.EPOLLIN | ep_.EPOLLPRI | ep_.EPOLLOUT
FD_SETSIZE = 1024


def fileno(obj: Any) -> int:
    """PyObject_AsFileDescriptor()"""
    if isinstance(obj, int):
        fd = obj
    else:
        method = getattr(obj, "fileno", None)
        if method is None:
            raise TypeError("argument must be an int, or have a fileno() method.")
        fd = method()
        if not isinstance(fd, int):
            raise TypeError("fileno() returned a non-integer")
    if fd < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({fd})")
    return fd


def wait(call: Any, timeout: int, empty: Any) -> Any:
    """call(ns) until it answers or timeout ns are over (-1: never), through signals."""
    if timeout < 0:
        while True:
            try:
                return call(-1)
            except InterruptedError:
                interrupted()
    until = sys_.sys_clock_gettime() + (skew_ns(host()) if timeout else 0) + timeout
    while True:
        try:
            return call(max(until - sys_.sys_clock_gettime(), 0))
        except InterruptedError:
            interrupted()
            if sys_.sys_clock_gettime() >= until:
                return empty


def to_ms(ns: int) -> int:
    """Rounded up to whole milliseconds: what poll() and epoll_wait() take."""
    return -(-ns // NS_PER_MS) * NS_PER_MS


def select(rlist: Any, wlist: Any, xlist: Any, timeout: Any = None, /) -> Any:
    """select.select()"""
    if timeout is not None and (not isinstance(timeout, int | float) or not 0 <= timeout < 1 << 33):
        original("select.select")([], [], [], timeout)  # raises
    objects = [list(rlist), list(wlist), list(xlist)]
    fds = [[fileno(o) for o in row] for row in objects]
    ns = -1 if timeout is None else timeout_ns(timeout)
    nothing: tuple[list[int], list[int], list[int]] = ([], [], [])
    r, w, x = fds
    got = wait(lambda left: sys_.sys_select(r, w, x, left), ns, nothing)
    answer = []
    for row, numbers, ready in zip(objects, fds, got, strict=True):
        hit = set(ready)
        answer.append([o for o, fd in zip(row, numbers, strict=True) if fd in hit])
    return tuple(answer)


class Poll:
    """What select.poll() returns to a simulated program."""

    __slots__ = ("fds",)

    fds: dict[int, int]

    def __init__(self) -> None:
        self.fds = {}

    def register(self, fd: Any, eventmask: int = POLL_DEFAULT, /) -> None:
        """Watch fd."""
        self.fds[fileno(fd)] = check_mask(eventmask)

    def modify(self, fd: Any, eventmask: int, /) -> None:
        """Watch fd for something else."""
        number = fileno(fd)
        if number not in self.fds:
            raise FileNotFoundError(2, "No such file or directory")
        self.fds[number] = check_mask(eventmask)

    def unregister(self, fd: Any, /) -> None:
        """Watch it no more."""
        del self.fds[fileno(fd)]

    def poll(self, timeout: float | None = None, /) -> list[tuple[int, int]]:
        """(fd, event) rows; timeout in milliseconds."""
        ns = -1
        if timeout is not None:
            if not isinstance(timeout, int | float):
                raise TypeError("timeout must be an integer or None")
            if timeout >= 0:
                ns = to_ms(timeout_ns(timeout / 1000 if isinstance(timeout, float) else 0))
                if isinstance(timeout, int):
                    ns = timeout * NS_PER_MS
        rows = list(self.fds.items())
        answer: list[tuple[int, int]] = wait(lambda left: sys_.sys_poll(rows, left), ns, [])
        return answer


def check_mask(eventmask: int) -> int:
    """An unsigned short, as C wants it."""
    if eventmask < 0:
        raise ValueError("value must be positive")
    if eventmask > 0xFFFF:
        raise OverflowError("Python int too large for C unsigned short")
    return eventmask


def poll() -> Poll:
    """select.poll()"""
    return Poll()


# select.epoll


def epoll_new(sizehint: int = -1, flags: int = 0) -> int:
    """epoll(): the descriptor; the C object is made around it."""
    if sizehint < -1 or sizehint == 0:
        raise ValueError("sizehint must be positive or -1")
    if flags & ~select_.EPOLL_CLOEXEC:
        raise OSError(22, "invalid flags")
    return sys_.sys_epoll_create1(fcntl.O_CLOEXEC)


def epoll_gone(_nobody: object, fd: int, in_user_mode: bool) -> None:
    """The collector takes an epoll object that was not closed."""
    release_fd(fd, in_user_mode)


def epoll_close(self: Any) -> None:
    """epoll.close()"""
    fd = self.fileno()
    epoll_set(self, -1)
    if base_of(fd) != me().process.fd_base:
        release_fd(fd, False)
        return
    sys_.sys_close(fd)


def epoll_exit(self: Any, *exc: object) -> None:
    """epoll.__exit__()"""
    epoll_close(self)


def epoll_register(self: Any, fd: Any, eventmask: int = EPOLL_DEFAULT) -> None:
    """epoll.register()"""
    sys_.sys_epoll_ctl(self.fileno(), ep_.EPOLL_CTL_ADD, fileno(fd), eventmask & 0xFFFFFFFF)


def epoll_modify(self: Any, fd: Any, eventmask: int) -> None:
    """epoll.modify()"""
    sys_.sys_epoll_ctl(self.fileno(), ep_.EPOLL_CTL_MOD, fileno(fd), eventmask & 0xFFFFFFFF)


def epoll_unregister(self: Any, fd: Any) -> None:
    """epoll.unregister()"""
    sys_.sys_epoll_ctl(self.fileno(), ep_.EPOLL_CTL_DEL, fileno(fd), 0)


def epoll_poll(self: Any, timeout: float | None = None, maxevents: int = -1) -> list[Any]:
    """epoll.poll()"""
    if timeout is not None and not isinstance(timeout, int | float):
        raise TypeError("timeout must be an integer or None")
    if maxevents == -1:
        maxevents = FD_SETSIZE - 1
    elif maxevents < 1:
        raise ValueError(f"maxevents must be greater than 0, got {maxevents}")
    ns = -1 if timeout is None or timeout < 0 else to_ms(timeout_ns(timeout))
    epfd = self.fileno()
    got = wait(lambda left: sys_.sys_epoll_wait(epfd, maxevents, left), ns, [])
    return [(data, events) for events, data in got]
