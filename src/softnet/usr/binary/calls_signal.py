"""Answers: signals. The real kernel delivers them; the lab waits until they have done what they do.

A signal that is caught ends the call its thread stands in: the kernel takes the call back, and the lab
hears the thread's next one. Calls that wait for signals are let go once one is there.
"""

from __future__ import annotations

import errno
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.binary import status
from softnet.usr.binary.answers import GONE, PASS, Answer, error, signed
from softnet.usr.binary.calls_time import span
from softnet.usr.binary.signals import send_signal, signal_thread

SIGNALS = 64

Args = tuple[int, ...]


def kill(t: Any, a: Args) -> int:
    """kill(): the program's own processes; there are no others on the host that it can reach."""
    pid = signed(a[0])
    targets = [p for p in t.tree.procs.values() if not p.dead and (p.pid == pid or pid <= 0)]
    if not targets:
        return -errno.ESRCH
    return deliver(t, targets, signed(a[1]))


def tkill(t: Any, a: Args) -> int:
    """tkill()"""
    return to_thread(t, signed(a[0]), signed(a[1]))


def tgkill(t: Any, a: Args) -> int:
    """tgkill()"""
    return to_thread(t, signed(a[1]), signed(a[2]))


def rt_sigqueueinfo(t: Any, a: Args) -> int:
    """sigqueue()"""
    return kill(t, a)


def to_thread(t: Any, tid: int, signum: int) -> int:
    """A signal for one thread."""
    other = t.tree.threads.get(tid)
    if other is None:
        return -errno.ESRCH
    return deliver(t, [other.proc], signum, tid)


def deliver(t: Any, targets: list[Any], signum: int, tid: int = 0) -> int:
    """Send a signal. What a thread sends itself is handled before its call returns, by the kernel.

    Others get it when the sender stands in its next call: what they then do, and what it hears of it
    (SIGCHLD), happens in the same order every time.
    """
    tree = t.tree
    if not 1 <= signum <= SIGNALS or (targets == [t.proc] and tid in (0, t.tid)):
        return PASS
    tree.listener.answer(t.call, 0)
    t.call = None
    while t.inbox is None and not t.dead:
        tree.pump(t.proc.poller, 1000)
    for proc in targets:
        if tid:
            signal_thread(proc, tid, signum)
        else:
            send_signal(proc, signum)
    return GONE


# Waiting for signals


def pause(t: Any, a: Args) -> int:
    """pause(): a signal takes the call back."""
    while True:
        sys_.sys_futex_wait(t.signals)


def rt_sigsuspend(t: Any, a: Args) -> int:
    """sigsuspend(): let go once a signal is pending that the mask it brings lets through."""
    mask = int.from_bytes(t.memory.read(a[0], 8), "little")
    while True:
        st = status.status_of(t.tid)
        if st is None or st.pending & ~mask & ~st.ignored:
            return PASS
        sys_.sys_futex_wait(t.signals)


def rt_sigtimedwait(t: Any, a: Args) -> int:
    """sigwait(), sigtimedwait(): let go once a signal of the set is pending."""
    wanted = int.from_bytes(t.memory.read(a[0], 8), "little")
    timeout = t.memory.timespec(a[2]) if a[2] else -1
    deadline = int(t.tree.clock.clock.now) + span(t, timeout) if timeout >= 0 else -1
    while True:
        st = status.status_of(t.tid)
        if st is None or st.pending & wanted:
            return PASS
        left = -1
        if deadline >= 0:
            left = deadline - int(t.tree.clock.clock.now)
            if left <= 0:
                raise error(errno.EAGAIN)
        sys_.sys_futex_wait(t.signals, left)


ANSWERS: dict[str, Answer] = {
    "kill": kill,
    "tkill": tkill,
    "tgkill": tgkill,
    "rt_sigqueueinfo": rt_sigqueueinfo,
    "pause": pause,
    "rt_sigsuspend": rt_sigsuspend,
    "rt_sigtimedwait": rt_sigtimedwait,
}
