"""A machine with a booted kernel and nothing else: what files and waiting need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from softnet.fs.file import FdTable
from softnet.kernel.boot import start_kernel
from softnet.kernel.sched import spawn
from softnet.machine.clock import World


class Box:
    """One machine; run() plays functions on it as tasks of one process, to their end."""

    def __init__(self) -> None:
        self.world = World(seed=1)
        self.machine = self.world.new_machine("box")
        start_kernel(self.machine)
        self.files = FdTable()

    def run(self, *fns: Callable[[], Any]) -> list[Any]:
        """Results in the order of fns; an exception that one lets out is raised."""
        tasks = [spawn(self.machine, fn, name=f"t{i}") for i, fn in enumerate(fns)]
        for task in tasks:
            task.files = self.files
        self.world.run()
        assert all(task.finished() for task in tasks), "a task never ended"
        return [task.result() for task in tasks]

    @property
    def now(self) -> int:
        """Virtual nanoseconds."""
        return self.world.clock.now


@pytest.fixture
def box() -> Box:
    return Box()
