"""CPUs, contexts, interrupts that wait."""

from __future__ import annotations

import pytest

import softnet.machine.cpu as cpu_
from softnet.machine.clock import World
from softnet.machine.cpu import Cpu, Interrupt, OnCpu


def make(ncpus: int = 2) -> list[Cpu]:
    return World().new_machine("h1", ncpus=ncpus).cpus


def test_outside_every_host_there_is_no_cpu() -> None:
    assert cpu_.this_cpu() is None
    assert not cpu_.in_irq()
    assert not cpu_.in_softirq()
    assert not cpu_.in_interrupt()
    assert not cpu_.in_atomic()
    assert cpu_.in_task()


def test_set_this_cpu_answers_the_previous_one() -> None:
    a, b = make()
    assert cpu_.set_this_cpu(a) is None
    assert cpu_.set_this_cpu(b) is a
    assert cpu_.this_cpu() is b
    assert cpu_.smp_processor_id() == 1
    assert cpu_.set_this_cpu(None) is b


def test_on_cpu_restores_also_after_an_exception() -> None:
    a, b = make()
    with OnCpu(a):
        with pytest.raises(KeyError), OnCpu(b):
            raise KeyError
        assert cpu_.this_cpu() is a
    assert cpu_.this_cpu() is None


def test_contexts() -> None:
    (cpu, _) = make()
    with OnCpu(cpu):
        assert cpu_.in_task()
        assert cpu.idle()
        cpu_.irq_enter(cpu)
        assert cpu_.in_irq()
        assert cpu_.in_interrupt()
        assert cpu_.in_atomic()
        assert not cpu_.in_task()
        assert not cpu_.in_softirq()
        cpu_.irq_exit(cpu)
        cpu.softirq_count = 2  # local_bh_disable()
        assert cpu_.in_softirq()
        assert cpu_.in_task()
        assert not cpu_.in_serving_softirq()
        cpu.softirq_count = 1
        assert cpu_.in_serving_softirq()
        assert not cpu_.in_task()
        cpu.softirq_count = 0
        assert cpu.idle()


def test_preempt_disable_nests_and_is_atomic() -> None:
    (cpu, _) = make()
    with OnCpu(cpu):
        cpu_.preempt_disable()
        cpu_.preempt_disable()
        cpu_.preempt_enable()
        assert cpu_.in_atomic()
        cpu_.preempt_enable()
        assert not cpu_.in_atomic()
        with pytest.raises(AssertionError):
            cpu_.preempt_enable()


def test_irq_exit_without_irq_enter_is_a_bug() -> None:
    (cpu, _) = make()
    with OnCpu(cpu), pytest.raises(AssertionError):
        cpu_.irq_exit(cpu)


class Note(Interrupt):
    """Writes down that it was delivered."""

    def __init__(self, log: list[str], name: str) -> None:
        self.log = log
        self.name = name

    def deliver(self) -> None:
        self.log.append(self.name)


def test_the_outermost_local_irq_enable_lets_interrupts_in_by_order() -> None:
    (cpu, _) = make()
    log: list[str] = []
    with OnCpu(cpu):
        cpu_.local_irq_disable()
        cpu_.local_irq_disable()
        cpu.irq_pending = [Note(log, "a"), Note(log, "b")]
        cpu_.local_irq_enable()
        assert log == []
        cpu_.local_irq_enable()
        assert log == ["a", "b"]
        assert cpu.irq_pending is None
        with pytest.raises(AssertionError):
            cpu_.local_irq_enable()


def test_irq_exit_lets_in_what_waited() -> None:
    (cpu, _) = make()
    log: list[str] = []
    with OnCpu(cpu):
        cpu_.irq_enter(cpu)
        cpu_.irq_enter(cpu)
        cpu.irq_pending = [Note(log, "a")]
        cpu_.irq_exit(cpu)
        assert log == []
        cpu_.irq_exit(cpu)
        assert log == ["a"]


def test_a_cpu_shows_whose_it_is() -> None:
    assert repr(make()[1]) == "<Cpu h1/1>"
