"""Timers with the resolution of the clock: one nanosecond.

Linux: kernel/hrtimer.c

    class Watchdog(Hrtimer):
        def hrtimer_function(self) -> int: ...; return const.HRTIMER_NORESTART

    hrtimer_start(t, when_ns)           absolute, or relative by hrtimer_start_relative()

Each is an event of its own in the world's queue: arming costs O(log n). Whatever is re-armed per
packet belongs into kernel/timer.py. The function runs in hardirq context on the boot CPU.
"""

from __future__ import annotations

from collections.abc import Callable

import softnet.arch.const as const
from softnet.machine.cpu import Board, irq_enter, irq_exit, this_cpu
from softnet.machine.event import Event


class Hrtimer(Event):
    """struct hrtimer: subclass, override hrtimer_function(). It belongs to one machine."""

    __slots__ = ("machine",)

    machine: Board

    def __init__(self, machine: Board) -> None:
        Event.__init__(self)
        self.machine = machine

    def hrtimer_function(self) -> int:
        """The timer expired: HRTIMER_NORESTART, or HRTIMER_RESTART with `when` moved forward."""
        return const.HRTIMER_NORESTART

    def fire(self) -> None:
        """Interrupt the boot CPU."""
        cpu = this_cpu()
        when = self.when
        irq_enter(cpu)
        try:
            if self.hrtimer_function() == const.HRTIMER_RESTART:
                assert self.when > when, "an hrtimer that restarts without moving would never end"
                if not self.pending:
                    hrtimer_start(self, self.when)
        finally:
            irq_exit(cpu)


class CallHrtimer(Hrtimer):
    """An hrtimer that calls a Python callable without arguments, once."""

    __slots__ = ("fn",)

    fn: Callable[[], object]

    def __init__(self, machine: Board, fn: Callable[[], object]) -> None:
        Hrtimer.__init__(self, machine)
        self.fn = fn

    def hrtimer_function(self) -> int:
        """Call it."""
        self.fn()
        return const.HRTIMER_NORESTART


def hrtimer_start(t: Hrtimer, when: int) -> bool:
    """Arm t for when (ns since the world began), or move it there; was it pending?

    A time that has passed means now.
    """
    machine = t.machine
    if when < machine.clock.now:
        when = machine.clock.now
    if t.pending:
        machine.queue.move(t, when)
        return True
    machine.queue.push(t, when, machine.host_id)
    return False


def hrtimer_start_relative(t: Hrtimer, delay: int) -> bool:
    """hrtimer_start() delay ns from now."""
    return hrtimer_start(t, t.machine.clock.now + delay)


def hrtimer_cancel(t: Hrtimer) -> bool:
    """Disarm t; was it pending?"""
    return t.machine.queue.cancel(t)


def hrtimer_active(t: Hrtimer) -> bool:
    """Is t armed?"""
    return t.pending


def hrtimer_forward(t: Hrtimer, now: int, interval: int) -> int:
    """Move t.when past now in steps of interval; how many steps that took. For t's own function."""
    assert interval > 0
    assert not t.pending
    if t.when > now:
        return 0
    steps = (now - t.when) // interval + 1
    t.when += steps * interval
    return steps
