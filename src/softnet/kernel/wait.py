"""Wait queues: who wants to hear of something, and sleeping until a condition holds.

Linux: kernel/wait.c, include/linux/wait.h

    wq = WaitQueueHead("accept")
    wake_up(wq)                                    calls func() of the entries
    left = wait_event(wq, condition, timeout_ns)   sleeps until condition.met()

An entry is an ops object: a sleeping task's, poll's, epoll's hang on the same queue. Entries
that are added plainly are called last come, first served, as in Linux; exclusive ones, of which one
wake-up wakes one, first come, first served, after the others.
"""

from __future__ import annotations

import errno
from collections.abc import Callable

import softnet.arch.const as const
from softnet.kernel.sched import (
    Task,
    need_current,
    schedule_timeout,
    set_current_state,
    wake_up_process,
)

WAIT_FOREVER = -1  # ns; MAX_SCHEDULE_TIMEOUT means the same


class WaitQueueEntry:
    """wait_queue_t: subclass, override func()."""

    __slots__ = ("wnext", "wprev", "whead", "wflags")

    wnext: WaitQueueEntry | None
    wprev: WaitQueueEntry | None
    whead: WaitQueueHead | None  # the queue it hangs on
    wflags: int  # WQ_FLAG_EXCLUSIVE

    def __init__(self) -> None:
        self.wnext = None
        self.wprev = None
        self.whead = None
        self.wflags = 0

    def func(self, key: int) -> int:
        """Somebody called wake_up(wq, key): POLL* bits, 0 for any. Nonzero if this woke a task.

        It may take itself or any other entry off the queue.
        """
        return 0


class WaitQueueHead:
    """wait_queue_head_t. Nobody waits while `first` is None."""

    __slots__ = ("first", "last", "name")

    first: WaitQueueEntry | None
    last: WaitQueueEntry | None
    name: object  # for reports: what is waited for

    def __init__(self, name: object = None) -> None:
        init_wait_queue_head(self, name)


def wait_queue_head(name: object) -> WaitQueueHead:
    """WaitQueueHead(name), without a call of Python's when compiled."""
    wq = WaitQueueHead.__new__(WaitQueueHead)
    init_wait_queue_head(wq, name)
    return wq


def init_wait_queue_head(wq: WaitQueueHead, name: object) -> None:
    """What WaitQueueHead.__init__() does."""
    wq.first = None
    wq.last = None
    wq.name = name


class TaskWait(WaitQueueEntry):
    """Wakes a task and takes itself off the queue as it does. task_wait() makes one."""

    __slots__ = ("task",)

    task: Task

    def func(self, key: int) -> int:
        """autoremove_wake_function()"""
        if not wake_up_process(self.task):
            return 0
        if self.whead is not None:
            remove_wait_queue(self.whead, self)
        return 1


def task_wait(task: Task) -> TaskWait:
    """DEFINE_WAIT(): an entry for task, on no queue yet."""
    e = TaskWait.__new__(TaskWait)
    e.wnext = None
    e.wprev = None
    e.whead = None
    e.wflags = 0
    e.task = task
    return e


class WaitCondition:
    """What wait_event() waits for: subclass, override met()."""

    __slots__ = ()

    def met(self) -> bool:
        """Does it hold now?"""
        return True


class CallCondition(WaitCondition):
    """A Python callable as a condition."""

    __slots__ = ("fn",)

    fn: Callable[[], object]

    def __init__(self, fn: Callable[[], object]) -> None:
        self.fn = fn

    def met(self) -> bool:
        """Ask it."""
        return bool(self.fn())


def waitqueue_active(wq: WaitQueueHead) -> bool:
    """Does anybody wait?"""
    return wq.first is not None


def add_wait_queue(wq: WaitQueueHead, e: WaitQueueEntry) -> None:
    """Hang e on wq, in front of those that hang there."""
    assert e.whead is None, "an entry hangs on two wait queues"
    e.whead = wq
    e.wprev = None
    e.wnext = wq.first
    if wq.first is None:
        wq.last = e
    else:
        wq.first.wprev = e
    wq.first = e


