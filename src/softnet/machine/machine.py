"""Machine: the parts on one board.

    machine = world.new_machine("h1", ncpus=2)
    machine.cpus[0], machine.irq, machine.memory, machine.bus, machine.random

It is bare hardware: kernel/boot.py, or host.py for a whole host, puts a kernel on it. Its host id
is its number in the world, counted from 1; events of lower ids come first at the same instant.
"""

from __future__ import annotations

from typing import Any

from softnet.machine.bus import Bus
from softnet.machine.cpu import Board, Cpu
from softnet.machine.entropy import RandomStream
from softnet.machine.irq import IrqController
from softnet.machine.memory import RAM_DEFAULT, Memory

NCPUS_MAX = 64  # a pending-CPU mask must fit an i64 with room to spare


class Machine(Board):
    """One simulated computer."""

    __slots__ = ("irq", "memory", "bus")

    irq: IrqController
    memory: Memory
    bus: Bus

    def __init__(self, world: Any, name: str, host_id: int, ncpus: int = 1, ram: int = 0) -> None:
        Board.__init__(self, name, host_id, world.clock, world.queue)
        if not 1 <= ncpus < NCPUS_MAX:
            raise ValueError(f"a machine has 1 to {NCPUS_MAX - 1} CPUs")
        self.world = world
        for n in range(ncpus):
            self.cpus.append(Cpu(self, n))
        self.boot_cpu = self.cpus[0]
        self.random = RandomStream(world.seed, "host:" + name)
        self.irq = IrqController(self)
        self.memory = Memory(ram or RAM_DEFAULT)
        self.bus = Bus(self, self.irq)

    def __repr__(self) -> str:
        return f"<Machine {self.name!r}>"
