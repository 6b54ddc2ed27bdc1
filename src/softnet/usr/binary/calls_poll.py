"""Answers: waiting for several files. poll(2), select(2), epoll(7)

Real files that can become ready only by other real processes are looked at when one of the program's
own has written somewhere (Tree.ring()), and else are as they are.
"""

from __future__ import annotations

import errno
import platform
import select as select_
import struct
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.binary.answers import PASS, Answer, error, invalid, signed
from softnet.usr.binary.calls_rw import listen_for_bell, quiet_bell, ready, waits
from softnet.usr.binary.calls_time import span
from softnet.usr.binary.descriptors import EPOLL, RANDOM

POLLFD = struct.Struct("=ihh")
EVENT = struct.Struct("=IQ" if platform.machine() == "x86_64" else "=I4xQ")
POLL_IN, POLL_OUT, POLL_EX = 0x0001 | 0x0040 | 0x0080, 0x0004 | 0x0100 | 0x0200, 0x0002
SET_IN, SET_OUT, SET_EX = POLL_IN | 0x18, POLL_OUT | 0x08, POLL_EX  # what select() counts as ready
CLOEXEC = 0o2000000
ADD, DEL = 1, 2
ONESHOT, EXCLUSIVE = 1 << 30, 1 << 28
MS = 10**6
FDS_MAX = 1 << 16

Args = tuple[int, ...]
Rows = list[tuple[int, int]]  # (descriptor, events)


def wait_for(t: Any, rows: Rows, timeout_ns: int) -> list[int]:
    """poll() of a process's descriptors: what holds for each row."""
    found = [0] * len(rows)
    sims: list[tuple[int, int]] = []  # (row, the host's descriptor)
    reals: list[int] = []
    for n, (fd, events) in enumerate(rows):
        if fd < 0:
            continue
        sim = t.sim(fd)
        if sim is None:
            found[n] = ready(t, fd, events)
            if not found[n] and waits(t, fd):
                reals.append(n)
        elif sim.kind == RANDOM:
            found[n] = events & (select_.POLLIN | select_.POLLOUT)
        else:
            sims.append((n, sim.k))
    if any(found):
        timeout_ns = 0
    deadline = -1
    if timeout_ns > 0:
        timeout_ns = span(t, timeout_ns)
        deadline = int(t.tree.clock.clock.now) + timeout_ns
    asked = [(k, rows[n][1]) for n, k in sims]
    while True:
        said = ask(t, asked, bool(reals), timeout_ns)
        for n, k in sims:
            found[n] = said.get(k, 0) & (rows[n][1] | select_.POLLERR | select_.POLLHUP)
        for n in reals:
            found[n] = ready(t, *rows[n])
        if any(found) or timeout_ns == 0 or not reals:
            return found
        if deadline >= 0:
            timeout_ns = max(0, deadline - int(t.tree.clock.clock.now))


def ask(t: Any, asked: Rows, bell: bool, timeout_ns: int) -> dict[int, int]:
    """sys_poll(), also until the bell rings; what holds for each of the host's descriptors."""
    if not bell or timeout_ns == 0:
        return dict(merge(sys_.sys_poll(asked, timeout_ns)))
    listen_for_bell(t)
    try:
        return dict(merge(sys_.sys_poll([*asked, (t.bell, select_.POLLIN)], timeout_ns)))
    finally:
        quiet_bell(t)


def merge(rows: Rows) -> Rows:
    """One row for each descriptor."""
    found: dict[int, int] = {}
    for k, events in rows:
        found[k] = found.get(k, 0) | events
    return list(found.items())


def poll(t: Any, a: Args) -> int:
    """poll()"""
    timeout = signed(a[2])
    return poll_array(t, a[0], a[1], timeout * MS if timeout >= 0 else -1)


def ppoll(t: Any, a: Args) -> int:
    """ppoll(); its signal mask is as if it were set already."""
    return poll_array(t, a[0], a[1], t.memory.timespec(a[2]) if a[2] else -1)


def poll_array(t: Any, at: int, count: int, timeout_ns: int) -> int:
    """poll() of an array of struct pollfd."""
    if count > FDS_MAX:
        raise invalid()
    raw = t.memory.read(at, count * POLLFD.size)
    rows = [(fd, events & 0xFFFF) for fd, events, _ in POLLFD.iter_unpack(raw)]
    found = wait_for(t, rows, timeout_ns)
    if count:
        t.memory.write(
            at,
            b"".join(
                POLLFD.pack(fd, signed_short(events), signed_short(revents))
                for (fd, events), revents in zip(rows, found, strict=True)
            ),
        )
    return sum(1 for revents in found if revents)


def signed_short(value: int) -> int:
    """As a C short."""
    value &= 0xFFFF
    return value - (1 << 16) if value >> 15 else value