def add_wait_queue_exclusive(wq: WaitQueueHead, e: WaitQueueEntry) -> None:
    """Hang e on wq behind the others; a wake-up ends with the first exclusive entry it wakes."""
    e.wflags |= const.WQ_FLAG_EXCLUSIVE
    add_wait_queue_tail(wq, e)


def add_wait_queue_tail(wq: WaitQueueHead, e: WaitQueueEntry) -> None:
    """__add_wait_queue_tail(): hang e on wq behind the others."""
    assert e.whead is None, "an entry hangs on two wait queues"
    e.whead = wq
    e.wnext = None
    e.wprev = wq.last
    if wq.last is None:
        wq.first = e
    else:
        wq.last.wnext = e
    wq.last = e


def add_wait_queue_fair(wq: WaitQueueHead, e: WaitQueueEntry) -> None:
    """Hang e on wq behind all but the exclusive entries: first come, first served."""
    assert e.whead is None, "an entry hangs on two wait queues"
    before = wq.last
    while before is not None and before.wflags & const.WQ_FLAG_EXCLUSIVE:
        before = before.wprev
    if before is None:
        add_wait_queue(wq, e)
    elif before.wnext is None:
        add_wait_queue_tail(wq, e)
    else:
        e.whead = wq
        e.wprev = before
        e.wnext = before.wnext
        before.wnext.wprev = e
        before.wnext = e


def remove_wait_queue(wq: WaitQueueHead, e: WaitQueueEntry) -> None:
    """Take e off wq; nothing happens if it hangs there no more."""
    if e.whead is not wq:
        return
    if e.wprev is None:
        wq.first = e.wnext
    else:
        e.wprev.wnext = e.wnext
    if e.wnext is None:
        wq.last = e.wprev
    else:
        e.wnext.wprev = e.wprev
    e.wnext = None
    e.wprev = None
    e.whead = None


def wake_up(wq: WaitQueueHead, key: int = 0) -> int:
    """Call the entries, up to the first exclusive one that it wakes; how many it woke."""
    if wq.first is None:
        return 0
    return wake_up_common(wq, key, 1, False)


def wake_up_nr(wq: WaitQueueHead, nr: int, key: int = 0) -> int:
    """Wake nr sleepers at most, exclusive or not; 0 means all. How many it woke.

    Differs from Linux: all count there only if they are exclusive. A futex wants it this way.
    """
    if wq.first is None:
        return 0
    return wake_up_common(wq, key, nr, True)


def wake_up_all(wq: WaitQueueHead, key: int = 0) -> int:
    """wake_up() of all, exclusive or not."""
    if wq.first is None:
        return 0
    return wake_up_common(wq, key, 0, False)


def wake_up_interruptible(wq: WaitQueueHead, key: int = 0) -> int:
    """wake_up(). No wait here is deaf to it."""
    return wake_up(wq, key)


def wake_up_interruptible_sync_poll(wq: WaitQueueHead, key: int) -> int:
    """wake_up() with POLL* bits, by one who goes on running: nothing preempts anyway."""
    return wake_up(wq, key)


def wake_up_poll(wq: WaitQueueHead, key: int) -> int:
    """wake_up() with POLL* bits."""
    return wake_up(wq, key)


def wake_up_common(wq: WaitQueueHead, key: int, nr: int, all_count: bool) -> int:
    """__wake_up_common(): end when nr of the exclusive entries (or of all) were woken; 0 never."""
    e = wq.first
    assert e is not None
    if e.wnext is None:
        return 1 if e.func(key) else 0
    # What func() does may change the queue at will, so go by who hung there at the start.
    entries = []
    while e is not None:
        entries.append(e)
        e = e.wnext
    woken = 0
    for entry in entries:
        if entry.whead is not wq:
            continue
        counts = all_count or entry.wflags & const.WQ_FLAG_EXCLUSIVE != 0
        if entry.func(key):
            woken += 1
            if counts:
                nr -= 1
                if nr == 0:
                    break
    return woken


