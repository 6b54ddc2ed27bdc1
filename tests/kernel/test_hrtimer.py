"""Timers of one nanosecond."""

from __future__ import annotations

import softnet.arch.const as const
from softnet.kernel.hrtimer import (
    CallHrtimer,
    Hrtimer,
    hrtimer_active,
    hrtimer_cancel,
    hrtimer_forward,
    hrtimer_start,
    hrtimer_start_relative,
)
from softnet.machine.clock import World
from softnet.machine.cpu import in_irq, this_cpu
from softnet.machine.machine import Machine


def make() -> tuple[World, Machine, list[int]]:
    world = World()
    return world, world.new_machine("h1"), []


def test_it_fires_at_its_nanosecond_in_hardirq() -> None:
    world, machine, log = make()

    def fire() -> None:
        assert in_irq()
        assert this_cpu() is machine.cpus[0]
        log.append(world.clock.now)

    t = CallHrtimer(machine, fire)
    assert not hrtimer_start(t, 1_234_567)
    assert hrtimer_active(t)
    world.run()
    assert log == [1_234_567]
    assert not hrtimer_active(t)
    assert machine.cpus[0].idle()


def test_it_can_be_moved_and_cancelled() -> None:
    world, machine, log = make()
    t = CallHrtimer(machine, lambda: log.append(world.clock.now))
    hrtimer_start(t, 100)
    assert hrtimer_start(t, 50)
    world.run(until_ns=60)
    assert log == [50]
    hrtimer_start_relative(t, 7)
    assert hrtimer_cancel(t)
    assert not hrtimer_cancel(t)
    world.run()
    assert log == [50]
    hrtimer_start(t, 1)
    world.run()
    assert log == [50, 60], "a time that has passed means now"


class Periodic(Hrtimer):
    """Fires every 10 ns, skipping what it missed."""

    def __init__(self, machine: Machine, log: list[int]) -> None:
        Hrtimer.__init__(self, machine)
        self.log = log

    def hrtimer_function(self) -> int:
        self.log.append(self.machine.clock.now)
        if len(self.log) == 4:
            return const.HRTIMER_NORESTART
        assert hrtimer_forward(self, self.machine.clock.now, 10) == 1
        return const.HRTIMER_RESTART


def test_it_may_restart_itself() -> None:
    world, machine, log = make()
    hrtimer_start(Periodic(machine, log), 5)
    world.run()
    assert log == [5, 15, 25, 35]


def test_forward_counts_the_steps_it_takes() -> None:
    _, machine, _ = make()
    t = CallHrtimer(machine, lambda: None)
    t.when = 100
    assert hrtimer_forward(t, 99, 10) == 0
    assert (hrtimer_forward(t, 100, 10), t.when) == (1, 110)
    assert (hrtimer_forward(t, 145, 10), t.when) == (4, 150)
