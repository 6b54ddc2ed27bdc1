"""Signals of real programs are the real kernel's: sent when those who run have had their turn.

Then it is waited, in real time, until the signal has done what it does: virtual time stands still.
"""

from __future__ import annotations

import os
import select
import time

import softnet.syscalls as sys_
from softnet.usr.binary import status, trap
from softnet.usr.binary.process import Proc

BIRTH_S = 10.0  # real: how long a new thread may take to announce itself, a handler to begin
TURNS = 100  # that others get at the most before a signal
RUNNING = 0  # kernel/sched.py: TASK_RUNNING


def send_signal(proc: Proc, signum: int) -> None:
    """Send a signal to a process, from a task of the program. It may be gone."""
    quiesce(proc)
    if proc.dead:
        return
    try:
        os.kill(proc.pid, signum)
    except ProcessLookupError:
        return
    settle(proc, signum)


def signal_thread(proc: Proc, tid: int, signum: int) -> None:
    """Send a signal to one thread. It may be gone."""
    if proc.dead or tid not in proc.tree.threads:
        return
    trap.native().tgkill(proc.pid, tid, signum)
    settle(proc, signum, tid)


def quiesce(proc: Proc | None) -> None:
    """Before a signal comes to a process: its threads that were woken have their turn first."""
    for _ in range(TURNS):
        if proc is None or not any(
            t.call is not None and t.task.state == RUNNING for t in proc.threads()
        ):
            return
        sys_.sys_nanosleep(0)


def settle(proc: Proc, signum: int, tid: int = 0) -> None:
    """A signal was sent to a process: wait, in real time, until it has done what it does."""
    st = status.status_of(tid or proc.pid)
    if st is None or proc.dead:
        proc.tree.reap_dead()
        return
    fate = st.fate(signum)
    deadline = time.monotonic() + BIRTH_S
    if fate == status.CATCHES:
        parked = [t for t in proc.threads() if t.call is not None and not t.vforking]
        while (
            any(t.call is not None for t in parked)
            and not any(t.inbox is not None for t in proc.threads())
            and not proc.dead
            and time.monotonic() < deadline
        ):
            proc.tree.pump(proc.poller, 50)
    elif fate == status.FATAL:
        while not is_readable(proc.pidfd) and time.monotonic() < deadline:
            time.sleep(0)
        proc.tree.reap_dead()
    for thread in proc.threads():
        sys_.sys_futex_wake(thread.signals, 0)


def is_readable(fd: int) -> bool:
    """Is it, now?"""
    return wait_readable(fd, 0)


def wait_readable(fd: int, seconds: float) -> bool:
    """Is it, by then?"""
    if fd < 0:
        return True
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    return bool(poller.poll(int(seconds * 1000)))