def prepare_to_wait(wq: WaitQueueHead, e: WaitQueueEntry, state: int) -> None:
    """Hang e on wq if it hangs nowhere, and set the state. Then look at the condition."""
    if e.whead is None:
        add_wait_queue(wq, e)
    prepare(wq, state)


def prepare_to_wait_exclusive(wq: WaitQueueHead, e: WaitQueueEntry, state: int) -> None:
    """prepare_to_wait() as an exclusive waiter."""
    if e.whead is None:
        add_wait_queue_exclusive(wq, e)
    prepare(wq, state)


def prepare(wq: WaitQueueHead, state: int) -> None:
    """The state, and what reports say."""
    set_current_state(state)
    if wq.name is not None:
        need_current().wait_channel = wq


def finish_wait(wq: WaitQueueHead, e: WaitQueueEntry) -> None:
    """The wait is over: run on, take e off wq."""
    set_current_state(const.TASK_RUNNING)
    remove_wait_queue(wq, e)


def abort_exclusive_wait(wq: WaitQueueHead, e: WaitQueueEntry, key: int = 0) -> None:
    """finish_wait() for one that gives up: a wake-up it got meanwhile goes to the next."""
    woken = e.whead is None
    finish_wait(wq, e)
    if woken:
        wake_up(wq, key)


def wait_event(wq: WaitQueueHead, condition: WaitCondition, timeout_ns: int = WAIT_FOREVER) -> int:
    """Sleep until condition.met(), asking after each wake-up of wq.

    Linux: wait_event_interruptible_timeout(). Returns what is left of the time (at least 1;
    WAIT_FOREVER if there was no limit), 0 if the time is over and it is still not met, or
    -ERESTARTSYS on a signal or kill().
    """
    if condition.met():
        return timeout_ns if timeout_ns != 0 else 1
    me = need_current()
    e = task_wait(me)
    try:
        while True:
            prepare_to_wait(wq, e, const.TASK_INTERRUPTIBLE)
            if condition.met():
                return timeout_ns if timeout_ns != 0 else 1
            if me.signal_pending():
                return -const.ERESTARTSYS
            if timeout_ns == 0:
                return 0
            timeout_ns = schedule_timeout(timeout_ns)
    finally:
        finish_wait(wq, e)


def wait_event_uninterruptible(wq: WaitQueueHead, condition: WaitCondition) -> None:
    """wait_event(): sleep until condition.met(), deaf to signals."""
    if condition.met():
        return
    me = need_current()
    e = task_wait(me)
    try:
        while True:
            prepare_to_wait(wq, e, const.TASK_UNINTERRUPTIBLE)
            if condition.met():
                return
            schedule_timeout(WAIT_FOREVER)
    finally:
        finish_wait(wq, e)


def wait_interruptible(wq: WaitQueueHead, timeout_ns: int = WAIT_FOREVER) -> int:
    """Sleep until wq is woken or the time is over; what is left of it (WAIT_FOREVER if no limit).

    interruptible_sleep_on_timeout(), without its race: nothing runs between the caller's last look
    and the sleep. First come, first served. Control path: raises OSError(EINTR) on a signal or
    kill().
    """
    me = need_current()
    e = task_wait(me)
    add_wait_queue_fair(wq, e)
    prepare(wq, const.TASK_INTERRUPTIBLE)
    return sleep_on(me, wq, e, timeout_ns)


def wait_interruptible_exclusive(wq: WaitQueueHead, timeout_ns: int = WAIT_FOREVER) -> int:
    """wait_interruptible() as one of several equals, of whom a wake-up wakes one: accept()."""
    me = need_current()
    e = task_wait(me)
    prepare_to_wait_exclusive(wq, e, const.TASK_INTERRUPTIBLE)
    return sleep_on(me, wq, e, timeout_ns)


def sleep_on(me: Task, wq: WaitQueueHead, e: TaskWait, timeout_ns: int) -> int:
    """sleep_on_common(): e hangs on wq and the state is set."""
    try:
        timeout_ns = schedule_timeout(timeout_ns)
    finally:
        finish_wait(wq, e)
    if me.signal_pending():
        raise OSError(errno.EINTR, "Interrupted system call")
    return timeout_ns
