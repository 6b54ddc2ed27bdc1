"""Read-side sections and grace periods."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.kernel.lock as lock_
from softnet.kernel.lock import LockdepError
from softnet.kernel.rcu import (
    CallRcu,
    call_rcu,
    rcu_barrier,
    rcu_dereference,
    rcu_read_lock,
    rcu_read_lock_bh,
    rcu_read_lock_held,
    rcu_read_unlock,
    rcu_read_unlock_bh,
    rcu_state,
    synchronize_rcu,
)
from softnet.kernel.sched import SchedulingError, nsleep, schedule, spawn
from softnet.machine.clock import World
from softnet.machine.cpu import OnCpu, in_serving_softirq, in_softirq
from softnet.machine.machine import Machine


@pytest.fixture(autouse=True)
def checked() -> Iterator[None]:
    was = lock_.lockdep.enabled
    lock_.lockdep.set_enabled(True)
    yield
    lock_.lockdep.set_enabled(was)


@pytest.fixture
def machine() -> Machine:
    return World().new_machine("h1")


def test_a_callback_runs_after_the_section_it_was_queued_in(machine: Machine) -> None:
    log: list[str] = []

    def freed() -> None:
        assert in_serving_softirq()
        log.append("freed")

    def body() -> None:
        rcu_read_lock()
        call_rcu(CallRcu(freed))
        rcu_read_lock_bh()
        rcu_read_unlock_bh()
        log.append("read")
        rcu_read_unlock()
        log.append("unlocked")

    spawn(machine, body)
    machine.world.run()
    assert log == ["read", "unlocked", "freed"]
    assert rcu_state(machine).completed == 1
    assert rcu_state(machine).waiting == 0


def test_callbacks_run_in_order_and_those_they_add_in_the_next_period(machine: Machine) -> None:
    log: list[str] = []

    def first() -> None:
        log.append("1")
        call_rcu(CallRcu(lambda: log.append("3")))

    with OnCpu(machine.cpus[0]):
        call_rcu(CallRcu(first))
        call_rcu(CallRcu(lambda: log.append("2")))
    assert rcu_state(machine).waiting == 2
    machine.world.run()
    assert log == ["1", "2", "3"]
    assert rcu_state(machine).completed == 2


def test_a_head_cannot_wait_twice(machine: Machine) -> None:
    head = CallRcu(lambda: None)
    call_rcu(head, machine)
    with pytest.raises(AssertionError):
        call_rcu(head, machine)


def test_one_that_raises_leaves_the_others(machine: Machine) -> None:
    log: list[str] = []

    def fail() -> None:
        raise ZeroDivisionError

    for fn in (fail, lambda: log.append("a"), lambda: log.append("b")):
        call_rcu(CallRcu(fn), machine)
    with pytest.raises(ZeroDivisionError):
        machine.world.run()
    assert machine.cpus[0].idle()
    machine.world.run()
    assert log == ["a", "b"]


def test_synchronize_rcu_lets_readers_finish(machine: Machine) -> None:
    log: list[str] = []

    def writer() -> None:
        log.append("unlinked")
        synchronize_rcu()
        log.append("freed")

    def reader() -> None:
        rcu_read_lock()
        log.append("reader")
        rcu_read_unlock()

    spawn(machine, writer)
    spawn(machine, reader)
    machine.world.run()
    assert log == ["unlinked", "reader", "freed"]


def test_synchronize_rcu_inside_a_section_would_wait_for_itself(machine: Machine) -> None:
    def body() -> None:
        rcu_read_lock()
        try:
            synchronize_rcu()
        finally:
            rcu_read_unlock()

    spawn(machine, body)
    with pytest.raises(SchedulingError):
        machine.world.run()
    with OnCpu(machine.cpus[0]):
        synchronize_rcu()
        rcu_read_lock()
        with pytest.raises(LockdepError, match="itself"):
            synchronize_rcu()
        rcu_read_unlock()


def test_a_section_that_sleeps_is_found(machine: Machine) -> None:
    def body() -> None:
        rcu_read_lock()
        try:
            nsleep(5)
        finally:
            rcu_read_unlock()

    spawn(machine, body)
    with pytest.raises(SchedulingError, match="atomic"):
        machine.world.run()


def test_a_section_open_over_a_grace_period_is_found(machine: Machine) -> None:
    call_rcu(CallRcu(lambda: None), machine)
    machine.cpus[0].rcu_nesting = 1
    with pytest.raises(LockdepError, match="over a grace period"):
        machine.world.run()


def test_sections_balance(machine: Machine) -> None:
    with OnCpu(machine.cpus[0]) as cpu:
        with pytest.raises(LockdepError, match="without"):
            rcu_read_unlock()
        rcu_read_lock()
        rcu_read_lock()
        rcu_read_unlock()
        assert rcu_read_lock_held()
        rcu_read_unlock()
        assert not rcu_read_lock_held()
        assert cpu.idle()
        rcu_read_lock_bh()
        assert in_softirq()
        rcu_read_unlock_bh()
        assert cpu.idle()


def test_dereference_belongs_into_a_section(machine: Machine) -> None:
    p = object()
    with OnCpu(machine.cpus[0]):
        with pytest.raises(LockdepError, match="outside"):
            rcu_dereference(p)
        rcu_read_lock()
        assert rcu_dereference(p) is p
        rcu_read_unlock()
        rcu_read_lock_bh()
        assert rcu_dereference(p) is p
        rcu_read_unlock_bh()
        lock_.lockdep.set_enabled(False)
        assert rcu_dereference(p) is p
        assert rcu_read_lock_held()


def test_barrier_runs_what_waits(machine: Machine) -> None:
    log: list[str] = []
    call_rcu(CallRcu(lambda: log.append("a")), machine)
    rcu_barrier(machine)
    assert log == ["a"]
    machine.world.run()
    assert log == ["a"]


def test_callbacks_take_turns_with_tasks(machine: Machine) -> None:
    log: list[str] = []

    def body() -> None:
        for _ in range(3):
            log.append("t")
            call_rcu(CallRcu(lambda: log.append("r")))
            schedule()

    spawn(machine, body)
    machine.world.run()
    assert "".join(log) == "trtrtr"
