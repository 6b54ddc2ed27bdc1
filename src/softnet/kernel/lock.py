"""Locks where Linux has them. They check instead of waiting; only the mutex does wait.

Linux: kernel/lockdep.c, include/linux/spinlock.h, kernel/mutex.c, include/linux/seqlock.h

One OS thread runs everything, so a spinlock that is held when somebody wants it is a deadlock on a
real machine too. With `lockdep.enabled` each lock belongs to a class (its name), and these raise
LockdepError, a failing assertion:

    order      a class taken inside another, where elsewhere it was the other way round
    context    taken in a softirq, and elsewhere with softirqs on: the softirq could come in between
    recursion  taken twice; a second lock of its class without lock_nested()
    balance    unlocked when not held, held when a task sleeps or an interrupt returns

Without it, lock() and unlock() are one test of a flag. Only lock_bh() and the irq forms do
something.
"""

from __future__ import annotations

import errno
from operator import attrgetter
from typing import Any

import softnet.arch.const as const
from softnet.kernel.sched import Task, current, might_sleep, schedule_timeout
from softnet.kernel.softirq import local_bh_disable, local_bh_enable
from softnet.kernel.wait import (
    WaitQueueHead,
    finish_wait,
    prepare_to_wait_exclusive,
    task_wait,
    wake_up,
)
from softnet.machine.cpu import Cpu, local_irq_disable, local_irq_enable, this_cpu

# How a lock was taken.
WRITE = 0
READ = 1
SLEEPING = 2

# What a class was seen to do. A write lock is every lock but a reader's.
USED_IN_SOFTIRQ = 1
USED_IN_SOFTIRQ_READ = 2
SOFTIRQS_ON = 4
SOFTIRQS_ON_READ = 8
USED_IN_HARDIRQ = 16
USED_IN_HARDIRQ_READ = 32
HARDIRQS_ON = 64
HARDIRQS_ON_READ = 128

HELD_MAX = 48  # locks held at a time, as MAX_LOCK_DEPTH
CLASSES_MAX = 8191


class LockdepError(AssertionError):
    """A use of locks that can deadlock, or has."""


class LockClass:
    """All locks of one name: what is known of them together."""

    __slots__ = ("name", "usage", "after")

    name: str
    usage: int
    after: set[LockClass]  # classes taken while one of this was held

    def __init__(self, name: str) -> None:
        self.name = name
        self.usage = 0
        self.after = set()

    def __repr__(self) -> str:
        return self.name


CLASS_NAME = attrgetter("name")


class HeldLock:
    """One lock that is held."""

    __slots__ = ("lock", "cls", "how", "context")

    lock: object
    cls: LockClass
    how: int
    context: int  # 0 task, 1 softirq, 2 hardirq

    def __init__(self, lock: object, cls: LockClass, how: int, context: int) -> None:
        self.lock = lock
        self.cls = cls
        self.how = how
        self.context = context

    def __str__(self) -> str:
        return self.cls.name


