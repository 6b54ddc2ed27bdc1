"""A world whose hosts run unmodified programs: Bench, and the fixtures bench and net."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from softnet.fs.file import FdTable
from softnet.host import Host
from softnet.kernel.boot import start_kernel
from softnet.kernel.sched import Task, blocked_tasks, crash_tasks, spawn
from softnet.machine.clock import World
from softnet.usr import api as usr


class BareHost:
    """A machine with a kernel and no network: for programs that need none."""

    def __init__(self, world: World, name: str) -> None:
        self.machine = world.new_machine(name)
        start_kernel(self.machine)

    def spawn(
        self, fn: Callable[..., object], *args: object, name: str = "", fd_base: int = 0
    ) -> Task:
        """A process without a network namespace."""
        task = spawn(self.machine, fn, *args, name=name, keep_exception=True)
        task.files = FdTable(fd_base)
        return task


class Bench:
    """One world; run(fn) runs fn as a program of host h1 to its end."""

    def __init__(self, seed: int = 1) -> None:
        self.world = World(seed=seed)
        self.hosts: dict[str, Any] = {}

    def host(self, name: str) -> BareHost:
        """The host of that name, made at first sight."""
        if name not in self.hosts:
            self.hosts[name] = BareHost(self.world, name)
        host: BareHost = self.hosts[name]
        return host

    def network(self, name: str = "h1") -> Any:
        """The same with a network: lo is up."""
        if name not in self.hosts:
            self.hosts[name] = Host(self.world, name)
        return self.hosts[name]

    def start(self, fn: Callable[..., object], *args: object, host: str = "h1") -> Any:
        """Start a program."""
        return usr.run_main(self.host(host), fn, *args)

    def run(self, fn: Callable[..., object], *args: object, host: str = "h1") -> Any:
        """Run a program to its end."""
        process = self.start(fn, *args, host=host)
        reason = self.world.run(predicate=process.finished)
        assert process.finished(), f"it hangs ({reason}): {blocked_tasks(self.world)}"
        return process.result()

    def now(self) -> float:
        """Virtual seconds."""
        return float(self.world.clock.now) / 1e9

    def close(self) -> None:
        """Every machine loses power."""
        for host in self.hosts.values():
            crash_tasks(host.machine)


@pytest.fixture
def net() -> Iterator[Bench]:
    """bench, whose host h1 has a network."""
    usr.install()
    bench = Bench()
    try:
        bench.network()
        yield bench
    finally:
        bench.close()
        usr.uninstall()


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Installed for the length of a test."""
    usr.install()
    bench = Bench()
    try:
        yield bench
    finally:
        bench.close()
        usr.uninstall()