def select(t: Any, a: Args) -> int:
    """select()"""
    timeout = -1
    if a[4]:
        seconds, us = struct.unpack("=qq", t.memory.read(a[4], 16))
        if seconds < 0 or us < 0:
            raise invalid()
        timeout = seconds * 10**9 + us * 1000
    before = int(t.tree.clock.clock.now)
    n = select_sets(t, a, timeout)
    if a[4]:  # Linux says what is left
        left = max(0, timeout - (int(t.tree.clock.clock.now) - before))
        t.memory.write(a[4], struct.pack("=qq", left // 10**9, left % 10**9 // 1000))
    return n


def pselect6(t: Any, a: Args) -> int:
    """pselect()"""
    return select_sets(t, a, t.memory.timespec(a[4]) if a[4] else -1)


def select_sets(t: Any, a: Args, timeout_ns: int) -> int:
    """select() of three fd_sets; how many bits are set."""
    count = signed(a[0])
    if not 0 <= count <= FDS_MAX:
        raise invalid()
    size = (count + 63) // 64 * 8
    sets = [int.from_bytes(t.memory.read(at, size), "little") if at else 0 for at in a[1:4]]
    wanted = (POLL_IN, POLL_OUT, POLL_EX)
    rows = []
    for fd in range(count):
        bit = 1 << fd
        events = sum(w for w, s in zip(wanted, sets, strict=True) if s & bit)
        if events:
            rows.append((fd, events))
    found = wait_for(t, rows, timeout_ns)
    if any(revents & select_.POLLNVAL for revents in found):
        raise error(errno.EBADF)
    total = 0
    for at, asked, counts in zip(a[1:4], sets, (SET_IN, SET_OUT, SET_EX), strict=True):
        out = 0
        for (fd, _), revents in zip(rows, found, strict=True):
            if revents & counts and asked & 1 << fd:
                out |= 1 << fd
                total += 1
        if at:
            t.memory.write(at, out.to_bytes(size, "little"))
    return total


# epoll


def epoll_create(t: Any, a: Args) -> int:
    """epoll_create()"""
    if signed(a[0]) <= 0:
        raise invalid()
    return epoll_create1(t, (0,))


def epoll_create1(t: Any, a: Args) -> int:
    """epoll_create1()"""
    k = sys_.sys_epoll_create1(signed(a[0]) & ~CLOEXEC)
    fd: int = t.give(k, EPOLL, signed(a[0]) & CLOEXEC != 0)
    return fd


def epoll_ctl(t: Any, a: Args) -> int:
    """epoll_ctl()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    if sim.kind != EPOLL:
        raise invalid()
    op, fd = signed(a[1]), signed(a[2])
    events, data = EVENT.unpack(t.memory.read(a[3], EVENT.size)) if op != DEL else (0, 0)
    what = t.sim(fd)
    if what is not None and what.kind != RANDOM:
        sys_.sys_epoll_ctl(sim.k, op, what.k, events & ~EXCLUSIVE, data)
        return 0
    key = (t.proc.pid, fd)
    if what is not None or not waits(t, fd):
        if ready(t, fd, 0) & select_.POLLNVAL:
            raise error(errno.EBADF)
        raise error(errno.EPERM)  # a regular file
    if (op == ADD) == (key in sim.real):
        raise error(errno.EEXIST if op == ADD else errno.ENOENT)
    if op == DEL:
        del sim.real[key]
    else:
        sim.real[key] = (events, data)
    return 0


def epoll_wait(t: Any, a: Args) -> int:
    """epoll_wait(), epoll_pwait(); the signal mask is as if it were set already."""
    timeout = signed(a[3])
    return wait_events(t, a, timeout * MS if timeout >= 0 else -1)


def epoll_pwait2(t: Any, a: Args) -> int:
    """epoll_pwait2()"""
    return wait_events(t, a, t.memory.timespec(a[3]) if a[3] else -1)


def wait_events(t: Any, a: Args, timeout_ns: int) -> int:
    """epoll_wait(): fill the array of struct epoll_event."""
    sim, room = t.sim(a[0]), signed(a[2])
    if sim is None:
        return PASS
    if sim.kind != EPOLL or room <= 0:
        raise invalid()
    if timeout_ns > 0:
        timeout_ns = span(t, timeout_ns)
    deadline = int(t.tree.clock.clock.now) + timeout_ns if timeout_ns >= 0 else -1
    while True:
        rows = ready_in(t, sim)
        if not sim.real or rows:
            rows += sys_.sys_epoll_wait(sim.k, room, 0 if rows else timeout_ns)
        else:
            ask(t, [(sim.k, select_.POLLIN)], True, timeout_ns)
            rows = ready_in(t, sim) + sys_.sys_epoll_wait(sim.k, room, 0)
        if rows or not sim.real or (deadline >= 0 and int(t.tree.clock.clock.now) >= deadline):
            break
        if deadline >= 0:
            timeout_ns = deadline - int(t.tree.clock.clock.now)
    rows = rows[:room]
    mask = (1 << 64) - 1
    t.memory.write(a[1], b"".join(EVENT.pack(events, data & mask) for events, data in rows))
    return len(rows)


def ready_in(t: Any, sim: Any) -> Rows:
    """(events, data) of the real files in an epoll instance that are ready."""
    rows = []
    for (pid, fd), (events, data) in list(sim.real.items()):
        if pid != t.proc.pid:
            continue
        found = ready(t, fd, events & 0xFFFF)
        if found & select_.POLLNVAL:
            del sim.real[pid, fd]  # it was closed
        elif found:
            rows.append((found, data))
            if events & ONESHOT:
                sim.real[pid, fd] = (0, data)
    return rows


ANSWERS: dict[str, Answer] = {
    "poll": poll,
    "ppoll": ppoll,
    "select": select,
    "pselect6": pselect6,
    "epoll_create": epoll_create,
    "epoll_create1": epoll_create1,
    "epoll_ctl": epoll_ctl,
    "epoll_wait": epoll_wait,
    "epoll_pwait": epoll_wait,
    "epoll_pwait2": epoll_pwait2,
}
