"""Softirqs, ksoftirqd, tasklets."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import softnet.arch.const as const
from softnet.kernel.sched import schedule, spawn
from softnet.kernel.softirq import (
    SoftirqAction,
    Tasklet,
    do_softirq,
    irq_enter_here,
    irq_exit_here,
    local_bh_disable,
    local_bh_enable,
    local_bh_enable_nosoftirq,
    open_softirq,
    raise_softirq,
    raise_softirq_irqoff_nowake,
    tasklet_disable,
    tasklet_enable,
    tasklet_hi_schedule,
    tasklet_schedule,
)
from softnet.machine.clock import World
from softnet.machine.cpu import Cpu, OnCpu, in_serving_softirq, in_task, this_cpu

# Numbers that no part of the network uses.
FIRST = const.BLOCK_SOFTIRQ
SECOND = const.BLOCK_IOPOLL_SOFTIRQ


class Action(SoftirqAction):
    """Writes its name down, then does what it is told to."""

    def __init__(self, log: list[str], name: str) -> None:
        self.log = log
        self.name = name
        self.then: Callable[[], object] | None = None

    def action(self) -> None:
        assert in_serving_softirq()
        assert not in_task()
        self.log.append(self.name)
        if self.then is not None:
            self.then()


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def first(log: list[str]) -> Action:
    action = Action(log, "first")
    open_softirq(FIRST, action)
    return action


@pytest.fixture
def second(log: list[str]) -> Action:
    action = Action(log, "second")
    open_softirq(SECOND, action)
    return action


@pytest.fixture
def cpu() -> Iterator[Cpu]:
    with OnCpu(World().new_machine("h1").cpus[0]) as cpu:
        yield cpu


def test_irq_exit_serves_what_the_handler_raised(cpu: Cpu, log: list[str], first: Action) -> None:
    irq_enter_here()
    raise_softirq(FIRST)
    assert log == []
    irq_exit_here()
    assert log == ["first"]
    assert cpu.idle()


def test_they_run_by_number_once_however_often_raised(
    cpu: Cpu, log: list[str], first: Action, second: Action
) -> None:
    local_bh_disable()
    raise_softirq(SECOND)
    raise_softirq(FIRST)
    raise_softirq(FIRST)
    local_bh_enable()
    assert log == ["first", "second"]


def test_only_the_outermost_bh_enable_serves(cpu: Cpu, log: list[str], first: Action) -> None:
    local_bh_disable()
    local_bh_disable()
    raise_softirq(FIRST)
    local_bh_enable()
    do_softirq()
    assert log == []
    local_bh_enable()
    assert log == ["first"]


def test_irq_exit_inside_a_bh_off_section_waits_for_its_end(
    cpu: Cpu, log: list[str], first: Action
) -> None:
    local_bh_disable()
    irq_enter_here()
    raise_softirq(FIRST)
    irq_exit_here()
    assert log == []
    local_bh_enable()
    assert log == ["first"]


def test_bh_enable_in_a_hardirq_does_not_serve(cpu: Cpu, log: list[str], first: Action) -> None:
    irq_enter_here()
    local_bh_disable()
    raise_softirq(FIRST)
    local_bh_enable()
    assert log == []
    irq_exit_here()
    assert log == ["first"]


def test_one_that_is_raised_while_served_runs_in_the_next_round(
    cpu: Cpu, log: list[str], first: Action, second: Action
) -> None:
    def once() -> None:
        second.then = None
        raise_softirq(FIRST)

    second.then = once
    local_bh_disable()
    raise_softirq(SECOND)
    local_bh_enable()
    assert log == ["second", "first"]


def test_after_ten_rounds_ksoftirqd_takes_turns_with_the_tasks(
    cpu: Cpu, log: list[str], first: Action
) -> None:
    left = [35]

    def again() -> None:
        left[0] -= 1
        if left[0]:
            raise_softirq(FIRST)

    def task() -> None:
        for _ in range(5):
            log.append("task")
            schedule()

    first.then = again
    spawn(cpu.machine, task)
    local_bh_disable()
    raise_softirq(FIRST)
    local_bh_enable()
    assert log == ["first"] * 10
    cpu.machine.world.run()
    rounds = "".join("t" if name == "task" else "s" for name in log)
    assert rounds == "s" * 10 + "t" + "s" * 10 + "t" + "s" * 10 + "t" + "s" * 5 + "tt"
    assert cpu.softirq_pending == 0


def test_raising_outside_an_interrupt_wakes_ksoftirqd(
    cpu: Cpu, log: list[str], first: Action
) -> None:
    raise_softirq(FIRST)
    assert log == []
    cpu.machine.world.run()
    assert log == ["first"]


def test_raising_without_waking_leaves_it_to_the_next_irq_exit(
    cpu: Cpu, log: list[str], first: Action
) -> None:
    raise_softirq_irqoff_nowake(FIRST)
    cpu.machine.world.run()
    assert log == []
    irq_enter_here()
    irq_exit_here()
    assert log == ["first"]


def test_an_action_that_raises_leaves_the_context_right_and_the_rest_pending(
    cpu: Cpu, log: list[str], first: Action, second: Action
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    first.then = fail
    local_bh_disable()
    raise_softirq(FIRST)
    raise_softirq(SECOND)
    with pytest.raises(ZeroDivisionError):
        local_bh_enable()
    assert cpu.idle()
    assert log == ["first"]
    first.then = None
    cpu.machine.world.run()
    assert log == ["first", "second"]


def test_an_action_must_leave_bh_as_it_found_it(cpu: Cpu, first: Action) -> None:
    first.then = local_bh_disable
    local_bh_disable()
    raise_softirq(FIRST)
    with pytest.raises(AssertionError, match="unbalanced"):
        local_bh_enable()
    assert cpu.idle()


def test_unbalanced_bh_enable_is_a_bug(cpu: Cpu) -> None:
    with pytest.raises(AssertionError):
        local_bh_enable()
    with pytest.raises(AssertionError):
        local_bh_enable_nosoftirq()


def test_bh_enable_without_serving(cpu: Cpu, log: list[str], first: Action) -> None:
    local_bh_disable()
    raise_softirq(FIRST)
    local_bh_enable_nosoftirq()
    assert log == []
    do_softirq()
    assert log == ["first"]


def test_a_softirq_nobody_serves_is_a_bug(cpu: Cpu) -> None:
    local_bh_disable()
    raise_softirq(const.SCHED_SOFTIRQ)
    with pytest.raises(AssertionError, match="nobody serves"):
        local_bh_enable()


class Note(Tasklet):
    """A tasklet that writes its name down."""

    def __init__(self, log: list[str], name: str) -> None:
        Tasklet.__init__(self)
        self.log = log
        self.name = name

    def func(self) -> None:
        assert in_serving_softirq()
        self.log.append(self.name)


def test_tasklets_run_once_in_order_high_ones_first(cpu: Cpu, log: list[str]) -> None:
    a, b, hi = Note(log, "a"), Note(log, "b"), Note(log, "hi")
    local_bh_disable()
    tasklet_schedule(a)
    tasklet_schedule(b)
    tasklet_schedule(a)
    tasklet_hi_schedule(hi)
    local_bh_enable()
    assert log == ["hi", "a", "b"]
    local_bh_disable()
    tasklet_schedule(a)
    local_bh_enable()
    assert log == ["hi", "a", "b", "a"]


def test_a_disabled_tasklet_waits(cpu: Cpu, log: list[str]) -> None:
    a, b = Note(log, "a"), Note(log, "b")
    tasklet_disable(a)
    local_bh_disable()
    tasklet_schedule(a)
    tasklet_schedule(b)
    local_bh_enable()
    assert log == ["b"]
    tasklet_enable(a)
    cpu.machine.world.run()
    assert log == ["b", "a"]


def test_softirqs_belong_to_their_cpu(log: list[str], first: Action) -> None:
    machine = World().new_machine("h2", ncpus=2)
    seen: list[int] = []
    first.then = lambda: seen.append(this_cpu().id)
    for cpu in reversed(machine.cpus):
        with OnCpu(cpu):
            raise_softirq(FIRST)
    machine.world.run()
    assert seen == [1, 0]
