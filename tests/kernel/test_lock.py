"""Locks: what lockdep finds, and the mutex that waits."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator

import pytest

import softnet.arch.const as const
import softnet.kernel.lock as lock_
from softnet.kernel.lock import (
    LockdepError,
    Mutex,
    RwLock,
    SeqLock,
    SpinLock,
    debug_locks_off_check,
    lockdep_assert_held,
)
from softnet.kernel.sched import SchedulingError, nsleep, spawn
from softnet.kernel.softirq import (
    SoftirqAction,
    local_bh_disable,
    local_bh_enable,
    open_softirq,
    raise_softirq,
)
from softnet.machine.clock import World
from softnet.machine.cpu import Cpu, OnCpu, in_softirq, irq_enter, irq_exit
from softnet.machine.machine import Machine

lockdep = lock_.lockdep


@pytest.fixture(autouse=True)
def checked() -> Iterator[None]:
    """lockdep on; what a test taught it is forgotten."""
    was = lockdep.enabled
    lockdep.forget()
    lockdep.set_enabled(True)
    yield
    lockdep.forget()
    lockdep.set_enabled(was)


@pytest.fixture
def machine() -> Machine:
    return World().new_machine("h1")


@pytest.fixture
def cpu(machine: Machine) -> Iterator[Cpu]:
    with OnCpu(machine.cpus[0]) as cpu:
        yield cpu
        cpu.held_locks = None


class Action(SoftirqAction):
    """Calls a function in softirq context."""

    def __init__(self, fn: Callable[[], object]) -> None:
        self.fn = fn

    def action(self) -> None:
        self.fn()


def in_softirq_context(fn: Callable[[], object]) -> None:
    open_softirq(const.BLOCK_SOFTIRQ, Action(fn))
    local_bh_disable()
    raise_softirq(const.BLOCK_SOFTIRQ)
    local_bh_enable()


def taken(lock: SpinLock) -> None:
    with lock:
        pass


def test_a_lock_is_held_between_lock_and_unlock(cpu: Cpu) -> None:
    a = SpinLock("a")
    assert not a.is_held()
    with a:
        assert a.is_held()
        assert cpu.preempt_count == 1
        lockdep_assert_held(a)
    assert not a.is_held()
    assert cpu.preempt_count == 0
    with pytest.raises(AssertionError, match="not held"):
        lockdep_assert_held(a)


def test_taking_it_twice_is_a_deadlock(cpu: Cpu) -> None:
    a = SpinLock("a")
    with a, pytest.raises(LockdepError, match="recursive"):
        a.lock()


def test_unlocking_what_is_not_held_is_a_bug(cpu: Cpu) -> None:
    with pytest.raises(LockdepError, match="not held"):
        SpinLock("a").unlock()


def test_order_is_learnt_by_class_not_by_lock(cpu: Cpu) -> None:
    with SpinLock("a"), SpinLock("b"):
        pass
    with SpinLock("b"), pytest.raises(LockdepError, match=r"a is taken inside b.*a > b"):
        SpinLock("a").lock()


def test_order_is_found_through_others(cpu: Cpu) -> None:
    a, b, c = SpinLock("a"), SpinLock("b"), SpinLock("c")
    with a, b:
        pass
    with b, c:
        pass
    with c, pytest.raises(LockdepError, match="a > b > c"):
        a.lock()


def test_two_locks_of_a_class_need_a_subclass(cpu: Cpu) -> None:
    a, b = SpinLock("sk"), SpinLock("sk")
    with a:
        with pytest.raises(LockdepError, match="recursive locking"):
            b.lock()
        b.lock_nested(1)
        assert b.is_held()
        b.unlock()


def test_out_of_order_release_is_fine(cpu: Cpu) -> None:
    a, b = SpinLock("a"), SpinLock("b")
    a.lock()
    b.lock()
    a.unlock()
    assert b.is_held()
    b.unlock()


def test_a_lock_of_softirqs_needs_bh_off_in_a_task(cpu: Cpu) -> None:
    a = SpinLock("a")
    in_softirq_context(lambda: taken(a))
    a.lock_bh()
    assert in_softirq()
    a.unlock_bh()
    assert not in_softirq()
    with pytest.raises(LockdepError, match="softirqs enabled"):
        a.lock()


def test_it_does_not_matter_which_was_seen_first(cpu: Cpu) -> None:
    a = SpinLock("a")
    taken(a)
    with pytest.raises(LockdepError, match="softirqs enabled"):
        in_softirq_context(a.lock)


def test_a_lock_of_hardirqs_needs_interrupts_off(cpu: Cpu) -> None:
    a = SpinLock("a")
    irq_enter(cpu)
    taken(a)
    irq_exit(cpu)
    a.lock_irq()
    assert cpu.irqs_disabled == 1
    a.unlock_irq()
    assert cpu.irqs_disabled == 0
    with pytest.raises(LockdepError, match="irqs enabled"):
        a.lock_bh()


def test_readers_in_a_softirq_bear_readers_with_softirqs_on(cpu: Cpu) -> None:
    rw = RwLock("rw")

    def read() -> None:
        rw.read_lock()
        rw.read_unlock()

    read()
    in_softirq_context(read)
    rw.write_lock_bh()
    rw.write_unlock_bh()
    with pytest.raises(LockdepError, match="softirqs enabled"):
        rw.write_lock()


def test_readers_nest_and_writers_do_not(cpu: Cpu) -> None:
    rw = RwLock("rw")
    rw.read_lock_bh()
    with pytest.raises(LockdepError):
        rw.write_lock()
    rw.read_unlock_bh()
    rw.write_lock_bh()
    with pytest.raises(LockdepError):
        rw.read_lock()


def test_an_interrupt_does_not_order_its_locks_behind_the_tasks(cpu: Cpu) -> None:
    a, b = SpinLock("a"), SpinLock("b")
    b.lock_irq()
    taken(a)  # b > a
    b.unlock_irq()
    with pytest.raises(LockdepError):
        with_irq_off(a, b)
    lockdep.forget()
    cpu.held_locks = None
    cpu.preempt_count = 0
    cpu.irqs_disabled = 0
    a.lock_irq()
    irq_enter(cpu)
    taken(b)  # in an interrupt that came while a was held: no order between them
    cpu.hardirq_count -= 1
    a.unlock_irq()
    b.lock_irq()
    taken(a)
    b.unlock_irq()


def with_irq_off(outer: SpinLock, inner: SpinLock) -> None:
    outer.lock_irq()
    inner.lock()


def test_sleeping_with_a_spinlock_is_named(machine: Machine) -> None:
    a = SpinLock("device_lock")

    def body() -> None:
        with a:
            nsleep(5)

    spawn(machine, body)
    with pytest.raises(SchedulingError, match="holding device_lock"):
        machine.world.run()


def test_off_it_neither_checks_nor_counts(machine: Machine) -> None:
    lockdep.set_enabled(False)
    with OnCpu(machine.cpus[0]) as cpu:
        a, b = SpinLock("a"), SpinLock("b")
        with a, b:
            assert cpu.preempt_count == 0
        with b, a:
            a.lock()
        a.lock_bh()
        assert in_softirq()
        a.unlock_bh()
        assert a.is_held()
        lockdep_assert_held(a)
        assert a.trylock()


def test_locks_outside_every_cpu_are_checked_too() -> None:
    a, b = SpinLock("a"), SpinLock("b")
    with a, b:
        assert a.is_held()
    with b, pytest.raises(LockdepError, match="circular"):
        a.lock()


def test_it_cannot_be_switched_while_locks_are_held() -> None:
    with SpinLock("a"), pytest.raises(AssertionError, match="held"):
        lockdep.set_enabled(False)


def test_seqlock_readers_notice_writers(cpu: Cpu) -> None:
    s = SeqLock("xtime")
    seq = s.read_begin()
    assert not s.read_retry(seq)
    s.write_lock()
    with pytest.raises(AssertionError):
        s.read_begin()
    s.write_unlock()
    assert s.read_retry(seq)
    assert not s.read_retry(s.read_begin())
    s.write_lock_bh()
    s.write_unlock_bh()
    with pytest.raises(AssertionError):
        s.write_unlock()


def test_a_mutex_waits_for_its_owner_first_come_first_served(machine: Machine) -> None:
    m = Mutex("rtnl_mutex")
    log: list[str] = []

    def body(name: str) -> None:
        with m:
            assert m.is_mine()
            log.append(f"{name} in")
            nsleep(10)
            log.append(f"{name} out")

    for name in "abc":
        spawn(machine, body, name)
    machine.world.run()
    assert log == ["a in", "a out", "b in", "b out", "c in", "c out"]
    assert not m.is_locked()
    assert machine.clock.now == 30


def test_a_mutex_held_while_asleep_is_still_held_after(machine: Machine) -> None:
    m, inner = Mutex("m"), Mutex("inner")

    def holder() -> None:
        with m:
            nsleep(10)
            assert lockdep.is_held(m)
            with inner:
                pass

    def other() -> None:
        nsleep(5)
        assert not lockdep.is_held(m)
        assert m.is_locked()
        assert not m.is_mine()

    spawn(machine, holder)
    spawn(machine, other)
    machine.world.run()


def test_mutexes_have_an_order_too(machine: Machine) -> None:
    a, b = Mutex("a"), Mutex("b")

    def one() -> None:
        with a, b:
            pass

    def two() -> None:
        with b, a:
            pass

    spawn(machine, one)
    machine.world.run()
    spawn(machine, two)
    with pytest.raises(LockdepError, match="circular"):
        machine.world.run()


def test_a_mutex_is_for_its_owner_and_outside_interrupts(machine: Machine) -> None:
    m = Mutex("m")
    with OnCpu(machine.cpus[0]) as cpu:
        with pytest.raises(LockdepError, match="not locked"):
            m.unlock()
        with m, pytest.raises(LockdepError, match="for ever"):
            m.lock()
        irq_enter(cpu)
        with pytest.raises(LockdepError, match="interrupt"):
            m.trylock()
        irq_exit(cpu)


def test_a_mutex_unlocked_by_another_task_is_a_bug(machine: Machine) -> None:
    m = Mutex("m")

    def holder() -> None:
        m.lock()
        nsleep(100)
        m.unlock()

    def thief() -> None:
        nsleep(1)
        m.unlock()

    spawn(machine, holder)
    spawn(machine, thief)
    with pytest.raises(LockdepError, match="owns it"):
        machine.world.run()
    machine.world.run()


def test_trylock_takes_only_a_free_mutex(machine: Machine) -> None:
    m = Mutex("m")
    assert m.trylock()
    assert m.is_mine()
    assert not m.trylock()
    m.unlock()


def test_lock_interruptible_gives_up_on_a_signal(machine: Machine) -> None:
    m = Mutex("m")
    m.lock()
    task = spawn(machine, m.lock_interruptible)
    machine.world.at(5, 1, task.signal_wake_up)
    machine.world.run()
    assert task.result() == -errno.EINTR
    m.unlock()
    again = spawn(machine, lambda: (m.lock_interruptible(), m.unlock()))
    machine.world.run()
    assert again.finished()


def test_locks_left_behind_are_named(cpu: Cpu) -> None:
    debug_locks_off_check(cpu)
    with SpinLock("left"), pytest.raises(LockdepError, match="left"):
        debug_locks_off_check(cpu)


def test_names_show() -> None:
    assert repr(SpinLock("a")) == "<SpinLock a>"
    assert repr(Mutex("b")) == "<Mutex b>"
    assert repr(RwLock("c")) == "<RwLock c>"
    assert repr(SeqLock("d")) == "<SeqLock d>"