class Lockdep:
    """The checker. Switch it by set_enabled(), while no lock is held."""

    __slots__ = ("enabled", "classes", "outside")

    enabled: bool
    classes: dict[str, LockClass]
    outside: list[HeldLock]  # held by code that runs on no CPU: a test's, a lab's

    def __init__(self) -> None:
        self.enabled = False
        self.classes = {}
        self.outside = []

    def set_enabled(self, on: bool) -> None:
        """Begin or end checking; what was learnt about the order is kept."""
        assert not self.outside, "lockdep is switched while locks are held"
        self.enabled = on

    def forget(self) -> None:
        """Unlearn every order and use: a test that broke the rules on purpose cleans up."""
        for cls in self.classes.values():
            cls.usage = 0
            cls.after.clear()
        self.outside.clear()

    def lock_class(self, name: str) -> LockClass:
        """The class of a name."""
        cls = self.classes.get(name)
        if cls is None:
            assert len(self.classes) < CLASSES_MAX, (
                "too many lock classes: name the class, not the lock"
            )
            cls = self.classes[name] = LockClass(name)
        return cls

    def held(self) -> list[HeldLock]:
        """What the running context holds."""
        cpu = this_cpu()
        if cpu is None:
            return self.outside
        if cpu.held_locks is None:
            cpu.held_locks = []
        return cpu.held_locks

    def is_held(self, lock: object) -> bool:
        """lockdep_is_held(); True whenever lockdep is off."""
        if not self.enabled:
            return True
        held = False
        for h in self.held():
            if h.lock is lock:
                held = True
        return held

    def acquire(self, lock: object, cls: LockClass, how: int) -> None:
        """lock_acquire(): check, then note that lock is held."""
        cpu = this_cpu()
        held = self.held()
        context = 0
        if cpu is not None:
            if cpu.hardirq_count:
                context = 2
            elif cpu.softirq_count & const.SOFTIRQ_OFFSET:
                context = 1
        assert len(held) < HELD_MAX, f"too many locks held: {held}"
        for h in held:
            if h.lock is lock and not (h.how == READ and how == READ):
                raise LockdepError(f"recursive locking of {cls}: it is held already")
        if how != SLEEPING:
            self.mark_usage(cpu, cls, how, context)
        elif context:
            raise LockdepError(f"{cls} may sleep, and is taken in an interrupt")
        for h in held:
            if h.context == context:
                self.add_dependency(h.cls, cls)
        held.append(HeldLock(lock, cls, how, context))
        if cpu is not None and how != SLEEPING:
            cpu.preempt_count += 1

    def release(self, lock: object) -> None:
        """lock_release()"""
        held = self.held()
        i = len(held) - 1
        while i >= 0:
            h: HeldLock = held[i]
            if h.lock is lock:
                break
            i -= 1
        if i < 0:
            raise LockdepError(f"unlock of {lock!r}, which is not held here")
        del held[i]
        cpu = this_cpu()
        if cpu is not None and h.how != SLEEPING:
            cpu.preempt_count -= 1

    def mark_usage(self, cpu: Cpu | None, cls: LockClass, how: int, context: int) -> None:
        """mark_irqflags(): from which contexts, and with what enabled, is this class taken?"""
        usage = 0
        if context == 2:
            usage = USED_IN_HARDIRQ_READ if how == READ else USED_IN_HARDIRQ
        else:
            if context == 1:
                usage = USED_IN_SOFTIRQ_READ if how == READ else USED_IN_SOFTIRQ
            if cpu is not None and cpu.irqs_disabled == 0:
                usage |= HARDIRQS_ON_READ if how == READ else HARDIRQS_ON
                if cpu.softirq_count == 0:
                    usage |= SOFTIRQS_ON_READ if how == READ else SOFTIRQS_ON
        if usage & ~cls.usage:
            cls.usage |= usage
            self.check_usage(cls)

    def check_usage(self, cls: LockClass) -> None:
        """Can an interrupt come while the lock is held, and want it?"""
        u = cls.usage
        if (u & USED_IN_SOFTIRQ and u & (SOFTIRQS_ON | SOFTIRQS_ON_READ)) or (
            u & USED_IN_SOFTIRQ_READ and u & SOFTIRQS_ON
        ):
            raise LockdepError(
                f"inconsistent lock state: {cls} is taken in a softirq, and with softirqs enabled:"
                " use lock_bh() in task context"
            )
        if (u & USED_IN_HARDIRQ and u & (HARDIRQS_ON | HARDIRQS_ON_READ)) or (
            u & USED_IN_HARDIRQ_READ and u & HARDIRQS_ON
        ):
            raise LockdepError(
                f"inconsistent lock state: {cls} is taken in a hardirq, and with irqs enabled:"
                " use lock_irq()"
            )

    def add_dependency(self, outer: LockClass, inner: LockClass) -> None:
        """check_prev_add(): inner is taken while outer is held. Was it ever the other way round?"""
        if inner in outer.after:
            return
        if inner is outer:
            raise LockdepError(f"possible recursive locking of {inner}: use lock_nested()")
        chain = self.find_path(inner, outer)
        if chain is not None:
            raise LockdepError(
                f"possible circular locking: {inner} is taken inside {outer}, and elsewhere "
                + " > ".join(c.name for c in chain)
            )
        outer.after.add(inner)

    def find_path(self, start: LockClass, goal: LockClass) -> list[LockClass] | None:
        """A chain of nestings from start to goal, if there is one."""
        seen = {start}
        paths = [[start]]
        while paths:
            path = paths.pop()
            for cls in sorted(path[len(path) - 1].after, key=CLASS_NAME):
                if cls is goal:
                    return [*path, cls]
                if cls not in seen:
                    seen.add(cls)
                    paths.append([*path, cls])
        return None


