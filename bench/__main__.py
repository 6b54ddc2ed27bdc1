"""Compare softnet with the kernel's loopback: `make bench`, or see --help.

Every round lets each peer take its turn; a row is judged on the median of the rounds' ratios. The
kernel's side runs with its default congestion control and with Reno, and the better of the two
counts in each round. Times are CPU time of the one thread, system time included.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import socket
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import softnet
from bench import programs
from bench.softnet_side import Simulation, syscall_segments, syscall_udp, syscall_udp_batch

ROUNDS = 7


@dataclass
class Row:
    """One comparison. `unit` is what a rate counts; `scale` how many units one turn of the loop is."""

    name: str
    program: Callable[..., float]
    count: int  # turns of the loop in a round, for both sides
    unit: str
    scale: float
    goal: float  # times the kernel's rate
    arguments: dict[str, Any] = field(default_factory=dict)
    stream: bool = False  # has a congestion control to choose


GBIT = 8 / 1e9

ROWS = [
    Row("udp64", programs.udp, 20000, "datagrams/s", 1, 5, {"size": 64}),
    Row("udp1400", programs.udp, 20000, "datagrams/s", 1, 5, {"size": 1400}),
    Row("bulk64k", programs.bulk, 4000, "Gbit/s", 65536 * GBIT, 3, {"size": 65536}, True),
    Row("bulk1m", programs.bulk, 400, "Gbit/s", (1 << 20) * GBIT, 3, {"size": 1 << 20}, True),
    Row("pingpong", programs.ping_pong, 10000, "round trips/s", 1, 3, {"size": 64}, True),
    Row("connect", programs.connect, 1500, "connections/s", 1, 3),
]

# The stack's own share: no sockets of Python, just system calls. Name, program, count, bytes, and at
# most how many ns there shall be.
CALLS: list[tuple[str, Callable[..., float], int, int, int]] = [
    ("udp64 sys_sendto + sys_recv_into", syscall_udp, 50000, 64, 900),
    ("udp1400 sys_sendto + sys_recv_into", syscall_udp, 50000, 1400, 900),
    ("udp64 in batches of 32", syscall_udp_batch, 50000, 64, 900),
    ("tcp 1448 sys_sendto + sys_recv_into", syscall_segments, 50000, 1448, 900),
]


@dataclass
class Result:
    """What the rounds gave: rates in the row's unit."""

    row: Row
    kernel: list[float] = field(default_factory=list)
    softnet: list[float] = field(default_factory=list)

    def ratios(self) -> list[float]:
        """softnet / kernel, round by round."""
        return [s / k for s, k in zip(self.softnet, self.kernel, strict=True)]

    def as_json(self) -> dict[str, Any]:
        """For --json."""
        ratios = self.ratios()
        return {
            "name": self.row.name,
            "unit": self.row.unit,
            "kernel": statistics.median(self.kernel),
            "softnet": statistics.median(self.softnet),
            "ratio": statistics.median(ratios),
            "ratios": ratios,
            "goal": self.row.goal,
            "met": statistics.median(ratios) >= self.row.goal,
        }


def reno_is_there() -> bool:
    """May a program choose Reno here?"""
    with socket.socket() as s:
        try:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
        except OSError:
            return False
    return True


def kernel_rate(row: Row, count: int, reno: bool) -> float:
    """The kernel's turn: the better of its congestion controls."""
    variants: list[dict[str, Any]] = [row.arguments]
    if row.stream and reno:
        variants.append({**row.arguments, "congestion": b"reno"})
    seconds = min(row.program(time.thread_time, count, **v) for v in variants)
    return count * row.scale / max(seconds, 1e-9)


def measure(rows: list[Row], rounds: int, share: float, sim: Simulation) -> list[Result]:
    """Every row's rounds; the first turn of each side is not counted."""
    reno = reno_is_there()
    results = [Result(row) for row in rows]
    for turn in range(rounds + 1):
        for result in results:
            row = result.row
            count = max(int(row.count * (share if turn else share / 10)), 1)
            gc.collect()
            kernel = kernel_rate(row, count, reno)
            gc.collect()
            ours = count * row.scale / sim.run(row.program, count, **row.arguments)
            if turn:
                result.kernel.append(kernel)
                result.softnet.append(ours)
        print(".", end="", file=sys.stderr, flush=True)
    return results


def measure_calls(rounds: int, share: float, sim: Simulation) -> list[dict[str, Any]]:
    """ns per turn of the loop."""
    out = []
    for name, program, full, size, goal in CALLS:
        count = max(int(full * share), 32)
        sim.run_syscalls(program, count // 10 + 32, size=size)
        costs = [sim.run_syscalls(program, count, size=size) / count * 1e9 for _ in range(rounds)]
        ns = statistics.median(costs)
        met = ns <= goal
        out.append({"name": name, "ns": ns, "best_ns": min(costs), "goal_ns": goal, "met": met})
        print(".", end="", file=sys.stderr, flush=True)
    return out


def about() -> dict[str, Any]:
    """The machine and the build."""
    model = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), model)
    package = Path(softnet.__file__).parent
    return {
        "cpu": model,
        "cpus": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "softnet": softnet.__version__,
        "compiled_modules": len(list(package.rglob("*.so"))),
    }


def figure(value: float) -> str:
    """Three digits or so."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def report(facts: dict[str, Any], results: list[Result], calls: list[dict[str, Any]]) -> None:
    """The tables."""
    print(
        f"{facts['cpu']}, Linux {facts['kernel']}, Python {facts['python']},"
        f" {facts['compiled_modules']} compiled modules\n"
    )
    if results:
        print(
            f"{'':10}{'kernel':>12}{'softnet':>12}  {'':14}{'ratio':>7}  {'lowest..highest':17}{'aim'}"
        )
    for result in results:
        j = result.as_json()
        span = f"{min(j['ratios']):.2f}..{max(j['ratios']):.2f}"
        print(
            f"{j['name']:10}{figure(j['kernel']):>12}{figure(j['softnet']):>12}  {j['unit']:14}"
            f"{j['ratio']:7.2f}  {span:17}{j['goal']:.3g} {verdict(j)}"
        )
    if calls:
        print(f"\n{'':40}{'ns':>8}{'best':>8}  aim\nsystem calls, no sockets of Python:")
    for call in calls:
        print(
            f"{call['name']:40}{call['ns']:8.0f}{call['best_ns']:8.0f}  {call['goal_ns']}"
            f" {verdict(call)}"
        )


def verdict(row: dict[str, Any]) -> str:
    """In a word."""
    return "met" if row["met"] else "not met"


def main() -> int:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.split("\n")[0])
    names = [row.name for row in ROWS]
    parser.add_argument("names", nargs="*", help=f"beginnings of: {' '.join(names)} calls")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--share", type=float, default=1.0, help="of each loop's usual length")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    args = parser.parse_args()
    wanted = args.names or [*names, "calls"]
    rows = [row for row in ROWS if row.name.startswith(tuple(wanted))]
    calls: list[dict[str, Any]] = []
    sim = Simulation()
    try:
        if "calls" in wanted:
            calls = measure_calls(args.rounds, args.share, sim)
        results = measure(rows, args.rounds, args.share, sim) if rows else []
    finally:
        sim.close()
    print(file=sys.stderr)
    facts = about()
    if args.json:
        print(json.dumps({**facts, "rows": [r.as_json() for r in results], "calls": calls}))
    else:
        report(facts, results, calls)
    return 0


if __name__ == "__main__":
    sys.exit(main())
