"""Answers: futex(2), on which all locks, conditions, joins and semaphores of threads stand.

One thread runs at a time, so the value at the address cannot change between the look and the sleep.
"""

from __future__ import annotations

import errno
import os
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.binary.answers import PASS, Answer, error, signed
from softnet.usr.binary.calls_time import span, until
from softnet.usr.clock import MONOTONIC, REALTIME

WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAKE_OP, WAIT_BITSET, WAKE_BITSET = 0, 1, 3, 4, 5, 9, 10
PRIVATE, CLOCK_REALTIME = 128, 256
ANY = 0xFFFFFFFF

Args = tuple[int, ...]


class Waiter:
    """A thread that sleeps at an address."""

    __slots__ = ("at", "bits", "futex", "key", "value", "woken")

    def __init__(self, key: tuple[Any, ...], at: int, value: int, bits: int) -> None:
        self.key = key
        self.at = at
        self.value = value
        self.bits = bits
        self.futex = sys_.new_futex("futex")
        self.woken = False


def futex(t: Any, a: Args) -> int:
    """futex(): the priority-inheriting ones are the real kernel's."""
    op = signed(a[1])
    what = op & ~(PRIVATE | CLOCK_REALTIME)
    if what in (WAIT, WAIT_BITSET):
        return wait(t, a, op)
    if what in (WAKE, WAKE_BITSET):
        bits = a[5] & ANY if what == WAKE_BITSET else ANY
        return wake(t, key_of(t, a[0], op), signed(a[2]), bits)
    if what in (REQUEUE, CMP_REQUEUE):
        if what == CMP_REQUEUE and t.memory.u32(a[0]) != a[5] & ANY:
            raise error(errno.EAGAIN)
        return requeue(
            t, key_of(t, a[0], op), key_of(t, a[4], op), signed(a[2]), signed(a[3]), a[4]
        )
    if what == WAKE_OP:
        return wake_op(t, a, op)
    return PASS


def wait(t: Any, a: Args, op: int) -> int:
    """FUTEX_WAIT, FUTEX_WAIT_BITSET: the first has a span of time, the second a point of time."""
    value = a[2] & ANY
    if t.memory.u32(a[0]) != value:
        raise error(errno.EAGAIN)
    timeout = -1
    if a[3]:
        timeout = t.memory.timespec(a[3])
        if op & ~(PRIVATE | CLOCK_REALTIME) == WAIT_BITSET:
            timeout = until(t, REALTIME[0] if op & CLOCK_REALTIME else MONOTONIC[0], timeout)
    bits = a[5] & ANY if op & ~(PRIVATE | CLOCK_REALTIME) == WAIT_BITSET else ANY
    return sleep(t, Waiter(key_of(t, a[0], op), a[0], value, bits), timeout)


def sleep(t: Any, waiter: Waiter, timeout_ns: int) -> int:
    """Sleep until woken."""
    if timeout_ns == 0:
        raise error(errno.ETIMEDOUT)
    queues = t.proc.futexes
    queues.setdefault(waiter.key, []).append(waiter)
    try:
        sys_.sys_futex_wait(waiter.futex, span(t, timeout_ns))
    finally:
        if not waiter.woken:
            remove(queues, waiter)
    if waiter.woken:
        return 0
    raise error(errno.ETIMEDOUT)


def remove(queues: dict[Any, list[Waiter]], waiter: Waiter) -> None:
    """It sleeps no more."""
    row = queues.get(waiter.key, [])
    if waiter in row:
        row.remove(waiter)
    if not row:
        queues.pop(waiter.key, None)


def key_of(t: Any, at: int, op: int) -> tuple[Any, ...]:
    """What makes two addresses the same futex: in memory that processes share, the file's."""
    if op & PRIVATE:
        return (at,)
    return shared_key(t.proc.pid, at) or (at,)


def shared_key(pid: int, at: int) -> tuple[int, ...] | None:
    """(device, inode, offset) of an address in shared memory; None in private."""
    with open(f"/proc/{pid}/maps") as maps:
        for line in maps:
            span_, mode, offset, dev, inode, *_ = line.split()
            begin, _, end = span_.partition("-")
            if int(begin, 16) <= at < int(end, 16):
                if mode[3] != "s":
                    return None
                major, _, minor = dev.partition(":")
                device = os.makedev(int(major, 16), int(minor, 16))
                return device, int(inode), int(offset, 16) + at - int(begin, 16)
    return None


def queues_of(t: Any, key: tuple[Any, ...]) -> list[dict[Any, list[Waiter]]]:
    """Where waiters of a key are: in this process, for shared memory in all."""
    if len(key) == 1:
        return [t.proc.futexes]
    return [proc.futexes for proc in t.tree.procs.values() if key in proc.futexes]


def wake(t: Any, key: tuple[Any, ...], count: int, bits: int) -> int:
    """FUTEX_WAKE: the first count, in the order they came; how many."""
    done = 0
    for queues in queues_of(t, key):
        for waiter in list(queues.get(key, ())):
            if done >= count:
                return done
            if waiter.bits & bits:
                rouse(queues, waiter)
                done += 1
    return done


def rouse(queues: dict[Any, list[Waiter]], waiter: Waiter) -> None:
    """Wake one."""
    remove(queues, waiter)
    waiter.woken = True
    sys_.sys_futex_wake(waiter.futex, 1)


def requeue(
    t: Any, key: tuple[Any, ...], to: tuple[Any, ...], wakes: int, moves: int, at: int
) -> int:
    """FUTEX_CMP_REQUEUE: wake some, let others wait elsewhere; how many of both."""
    done = wake(t, key, wakes, ANY)
    for queues in queues_of(t, key):
        for waiter in list(queues.get(key, ()))[: max(moves, 0)]:
            remove(queues, waiter)
            waiter.key = to
            waiter.at = at
            queues.setdefault(to, []).append(waiter)
            done += 1
    return done


def wake_op(t: Any, a: Args, op: int) -> int:
    """FUTEX_WAKE_OP: change a second word, wake at the first, and at the second if its old value fits."""
    code = a[5] & ANY
    kind, compare = code >> 28 & 15, code >> 24 & 15
    operand, against = twelve(code >> 12), twelve(code)
    if kind & 8:
        operand = 1 << (operand & 31)
    old = t.memory.u32(a[4])
    new = (operand, old + operand, old | operand, old & ~operand, old ^ operand)[kind & 7]
    t.memory.put_u32(a[4], new)
    done = wake(t, key_of(t, a[0], op), signed(a[2]), ANY)
    value = signed(old)
    fits = (
        value == against, value != against, value < against, value <= against, value > against,
        value >= against,
    )  # fmt: skip
    if fits[compare]:
        done += wake(t, key_of(t, a[4], op), signed(a[3]), ANY)
    return done


def twelve(value: int) -> int:
    """A signed number of 12 bits."""
    value &= 0xFFF
    return value - 0x1000 if value & 0x800 else value


def rescue(proc: Any) -> None:
    """The kernel itself changed words, as it does when a thread ends: wake who waited for that."""
    for row in list(proc.futexes.values()):
        for waiter in list(row):
            try:
                changed = proc.memory.u32(waiter.at) != waiter.value
            except OSError:
                continue
            if changed:
                rouse(proc.futexes, waiter)


def futex_waitv(t: Any, a: Args) -> int:
    """futex_waitv(): of a later Linux; libraries use futex() instead."""
    raise error(errno.ENOSYS)


ANSWERS: dict[str, Answer] = {"futex": futex, "futex_waitv": futex_waitv}