lockdep = Lockdep()
# A compiled module does not show its C globals; tests and host.py switch this one.
globals().update(lockdep=lockdep)


class SpinLock:
    """spinlock_t. `with lock:` is lock() and unlock()."""

    __slots__ = ("cls",)

    cls: LockClass

    def __init__(self, name: str) -> None:
        self.cls = lockdep.lock_class(name)

    def lock(self) -> None:
        """spin_lock()"""
        if lockdep.enabled:
            lockdep.acquire(self, self.cls, WRITE)

    def unlock(self) -> None:
        """spin_unlock()"""
        if lockdep.enabled:
            lockdep.release(self)

    def lock_nested(self, subclass: int) -> None:
        """spin_lock_nested(): inside another lock of its class, as its subclass-th kind."""
        if lockdep.enabled:
            lockdep.acquire(self, lockdep.lock_class(f"{self.cls.name}/{subclass}"), WRITE)

    def trylock(self) -> bool:
        """spin_trylock(): it is free, or this is a bug that lock() would find."""
        self.lock()
        return True

    def lock_bh(self) -> None:
        """spin_lock_bh()"""
        local_bh_disable()
        if lockdep.enabled:
            lockdep.acquire(self, self.cls, WRITE)

    def unlock_bh(self) -> None:
        """spin_unlock_bh(): serves pending softirqs if this was the outermost bh-off section."""
        if lockdep.enabled:
            lockdep.release(self)
        local_bh_enable()

    def lock_irq(self) -> None:
        """spin_lock_irqsave(): interrupts off, which nests."""
        local_irq_disable()
        if lockdep.enabled:
            lockdep.acquire(self, self.cls, WRITE)

    def unlock_irq(self) -> None:
        """spin_unlock_irqrestore()"""
        if lockdep.enabled:
            lockdep.release(self)
        local_irq_enable()

    def is_held(self) -> bool:
        """assert_spin_locked(); True whenever lockdep is off."""
        return lockdep.is_held(self)

    def __enter__(self) -> SpinLock:
        self.lock()
        return self

    def __exit__(self, *exc: object) -> None:
        self.unlock()

    def __repr__(self) -> str:
        return f"<SpinLock {self.cls.name}>"


class RwLock:
    """rwlock_t: readers together, a writer alone."""

    __slots__ = ("cls",)

    cls: LockClass

    def __init__(self, name: str) -> None:
        self.cls = lockdep.lock_class(name)

    def read_lock(self) -> None:
        """read_lock()"""
        if lockdep.enabled:
            lockdep.acquire(self, self.cls, READ)

    def read_unlock(self) -> None:
        """read_unlock()"""
        if lockdep.enabled:
            lockdep.release(self)

    def write_lock(self) -> None:
        """write_lock()"""
        if lockdep.enabled:
            lockdep.acquire(self, self.cls, WRITE)

    def write_unlock(self) -> None:
        """write_unlock()"""
        if lockdep.enabled:
            lockdep.release(self)

    def read_lock_bh(self) -> None:
        """read_lock_bh()"""
        local_bh_disable()
        self.read_lock()

    def read_unlock_bh(self) -> None:
        """read_unlock_bh()"""
        self.read_unlock()
        local_bh_enable()

    def write_lock_bh(self) -> None:
        """write_lock_bh()"""
        local_bh_disable()
        self.write_lock()

    def write_unlock_bh(self) -> None:
        """write_unlock_bh()"""
        self.write_unlock()
        local_bh_enable()

    def __repr__(self) -> str:
        return f"<RwLock {self.cls.name}>"


