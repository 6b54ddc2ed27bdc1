"""One of it per CPU, made when first asked for.

Linux: include/linux/percpu.h, lib/percpu_counter.c
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from softnet.machine.cpu import Board, Cpu, this_cpu

T = TypeVar("T")


class PerCpu(Generic[T]):
    """DEFINE_PER_CPU: a variable of which every CPU of every machine has its own.

    flow_cache = PerCpu("flow_cache", FlowCache);  flow_cache.this().hits += 1
    """

    __slots__ = ("name", "factory")

    name: str
    factory: Callable[[], T]

    def __init__(self, name: str, factory: Callable[[], T]) -> None:
        self.name = name
        self.factory = factory

    def ptr(self, cpu: Cpu) -> T:
        """per_cpu_ptr(): the one of a CPU."""
        found: T | None = cpu.percpu.get(self)
        if found is None:
            found = self.factory()
            cpu.percpu[self] = found
        return found

    def this(self) -> T:
        """this_cpu_ptr()"""
        return self.ptr(this_cpu())

    def all(self, machine: Board) -> list[T]:
        """Those of every CPU of a machine, in order."""
        return [self.ptr(cpu) for cpu in machine.cpus]


class PercpuCounter:
    """struct percpu_counter. One thread needs no shares: it is exact, and so are its sums."""

    __slots__ = ("count",)

    count: int

    def __init__(self, amount: int = 0) -> None:
        self.count = amount

    def add(self, amount: int) -> None:
        """percpu_counter_add()"""
        self.count += amount

    def inc(self) -> None:
        """percpu_counter_inc()"""
        self.count += 1

    def dec(self) -> None:
        """percpu_counter_dec()"""
        self.count -= 1

    def read_positive(self) -> int:
        """percpu_counter_read_positive(): never below 0."""
        return max(self.count, 0)

    def sum_positive(self) -> int:
        """percpu_counter_sum_positive()"""
        return max(self.count, 0)
