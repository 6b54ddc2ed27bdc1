"""Booting the kernel's own part."""

from __future__ import annotations

from softnet.kernel.boot import start_kernel
from softnet.machine.clock import World


def test_start_kernel_fills_the_board_and_may_be_called_again() -> None:
    world = World()
    machine = world.new_machine("h1")
    start_kernel(machine)
    parts = (
        machine.timers,
        machine.sched,
        machine.log,
        machine.rcu,
        machine.workqueue,
        machine.sysctl,
    )
    assert all(part is not None for part in parts)
    start_kernel(machine)
    assert machine.timers is parts[0]
    assert machine.sysctl is parts[5]
    assert world.run() == "idle"
