"""Interrupt lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import softnet.arch.const as const
from softnet.machine.clock import World
from softnet.machine.cpu import OnCpu, in_irq, local_irq_disable, local_irq_enable, this_cpu
from softnet.machine.irq import NR_IRQS, IrqAction, IrqLine, smp_call_function_single
from softnet.machine.machine import Machine


class Handler(IrqAction):
    """Counts; lowers a level line unless told otherwise; says where it ran."""

    def __init__(self, line: IrqLine | None = None, answer: int = const.IRQ_HANDLED) -> None:
        IrqAction.__init__(self)
        self.line = line
        self.answer = answer
        self.cpus: list[int] = []
        self.then: Callable[[], object] | None = None

    def handler(self, irq: int) -> int:
        assert in_irq()
        self.cpus.append(this_cpu().id)
        if self.line is not None:
            self.line.lower_irq()
        if self.then is not None:
            self.then()
        return self.answer


def make(ncpus: int = 2, level: bool = False) -> tuple[World, Machine, IrqLine]:
    world = World()
    machine = world.new_machine("h1", ncpus=ncpus)
    return world, machine, machine.irq.alloc_line(level)


def test_an_edge_runs_the_handler_at_once_on_its_cpu() -> None:
    _, machine, line = make()
    handler = Handler()
    machine.irq.request_irq(line.irq, handler)
    line.set_affinity(machine.cpus[1])
    line.raise_irq()
    assert handler.cpus == [1]
    assert this_cpu() is None
    assert line.counts == [0, 1]
    assert machine.cpus[1].hardirq_count == 0


def test_a_masked_line_remembers_one_edge() -> None:
    _, machine, line = make()
    handler = Handler()
    machine.irq.request_irq(line.irq, handler)
    machine.irq.disable_irq(line.irq)
    machine.irq.disable_irq(line.irq)
    line.raise_irq()
    line.raise_irq()
    machine.irq.enable_irq(line.irq)
    assert handler.cpus == []
    machine.irq.enable_irq(line.irq)
    assert handler.cpus == [0]
    with pytest.raises(AssertionError):
        machine.irq.enable_irq(line.irq)


def test_a_level_line_interrupts_until_it_is_lowered() -> None:
    _, machine, line = make(level=True)
    handler = Handler()
    machine.irq.request_irq(line.irq, handler)

    def lower_at_the_third() -> None:
        if len(handler.cpus) == 3:
            line.lower_irq()

    handler.then = lower_at_the_third
    line.raise_irq()
    assert handler.cpus == [0, 0, 0]


def test_a_masked_level_line_that_went_down_is_forgotten() -> None:
    _, machine, line = make(level=True)
    handler = Handler(line)
    machine.irq.request_irq(line.irq, handler)
    machine.irq.disable_irq(line.irq)
    line.raise_irq()
    line.lower_irq()
    machine.irq.enable_irq(line.irq)
    assert handler.cpus == []


def test_interrupts_off_on_the_cpu_delay_the_handler() -> None:
    _, machine, line = make()
    handler = Handler()
    machine.irq.request_irq(line.irq, handler)
    with OnCpu(machine.cpus[0]):
        local_irq_disable()
        line.raise_irq()
        line.raise_irq()
        assert handler.cpus == []
        local_irq_enable()
        assert handler.cpus == [0]


def test_an_edge_during_its_own_handler_runs_it_once_more() -> None:
    _, machine, line = make()
    handler = Handler()
    machine.irq.request_irq(line.irq, handler)

    def again() -> None:
        if len(handler.cpus) == 1:
            line.raise_irq()
            line.raise_irq()

    handler.then = again
    line.raise_irq()
    assert handler.cpus == [0, 0]


def test_another_line_waits_for_the_handler_that_runs() -> None:
    _, machine, line = make()
    other = machine.irq.alloc_line()
    order: list[str] = []
    first, second = Handler(), Handler()
    machine.irq.request_irq(line.irq, first)
    machine.irq.request_irq(other.irq, second)

    def raise_other() -> None:
        other.raise_irq()
        order.append("first done")

    first.then = raise_other
    second.then = lambda: order.append("second")
    line.raise_irq()
    assert order == ["first done", "second"]


def test_a_busy_cpu_reaches_another_by_an_event_at_the_same_instant() -> None:
    world, machine, line = make()
    handler = Handler()
    machine.irq.request_irq(line.irq, handler)
    line.set_affinity(machine.cpus[1])
    with OnCpu(machine.cpus[0]) as cpu:
        cpu.softirq_count = 1
        line.raise_irq()
        line.raise_irq()
        cpu.softirq_count = 0
    assert handler.cpus == []
    world.run()
    assert handler.cpus == [1]
    assert world.clock.now == 0


def test_handlers_of_a_shared_line_all_run() -> None:
    _, machine, line = make()
    a, b = Handler(answer=const.IRQ_NONE), Handler()
    machine.irq.request_irq(line.irq, a, "a")
    machine.irq.request_irq(line.irq, b, "b")
    line.raise_irq()
    assert (a.cpus, b.cpus) == ([0], [0])
    with pytest.raises(OSError, match="already"):
        machine.irq.request_irq(line.irq, a)
    machine.irq.free_irq(line.irq, a)
    with pytest.raises(OSError, match="not on this line"):
        machine.irq.free_irq(line.irq, a)
    line.raise_irq()
    assert (a.cpus, b.cpus) == ([0], [0, 0])


def test_request_irq_gets_the_interrupt_that_waits() -> None:
    _, machine, line = make()
    line.raise_irq()
    handler = Handler()
    machine.irq.request_irq(line.irq, handler)
    assert handler.cpus == [0]


def test_a_handler_that_raises_leaves_the_context_right() -> None:
    _, machine, line = make()
    handler = Handler()

    def fail() -> None:
        raise ZeroDivisionError

    handler.then = fail
    machine.irq.request_irq(line.irq, handler)
    with pytest.raises(ZeroDivisionError):
        line.raise_irq()
    assert machine.cpus[0].hardirq_count == 0
    assert this_cpu() is None
    handler.then = None
    line.raise_irq()
    assert len(handler.cpus) == 2


def test_a_line_nobody_cares_for_is_shut_off() -> None:
    _, machine, line = make(level=True)
    said: list[str] = []
    machine.console = said.append
    handler = Handler(answer=const.IRQ_NONE)
    machine.irq.request_irq(line.irq, handler)
    line.raise_irq()
    assert len(handler.cpus) == 100_000
    assert line.shut_off
    assert said == [f"irq {line.irq}: nobody cared, disabled"]


def test_line_numbers_have_bounds() -> None:
    _, machine, _ = make()
    with pytest.raises(OSError, match="no such"):
        machine.irq.line(NR_IRQS)
    while machine.irq.next_free < NR_IRQS:
        machine.irq.alloc_line()
    with pytest.raises(OSError, match="out of"):
        machine.irq.alloc_line()


def test_smp_call_function_runs_in_hardirq_on_the_other_cpu() -> None:
    world, machine, _ = make()
    seen: list[tuple[int, bool]] = []
    with OnCpu(machine.cpus[0]):
        smp_call_function_single(machine.cpus[1], lambda: seen.append((this_cpu().id, in_irq())))
    assert seen == []
    world.run()
    assert seen == [(1, True)]


def test_smp_call_function_waits_for_interrupts_to_be_on() -> None:
    world, machine, _ = make()
    seen: list[int] = []
    target = machine.cpus[1]
    target.irqs_disabled = 1
    smp_call_function_single(target, lambda: seen.append(1))
    world.run()
    assert seen == []
    with OnCpu(target):
        local_irq_enable()
    assert seen == [1]


def test_smp_call_function_on_this_cpu_calls_at_once() -> None:
    _, machine, line = make()
    handler = Handler()
    machine.irq.request_irq(line.irq, handler)
    seen: list[int] = []

    def call() -> None:
        line.raise_irq()
        seen.append(len(handler.cpus))

    with OnCpu(machine.cpus[0]) as cpu:
        smp_call_function_single(cpu, call)
    assert seen == [0]
    assert handler.cpus == [0], "interrupts were off meanwhile"
