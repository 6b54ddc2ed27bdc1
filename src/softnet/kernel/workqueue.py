"""Work that may sleep, done by a task of its own.

Linux: kernel/workqueue.c

    class LinkWatch(Work):
        def func(self) -> None: ...

    schedule_work(work);  schedule_delayed_work(dwork, jiffies)

Each machine has one queue, worked off in order by a kworker task, which exists only while
there is work: an idle machine pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Callable

from softnet.kernel.sched import Task, current, spawn
from softnet.kernel.timer import Timer, del_timer, jiffies, mod_timer, timer_base
from softnet.kernel.wait import (
    CallCondition,
    WaitQueueHead,
    wait_event_uninterruptible,
    wake_up_all,
)
from softnet.machine.cpu import Board, this_cpu

WORK_MAX = 100_000  # queued at a time; a queue that long never gets shorter


class Work:
    """struct work_struct: subclass, override func()."""

    __slots__ = ("pending", "queue")

    pending: bool  # queued, and not begun
    queue: Workqueue | None  # where it was queued last

    def __init__(self) -> None:
        self.pending = False
        self.queue = None

    def func(self) -> None:
        """The work, in a task of the machine: may sleep."""


class CallWork(Work):
    """Work that calls a Python callable without arguments."""

    __slots__ = ("fn",)

    fn: Callable[[], object]

    def __init__(self, fn: Callable[[], object]) -> None:
        Work.__init__(self)
        self.fn = fn

    def func(self) -> None:
        """Call it."""
        self.fn()


class DelayedWorkTimer(Timer):
    """delayed_work_timer_fn()"""

    __slots__ = ("dwork",)

    dwork: DelayedWork

    def __init__(self, dwork: DelayedWork) -> None:
        Timer.__init__(self)
        self.dwork = dwork

    def function(self) -> None:
        """The delay is over: queue the work."""
        self.dwork.pending = False
        assert self.dwork.queue is not None
        self.dwork.queue.add(self.dwork)


class DelayedWork(Work):
    """struct delayed_work: work with a timer before it."""

    __slots__ = ("timer",)

    timer: DelayedWorkTimer

    def __init__(self) -> None:
        Work.__init__(self)
        self.timer = DelayedWorkTimer(self)


class Workqueue:
    """One machine's work, machine.workqueue."""

    __slots__ = ("machine", "work", "running", "worker", "done")

    machine: Board
    work: list[Work]  # rarely more than one: a deque would be larger than all the rest
    running: Work | None
    worker: Task | None
    done: WaitQueueHead  # woken after each piece of work

    def __init__(self, machine: Board) -> None:
        self.machine = machine
        self.work = []
        self.running = None
        self.worker = None
        self.done = WaitQueueHead("flush_work")

    def add(self, work: Work) -> bool:
        """queue_work(): False if it is queued already. Any context."""
        if work.pending:
            return False
        assert len(self.work) < WORK_MAX, "a work queue that never gets shorter"
        work.pending = True
        work.queue = self
        self.work.append(work)
        if self.worker is None:
            self.worker = spawn(self.machine, self.worker_thread, name="kworker/0:0")
        return True

    def worker_thread(self) -> None:
        """Do work until there is none."""
        try:
            while self.work:
                work = self.work.pop(0)
                work.pending = False
                self.running = work
                work.func()
                self.running = None
                wake_up_all(self.done)
        finally:
            self.running = None
            self.worker = None
            if self.work:  # a piece of work raised: another worker does the rest
                self.worker = spawn(self.machine, self.worker_thread, name="kworker/0:0")
            wake_up_all(self.done)

    def busy(self, work: Work) -> bool:
        """Is work queued or being done?"""
        return work.pending or self.running is work

    def idle(self) -> bool:
        """Is nothing queued and nothing being done?"""
        return not self.work and self.running is None


def workqueue_of(machine: Board) -> Workqueue:
    """The work of a machine."""
    if machine.workqueue is None:
        machine.workqueue = Workqueue(machine)
    queue: Workqueue = machine.workqueue
    return queue


def schedule_work(work: Work) -> bool:
    """Have work.func() called on this machine soon; False if it is about to be already."""
    return workqueue_of(this_cpu().machine).add(work)


def schedule_delayed_work(dwork: DelayedWork, delay: int) -> bool:
    """schedule_work() in delay jiffies; False if it is pending already."""
    if delay == 0:
        return schedule_work(dwork)
    if dwork.pending:
        return False
    machine = this_cpu().machine
    dwork.pending = True
    dwork.queue = workqueue_of(machine)
    dwork.timer.base = timer_base(machine)
    mod_timer(dwork.timer, jiffies() + delay)
    return True


def cancel_work(work: Work) -> bool:
    """Take work that has not begun off its queue; was it there?"""
    if not work.pending or work.queue is None:
        return False
    if isinstance(work, DelayedWork) and del_timer(work.timer):
        work.pending = False
        return True
    work.queue.work.remove(work)
    work.pending = False
    return True


def cancel_delayed_work(dwork: DelayedWork) -> bool:
    """cancel_work(), timer included."""
    return cancel_work(dwork)


def cancel_work_sync(work: Work) -> bool:
    """cancel_work(); if it is being done, sleep until it is done. Not from the work itself."""
    cancelled = cancel_work(work)
    flush_work(work)
    return cancelled


def flush_work(work: Work) -> None:
    """Sleep until work is neither queued nor being done."""
    queue = work.queue
    if queue is None or not queue.busy(work):
        return
    assert current() is not queue.worker, "a piece of work that waits for itself"
    wait_event_uninterruptible(queue.done, CallCondition(lambda: not queue.busy(work)))


def flush_scheduled_work() -> None:
    """Sleep until all work queued on this machine is done."""
    queue = workqueue_of(this_cpu().machine)
    assert current() is not queue.worker, "a piece of work that waits for itself"
    wait_event_uninterruptible(queue.done, CallCondition(queue.idle))
