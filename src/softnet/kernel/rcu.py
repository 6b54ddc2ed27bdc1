"""RCU: readers that never wait, and what is freed only when no reader can see it any more.

Linux: kernel/rcutree.c, include/linux/rcupdate.h

    rcu_read_lock() ... rcu_read_unlock()      in any context; may not sleep
    call_rcu(machine, head)                    head.rcu_func() after a grace period
    synchronize_rcu()                          returns after one

A task cannot sleep inside a read-side section, so when the main loop has control, no section is
open anywhere: a grace period ends there. The callbacks run from the run queue, in softirq context.
Sections are counted, and their misuse found, while lockdep is enabled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import softnet.arch.const as const
import softnet.kernel.lock as lock
from softnet.kernel.lock import LockdepError
from softnet.kernel.sched import current, might_sleep, schedule
from softnet.kernel.softirq import local_bh_disable, local_bh_enable
from softnet.machine.clock import Runnable, RunQueue
from softnet.machine.cpu import Board, Cpu, set_this_cpu, this_cpu

T = TypeVar("T")


class RcuHead:
    """struct rcu_head: subclass, override rcu_func()."""

    __slots__ = ("rcu_next",)

    rcu_next: RcuHead | None

    def __init__(self) -> None:
        self.rcu_next = None

    def rcu_func(self) -> None:
        """No reader can see it any more. Softirq context."""


class CallRcu(RcuHead):
    """An rcu_head that calls a Python callable without arguments."""

    __slots__ = ("fn",)

    fn: Callable[[], object]

    def __init__(self, fn: Callable[[], object]) -> None:
        RcuHead.__init__(self)
        self.fn = fn

    def rcu_func(self) -> None:
        """Call it."""
        self.fn()


class RcuState(Runnable):
    """The callbacks of one machine that wait for the end of a grace period, machine.rcu."""

    __slots__ = ("rq", "first", "last", "waiting", "completed")

    rq: RunQueue
    first: RcuHead | None
    last: RcuHead | None
    waiting: int
    completed: int  # grace periods

    def __init__(self, machine: Board) -> None:
        Runnable.__init__(self, machine.cpus[0])
        self.rq = machine.world.runqueue
        self.first = None
        self.last = None
        self.waiting = 0
        self.completed = 0

    def run(self) -> None:
        """rcu_process_callbacks(): from the main loop, where no reader is."""
        set_this_cpu(self.cpu)
        self.process_callbacks()

    def process_callbacks(self) -> None:
        """A grace period is over: call what waited for it, not what these add."""
        check_no_reader(self.cpu.machine)
        self.completed += 1
        head = self.first
        self.first = None
        self.last = None
        self.waiting = 0
        cpu = self.cpu
        cpu.softirq_count += const.SOFTIRQ_OFFSET
        try:
            while head is not None:
                following = head.rcu_next
                head.rcu_next = None
                head.rcu_func()
                head = following
        finally:
            cpu.softirq_count -= const.SOFTIRQ_OFFSET
            if head is not None and following is not None:
                self.put_back(following)

    def put_back(self, head: RcuHead) -> None:
        """A callback raised: those behind it wait on."""
        last = head
        n = 1
        while last.rcu_next is not None:
            last = last.rcu_next
            n += 1
        last.rcu_next = self.first
        self.first = head
        if self.last is None:
            self.last = last
        self.waiting += n
        if not self.queued:
            self.rq.add(self)


def rcu_state(machine: Board) -> RcuState:
    """The RCU of a machine."""
    if machine.rcu is None:
        machine.rcu = RcuState(machine)
    state: RcuState = machine.rcu
    return state


def rcu_read_lock() -> None:
    """Enter a read-side section. Nests."""
    if lock.lockdep.enabled:
        cpu = this_cpu()
        if cpu is not None:
            cpu.rcu_nesting += 1
            cpu.preempt_count += 1


def rcu_read_unlock() -> None:
    """Leave a read-side section."""
    if lock.lockdep.enabled:
        cpu = this_cpu()
        if cpu is not None:
            if cpu.rcu_nesting <= 0:
                raise LockdepError("rcu_read_unlock() without rcu_read_lock()")
            cpu.rcu_nesting -= 1
            cpu.preempt_count -= 1


def rcu_read_lock_bh() -> None:
    """Enter a read-side section with softirqs off."""
    local_bh_disable()
    rcu_read_lock()


def rcu_read_unlock_bh() -> None:
    """Leave it."""
    rcu_read_unlock()
    local_bh_enable()


def rcu_read_lock_held() -> bool:
    """Is this inside a read-side section? True whenever lockdep is off."""
    cpu = this_cpu()
    return not lock.lockdep.enabled or cpu is None or cpu.rcu_nesting > 0


def rcu_dereference(p: T) -> T:
    """Read a pointer that RCU protects, inside a read-side section or softirq-off code."""
    if lock.lockdep.enabled:
        cpu = this_cpu()
        if cpu is not None and cpu.rcu_nesting == 0 and cpu.softirq_count == 0:
            raise LockdepError("rcu_dereference() outside a read-side section")
    return p


def call_rcu(head: RcuHead, machine: Board | None = None) -> None:
    """Have head.rcu_func() called after a grace period, on this (or that) machine. Any context."""
    state = rcu_state(this_cpu().machine if machine is None else machine)
    waits = head.rcu_next is not None or state.last is head
    assert not waits, "call_rcu() of a head that waits already"
    if state.last is None:
        state.first = head
    else:
        state.last.rcu_next = head
    state.last = head
    state.waiting += 1
    if not state.queued:
        state.rq.add(state)


def synchronize_rcu() -> None:
    """Return when every read-side section that is open now is over. May sleep.

    In a task the others get their turn; nobody can be inside a section when it comes back.
    """
    might_sleep()
    cpu = this_cpu()
    if cpu is not None and cpu.rcu_nesting:
        raise LockdepError("synchronize_rcu() inside a read-side section waits for itself")
    if current() is not None:
        schedule()
    if cpu is not None:
        check_no_reader(cpu.machine)


def rcu_barrier(machine: Board) -> None:
    """Return when every callback that waits now has run. Not from softirq."""
    might_sleep()
    state = rcu_state(machine)
    previous = set_this_cpu(state.cpu)
    try:
        while state.first is not None:
            state.process_callbacks()
    finally:
        set_this_cpu(previous)


def check_no_reader(machine: Board) -> None:
    """No CPU may be inside a section when a grace period ends."""
    cpu: Cpu
    for cpu in machine.cpus:
        if cpu.rcu_nesting:
            raise LockdepError(f"a read-side section is open on {cpu!r} over a grace period")
