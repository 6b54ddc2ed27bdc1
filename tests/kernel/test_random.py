"""The host's luck."""

from __future__ import annotations

from softnet.kernel.random import (
    RandomStream,
    get_random_bytes,
    net_random,
    random32,
    reciprocal_scale,
)
from softnet.machine.clock import World
from softnet.machine.cpu import OnCpu


def test_it_is_the_stream_of_this_machine() -> None:
    world = World(seed=9)
    machine = world.new_machine("h1")
    world.new_machine("h2")
    twin = RandomStream(9, "host:h1")
    with OnCpu(machine.cpus[0]):
        assert get_random_bytes(5) == twin.bytes(5)
        assert net_random() == twin.u32()
        assert random32() == twin.u32()


def test_scaling() -> None:
    assert reciprocal_scale(0, 10) == 0
    assert reciprocal_scale((1 << 32) - 1, 10) == 9
    assert reciprocal_scale(1 << 31, 10) == 5
