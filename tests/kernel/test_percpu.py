"""One of it per CPU."""

from __future__ import annotations

from softnet.kernel.percpu import PerCpu, PercpuCounter
from softnet.machine.clock import World
from softnet.machine.cpu import OnCpu


def test_every_cpu_has_its_own() -> None:
    world = World()
    machine, other = world.new_machine("a", ncpus=2), world.new_machine("b")
    lists: PerCpu[list[int]] = PerCpu("lists", list)
    with OnCpu(machine.cpus[1]):
        lists.this().append(7)
    assert lists.all(machine) == [[], [7]]
    assert lists.all(other) == [[]]
    assert lists.ptr(machine.cpus[1]) is lists.all(machine)[1]


def test_two_variables_of_one_name_are_two() -> None:
    cpu = World().new_machine("a").cpus[0]
    a: PerCpu[list[int]] = PerCpu("x", list)
    b: PerCpu[list[int]] = PerCpu("x", list)
    a.ptr(cpu).append(1)
    assert b.ptr(cpu) == []


def test_counter() -> None:
    counter = PercpuCounter()
    counter.add(5)
    counter.inc()
    counter.dec()
    assert counter.count == counter.read_positive() == 5
    counter.add(-9)
    assert counter.count == -4
    assert counter.read_positive() == counter.sum_positive() == 0
    assert PercpuCounter(3).sum_positive() == 3
