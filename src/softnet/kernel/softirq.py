"""Softirqs: work that an interrupt leaves for later, on the same CPU, before any task goes on.

Linux: kernel/softirq.c

    open_softirq(const.NET_RX_SOFTIRQ, action)   once: action.action() serves that number
    raise_softirq(const.NET_RX_SOFTIRQ)          on this CPU

Raised softirqs run when the last interrupt handler returns and when the outermost local_bh_enable()
is reached, at most MAX_SOFTIRQ_RESTART rounds in a row. What is still pending then is left to
ksoftirqd, which takes turns with the tasks. A softirq may not sleep.
"""

from __future__ import annotations

import softnet.arch.const as const
from softnet.machine.clock import Runnable, RunQueue
from softnet.machine.cpu import (
    Cpu,
    SoftirqOps,
    irq_enter,
    irq_exit,
    register_softirq_ops,
    set_this_cpu,
    this_cpu,
)


class SoftirqAction:
    """struct softirq_action: subclass, override action()."""

    __slots__ = ()

    def action(self) -> None:
        """Serve this softirq on this CPU, in softirq context."""


class Ksoftirqd(Runnable):
    """A CPU's ksoftirqd: serves, in turn with the tasks, what do_softirq() left over."""

    __slots__ = ("rq",)

    rq: RunQueue

    def __init__(self, cpu: Cpu) -> None:
        Runnable.__init__(self, cpu)
        self.rq = cpu.machine.world.runqueue

    def run(self) -> None:
        """One do_softirq(), and back to the end of the queue if that was not enough."""
        cpu = self.cpu
        set_this_cpu(cpu)
        if cpu.softirq_pending:
            do_softirq()
        if cpu.softirq_pending:
            wakeup_softirqd(cpu)


class KernelSoftirqs(SoftirqOps):
    """What irq_exit() calls."""

    __slots__ = ()

    def invoke_softirq(self, cpu: Cpu) -> None:
        """Softirqs are pending as the last interrupt handler of cpu returns."""
        do_softirq()


class Tasklet:
    """struct tasklet_struct: subclass, override func(). It runs once, however often scheduled."""

    __slots__ = ("next", "scheduled", "disabled")

    next: Tasklet | None
    scheduled: bool
    disabled: int

    def __init__(self) -> None:
        self.next = None
        self.scheduled = False
        self.disabled = 0

    def func(self) -> None:
        """The work, in softirq context."""


class TaskletQueue:
    """One CPU's scheduled tasklets, in order; index 0 high priority, 1 normal."""

    __slots__ = ("first", "last")

    first: list[Tasklet | None]
    last: list[Tasklet | None]

    def __init__(self) -> None:
        self.first = [None, None]
        self.last = [None, None]


class TaskletAction(SoftirqAction):
    """tasklet_hi_action() and tasklet_action()."""

    __slots__ = ("level", "nr")

    level: int
    nr: int

    def __init__(self, level: int, nr: int) -> None:
        self.level = level
        self.nr = nr

    def action(self) -> None:
        """Run the tasklets that are scheduled now; the disabled ones wait on."""
        cpu = this_cpu()
        queue = tasklet_queue(cpu)
        t = queue.first[self.level]
        queue.first[self.level] = None
        queue.last[self.level] = None
        while t is not None:
            following = t.next
            t.next = None
            if t.disabled:
                tasklet_queue_add(queue, self.level, t)
                raise_softirq_irqoff(self.nr)
            else:
                t.scheduled = False
                t.func()
            t = following


def open_softirq(nr: int, action: SoftirqAction) -> None:
    """Say who serves softirq nr, on every machine. Calling it again replaces the action."""
    assert 0 <= nr < const.NR_SOFTIRQS
    softirq_vec[nr] = action


def raise_softirq(nr: int) -> None:
    """Mark softirq nr pending on this CPU; outside interrupts and bh-off code wake ksoftirqd."""
    raise_softirq_irqoff(nr)


def raise_softirq_irqoff(nr: int) -> None:
    """raise_softirq() for those who know that interrupts are off (here: the same)."""
    cpu = this_cpu()
    cpu.softirq_pending |= 1 << nr
    if cpu.hardirq_count == 0 and cpu.softirq_count == 0:
        wakeup_softirqd(cpu)


def raise_softirq_irqoff_nowake(nr: int) -> None:
    """__raise_softirq_irqoff(): only mark it; the caller sees to it that somebody looks."""
    cpu = this_cpu()
    cpu.softirq_pending |= 1 << nr


def do_softirq() -> None:
    """Serve what is pending on this CPU, unless it is in an interrupt or bh-off section."""
    cpu = this_cpu()
    if cpu.hardirq_count == 0 and cpu.softirq_count == 0 and cpu.softirq_pending:
        serve_softirqs(cpu)


