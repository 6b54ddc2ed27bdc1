"""poll() and epoll of scripts. Timeouts are milliseconds, -1 for ever."""

from __future__ import annotations

import errno
from os import strerror

import softnet.syscalls as sys_
import softnet.uapi.eventpoll as eventpoll
from softnet.lab.packetdrill.callargs import CallContext
from softnet.lab.packetdrill.nodes import ANY, NULL, Struct, Value

NSEC_PER_MSEC = 1_000_000
DATA_FIELDS = ("fd", "u32", "u64", "ptr")


def timeout_ns(ms: int) -> int:
    """A timeout as softnet counts it."""
    return ms * NSEC_PER_MSEC if ms >= 0 else -1


def call_poll(c: CallContext) -> int:
    """poll([{fd=3, events=POLLIN, revents=POLLIN}], 1, timeout)"""
    items = c.value(0)
    if not isinstance(items, list):
        raise c.fail("an array of pollfds is needed: [{fd=3, events=POLLIN}]")
    rows = [c.struct(item, "pollfd") for item in items]
    if len(rows) != c.number(1):
        raise c.fail(f"{c.number(1)} pollfds are announced, {len(rows)} are there")
    fds = [(c.run.live_fd(c.plain(s.fields["fd"])), c.plain(s.fields["events"])) for s in rows]
    ready = sys_.sys_poll(fds, timeout_ns(c.number(2)))
    left = list(ready)
    for s, (fd, _) in zip(rows, fds, strict=True):
        at = next((i for i, (f, _) in enumerate(left) if f == fd), -1)
        seen = left.pop(at)[1] if at >= 0 else 0
        c.check("revents", s.fields.get("revents", 0), seen)
    return len(ready)


def call_epoll_create(c: CallContext) -> int:
    """epoll_create(size)"""
    if c.number(0) <= 0:
        raise OSError(errno.EINVAL, strerror(errno.EINVAL))
    return c.new_fd(sys_.sys_epoll_create1(0))


def call_epoll_create1(c: CallContext) -> int:
    """epoll_create1(flags)"""
    return c.new_fd(sys_.sys_epoll_create1(c.number(0)))


def call_epoll_ctl(c: CallContext) -> int:
    """epoll_ctl(epfd, op, fd, {events=EPOLLIN, fd=4})"""
    value = c.value(3)
    events, data = 0, c.number(2)
    if value is not NULL and value is not ANY:
        s = epoll_event(c, value)
        events, data = c.plain(s.fields["events"]), event_data(c, s)
    elif c.number(1) != eventpoll.EPOLL_CTL_DEL:
        raise OSError(errno.EFAULT, strerror(errno.EFAULT))
    sys_.sys_epoll_ctl(c.fd(0), c.number(1), c.fd(2), events, data)
    return 0


def epoll_event(c: CallContext, value: Value) -> Struct:
    """struct epoll_event, in either order of its fields."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Struct) and value.kind == "pollfd":
        return Struct("epoll_event", value.fields)
    return c.struct(value, "epoll_event")


def event_data(c: CallContext, s: Struct) -> int:
    """epoll_data_t"""
    for name in DATA_FIELDS:
        if name in s.fields:
            return c.plain(s.fields[name])
    return 0


def call_epoll_wait(c: CallContext) -> int:
    """epoll_wait(epfd, {events=EPOLLIN, fd=4}, maxevents, timeout); several events as [{…}, {…}]"""
    got = sys_.sys_epoll_wait(c.fd(0), c.number(2), timeout_ns(c.number(3)))
    value = c.value(1)
    wanted = value if isinstance(value, list) else [value]
    for item, (events, data) in zip(wanted, got, strict=False):
        if item is ANY or item is NULL:
            continue
        s = epoll_event(c, item)
        c.check("events", s.fields["events"], events)
        if any(name in s.fields for name in DATA_FIELDS):
            c.check("data", event_data(c, s), data)
    return len(got)
