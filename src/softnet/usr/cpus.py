"""os, time: a host's processors. What a program makes of their number must not vary by machine."""

from __future__ import annotations

import time
from typing import Any

from softnet.usr.clock import sleep_ns
from softnet.usr.task import host


def cpu_count(*args: Any) -> int:
    """os.cpu_count()"""
    return len(host().machine.cpus)


def sched_getaffinity(pid: int, /) -> set[int]:
    """os.sched_getaffinity(): all of them."""
    return set(range(cpu_count()))


def sched_setaffinity(pid: int, mask: Any, /) -> None:
    """os.sched_setaffinity(): a simulated task stays where it is."""


def sched_yield() -> None:
    """os.sched_yield(): whoever can run does first."""
    sleep_ns(0)


def getloadavg() -> tuple[float, float, float]:
    """os.getloadavg(): computing takes no time."""
    return 0.0, 0.0, 0.0


def pthread_getcpuclockid(ident: int, /) -> int:
    """time.pthread_getcpuclockid(): the ident is no pthread_t."""
    return time.CLOCK_THREAD_CPUTIME_ID


def set_name(name: str, /) -> None:
    """_thread.set_name() of 3.14: the real thread's name is the simulator's."""