class SeqLock:
    """seqlock_t: writers count, readers try again when the count moved.

    while True:
        seq = lock.read_begin()
        ...
        if not lock.read_retry(seq):
            break
    """

    __slots__ = ("cls", "sequence")

    cls: LockClass
    sequence: int  # odd while written

    def __init__(self, name: str) -> None:
        self.cls = lockdep.lock_class(name)
        self.sequence = 0

    def write_lock(self) -> None:
        """write_seqlock()"""
        if lockdep.enabled:
            lockdep.acquire(self, self.cls, WRITE)
        self.sequence += 1
        assert self.sequence & 1, "two writers of a seqlock"

    def write_unlock(self) -> None:
        """write_sequnlock()"""
        assert self.sequence & 1, "write_unlock() of a seqlock nobody writes"
        self.sequence += 1
        if lockdep.enabled:
            lockdep.release(self)

    def write_lock_bh(self) -> None:
        """write_seqlock_bh()"""
        local_bh_disable()
        self.write_lock()

    def write_unlock_bh(self) -> None:
        """write_sequnlock_bh()"""
        self.write_unlock()
        local_bh_enable()

    def read_begin(self) -> int:
        """read_seqbegin(). Inside a write section it would spin for ever: an assertion here."""
        assert not self.sequence & 1, "read_begin() inside a write section"
        return self.sequence

    def read_retry(self, start: int) -> bool:
        """read_seqretry(): was it written since read_begin() gave start?"""
        return self.sequence != start

    def __repr__(self) -> str:
        return f"<SeqLock {self.cls.name}>"


class Mutex:
    """struct mutex: its owner may sleep, so others do wait for it, first come, first served."""

    __slots__ = ("cls", "locked", "owner", "wq")

    cls: LockClass
    locked: bool
    owner: Task | None  # None also when code outside every task holds it
    wq: WaitQueueHead

    def __init__(self, name: str) -> None:
        self.cls = lockdep.lock_class(name)
        self.locked = False
        self.owner = None
        self.wq = WaitQueueHead(name)

    def lock(self) -> None:
        """mutex_lock(): sleeps until it is free, deaf to signals."""
        might_sleep()
        me = current()
        while self.locked:
            self.wait(me, const.TASK_UNINTERRUPTIBLE)
        self.take(me)

    def lock_interruptible(self) -> int:
        """mutex_lock_interruptible(): 0, or -EINTR on a signal or kill()."""
        might_sleep()
        me = current()
        while self.locked:
            self.wait(me, const.TASK_INTERRUPTIBLE)
            if me is not None and self.locked and me.signal_pending():
                return -errno.EINTR
        self.take(me)
        return 0

    def trylock(self) -> bool:
        """mutex_trylock(): take it if it is free."""
        if self.locked:
            return False
        self.take(current())
        return True

    def unlock(self) -> None:
        """mutex_unlock(): by its owner."""
        if not self.locked:
            raise LockdepError(f"unlock of {self!r}, which is not locked")
        if self.owner is not current():
            raise LockdepError(f"unlock of {self!r} by {current()!r}, but {self.owner!r} owns it")
        if lockdep.enabled:
            lockdep.release(self)
        self.locked = False
        self.owner = None
        wake_up(self.wq)

    def is_locked(self) -> bool:
        """mutex_is_locked()"""
        return self.locked

    def is_mine(self) -> bool:
        """Does the running task (or, outside every task, such code) hold it?"""
        return self.locked and self.owner is current()

    def take(self, me: Task | None) -> None:
        """It is free: take it."""
        if lockdep.enabled:
            lockdep.acquire(self, self.cls, SLEEPING)
        self.locked = True
        self.owner = me

    def wait(self, me: Task | None, how: int) -> None:
        """Sleep till the owner lets go."""
        if me is None or me is self.owner:
            raise LockdepError(
                f"{self!r} is held by {self.owner!r}, and {me!r} would wait for ever"
            )
        e = task_wait(me)
        prepare_to_wait_exclusive(self.wq, e, how)
        try:
            schedule_timeout(-1)
        finally:
            finish_wait(self.wq, e)

    def __enter__(self) -> Mutex:
        self.lock()
        return self

    def __exit__(self, *exc: object) -> None:
        self.unlock()

    def __repr__(self) -> str:
        return f"<Mutex {self.cls.name}>"


def lockdep_assert_held(lock: Any) -> None:
    """Assert that the running context holds lock; nothing to say while lockdep is off."""
    assert lockdep.is_held(lock), f"{lock!r} is not held"


def debug_locks_off_check(cpu: Cpu) -> None:
    """Assert that cpu holds no lock, as when an interrupt or a system call returns."""
    if lockdep.enabled and cpu.held_locks:
        raise LockdepError(f"left with locks held: {', '.join(str(h) for h in cpu.held_locks)}")