def serve_softirqs(cpu: Cpu) -> None:
    """__do_softirq(): rounds until nothing is pending, then ksoftirqd for the rest.

    When an action raises, the context is put right, the actions it kept from running stay
    pending, and ksoftirqd is woken for them.
    """
    rounds = const.MAX_SOFTIRQ_RESTART
    cpu.softirq_count += const.SOFTIRQ_OFFSET
    pending = 0
    served = False
    try:
        while cpu.softirq_pending and rounds > 0:
            pending = cpu.softirq_pending
            cpu.softirq_pending = 0
            nr = 0
            while pending:
                if pending & 1:
                    pending ^= 1
                    count = cpu.preempt_count
                    action: SoftirqAction | None = softirq_vec[nr]
                    assert action is not None, f"softirq {nr} was raised, but nobody serves it"
                    action.action()
                    assert cpu.preempt_count == count, f"softirq {nr} left with a lock held"
                    assert cpu.softirq_count == const.SOFTIRQ_OFFSET, f"softirq {nr}: unbalanced bh"
                pending >>= 1
                nr += 1
            rounds -= 1
        served = True
    finally:
        if not served:
            cpu.softirq_pending |= pending << nr
        cpu.softirq_count = 0
        if cpu.softirq_pending:
            wakeup_softirqd(cpu)


def wakeup_softirqd(cpu: Cpu) -> None:
    """Let ksoftirqd of cpu take its turn."""
    if cpu.ksoftirqd is None:
        cpu.ksoftirqd = Ksoftirqd(cpu)
    daemon: Ksoftirqd = cpu.ksoftirqd
    if not daemon.queued:
        daemon.rq.add(daemon)


def local_bh_disable() -> None:
    """No softirq runs on this CPU until the matching local_bh_enable(). Nests."""
    cpu = this_cpu()
    cpu.softirq_count += const.SOFTIRQ_DISABLE_OFFSET


def local_bh_enable() -> None:
    """Undo one local_bh_disable(); the outermost one serves what is pending."""
    cpu = this_cpu()
    assert cpu.softirq_count >= const.SOFTIRQ_DISABLE_OFFSET, "local_bh_enable() of an enabled bh"
    cpu.softirq_count -= const.SOFTIRQ_DISABLE_OFFSET
    if cpu.softirq_pending and cpu.softirq_count == 0 and cpu.hardirq_count == 0:
        serve_softirqs(cpu)


def local_bh_enable_nosoftirq() -> None:
    """_local_bh_enable(): undo one local_bh_disable() and leave what is pending alone."""
    cpu = this_cpu()
    assert cpu.softirq_count >= const.SOFTIRQ_DISABLE_OFFSET, "local_bh_enable() of an enabled bh"
    cpu.softirq_count -= const.SOFTIRQ_DISABLE_OFFSET


def irq_enter_here() -> None:
    """irq_enter() on this CPU: an interrupt handler begins."""
    irq_enter(this_cpu())


def irq_exit_here() -> None:
    """irq_exit() on this CPU: serves the softirqs that the handler raised."""
    irq_exit(this_cpu())


def tasklet_queue(cpu: Cpu) -> TaskletQueue:
    """The tasklets of a CPU."""
    if cpu.tasklets is None:
        cpu.tasklets = TaskletQueue()
        open_softirq(const.HI_SOFTIRQ, TaskletAction(0, const.HI_SOFTIRQ))
        open_softirq(const.TASKLET_SOFTIRQ, TaskletAction(1, const.TASKLET_SOFTIRQ))
    queue: TaskletQueue = cpu.tasklets
    return queue


def tasklet_queue_add(queue: TaskletQueue, level: int, t: Tasklet) -> None:
    """Put t at the end."""
    last = queue.last[level]
    if last is None:
        queue.first[level] = t
    else:
        last.next = t
    queue.last[level] = t


def tasklet_schedule(t: Tasklet) -> None:
    """Have t.func() run in softirq context on this CPU, unless it is about to already."""
    if not t.scheduled:
        t.scheduled = True
        tasklet_queue_add(tasklet_queue(this_cpu()), 1, t)
        raise_softirq(const.TASKLET_SOFTIRQ)


def tasklet_hi_schedule(t: Tasklet) -> None:
    """tasklet_schedule(), before every other softirq."""
    if not t.scheduled:
        t.scheduled = True
        tasklet_queue_add(tasklet_queue(this_cpu()), 0, t)
        raise_softirq(const.HI_SOFTIRQ)


def tasklet_disable(t: Tasklet) -> None:
    """Keep t from running until the matching tasklet_enable()."""
    t.disabled += 1


def tasklet_enable(t: Tasklet) -> None:
    """Undo one tasklet_disable()."""
    assert t.disabled > 0
    t.disabled -= 1


softirq_vec: list[SoftirqAction | None] = [None] * const.NR_SOFTIRQS
register_softirq_ops(KernelSoftirqs())
