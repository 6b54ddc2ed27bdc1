"""A machine: its parts, and what an idle one costs."""

from __future__ import annotations

import tracemalloc

import pytest

from softnet.kernel.boot import start_kernel
from softnet.machine.clock import World
from softnet.machine.machine import Machine

IDLE_HOST_MAX = 64 * 1024  # bytes, for a machine, its kernel's share, an e1000's rings and buffers


def test_machines_are_numbered_from_one() -> None:
    world = World(seed=3)
    a, b = world.new_machine("a"), world.new_machine("b", ncpus=4, ram=64 << 20)
    assert (a.host_id, b.host_id) == (1, 2)
    assert [cpu.id for cpu in b.cpus] == [0, 1, 2, 3]
    assert b.boot_cpu is b.cpus[0]
    assert all(cpu.machine is b for cpu in b.cpus)
    assert a.memory.size == 512 << 20
    assert b.memory.size == 64 << 20
    assert repr(a) == "<Machine 'a'>"


def test_adding_a_machine_leaves_the_luck_of_the_others_alone() -> None:
    one = World(seed=3).new_machine("a")
    world = World(seed=3)
    world.new_machine("z")
    two = world.new_machine("a")
    assert one.random.bytes(20) == two.random.bytes(20)


@pytest.mark.parametrize("ncpus", [0, 64])
def test_a_machine_has_a_sane_number_of_cpus(ncpus: int) -> None:
    with pytest.raises(ValueError, match="CPUs"):
        World().new_machine("a", ncpus=ncpus)


def boot(world: World, name: str) -> Machine:
    """A machine with one network card's descriptor rings and posted buffers."""
    machine = world.new_machine(name)
    start_kernel(machine)
    for ring in ("tx", "rx"):
        machine.memory.coherent_buf(machine.memory.alloc_coherent(256 * 16, ring))
    slab = machine.memory.alloc_rx_slab(256, 2048, headroom=66, tailroom=384)
    for i in range(256):
        slab.post(i)
    return machine


def test_an_idle_machine_costs_little() -> None:
    world = World()
    boot(world, "warm")
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for n in range(10):
        boot(world, f"h{n}")
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert used / 10 < IDLE_HOST_MAX / 2, used
