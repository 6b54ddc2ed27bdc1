"""One run of a test in a lab of its own: what is noted meanwhile, and what is said if it fails.

pytest_plugin.py makes one for each seed and schedule of faults; other test frameworks may, too:

    with TestRun(seed=7) as run:
        test(run.lab)
    print(run.report())
"""

from __future__ import annotations

import gzip
import inspect
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType

from softnet.lab.explore import Failure, Result, Watch, failure_of, know_hosts
from softnet.lab.faults import Schedule
from softnet.lab.node import Node
from softnet.lab.topology import Lab
from softnet.lab.trace import LabTrace
from softnet.lab.units import Quantity
from softnet.machine.cable import CableTap, Direction
from softnet.wire.dump import format_frame

LAST_PACKETS = 10
HOST = "test"  # where a test runs that asks for a host, and names none, in a lab without any


class LastPackets(CableTap):
    """Keeps the last frames that were delivered or lost."""

    __slots__ = ("frames",)

    def __init__(self) -> None:
        self.frames: deque[tuple[int, str, bytes, str]] = deque(maxlen=LAST_PACKETS)

    def on_frame(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        """Keep a copy."""
        self.frames.append((when, direction.name, bytes(frame), verdict))

    def lines(self) -> list[str]:
        """As tcpdump prints them."""
        return [
            f"{when / 1e9:12.6f}  {name}  {verdict:<9}  {format_frame(frame)}"
            for when, name, frame, verdict in self.frames
        ]


class TestRun:
    """A lab, open in a with statement, and what is noted of it."""

    __test__ = False  # for pytest: no class of tests

    def __init__(
        self,
        seed: int = 0,
        *,
        faults: Schedule | str = "",
        order: str = "fifo",
        clock: str = "virtual",
        until: Quantity | None = None,
        folder: Path | None = None,
    ) -> None:
        """folder: where a capture and the trace go; None: nothing is written."""
        self.lab = Lab(seed, faults=faults, order=order, clock=clock, until=until)
        self.folder = folder
        self.last = LastPackets()
        self.watch: Watch | None = None
        self.trace: LabTrace | None = None
        self.failure: Failure | None = None
        self.failed = False
        self.began = 0.0

    def __enter__(self) -> TestRun:
        self.began = time.perf_counter()
        self.lab.__enter__()
        self.lab.watch(self.last)
        self.watch = Watch(self.lab)
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.lab.capture(self.folder / "run.pcapng")
            self.trace = self.lab.trace()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self.trace is not None and self.folder is not None:
            with gzip.open(self.folder / "trace.txt.gz", "wt") as file:
                file.writelines(f"{event}\n" for event in self.trace.events)
            (self.folder / "story.txt").write_text(self.trace.story() + "\n")
        self.lab.__exit__(kind, e, tb)

    def fail(self, e: BaseException) -> None:
        """The test raised e."""
        self.failed = True
        self.failure = failure_of(e)

    def result(self, crash: Iterable[str] | None = None) -> Result:
        """For a search (lab/explore.py), and who may crash in it."""
        return Result(self.failure, self.watch.done(crash) if self.watch is not None else None)

    def know_hosts(self, crash: Iterable[str] | None) -> None:
        """LabError for a host that may crash and that the test, which passed, did not make."""
        if not self.failed:
            know_hosts(self.lab, crash)

    def report(self) -> str:
        """The time, who waits for what, what was lost, the last packets; before the lab closes."""
        real = time.perf_counter() - self.began
        parts = [f"virtual time {self.lab.now:.6f} s, real {real:.2f} s"]
        parts += [part for part in (self.lab.blocked(), self.lab.drops()) if part]
        if self.trace is not None and (drops := self.trace.drop_report()):
            parts += ["drops by reason:", drops]
        if idle := self.lab.faults.idle():
            parts.append("faults that met no packet: " + "; ".join(idle))
        if lines := self.last.lines():
            parts += ["last packets:", *lines]
        return "\n".join(parts)

    def host(self, name: str = "") -> Node:
        """The host that a test runs on: that one, made if there is none; else the first; else `test`."""
        if name:
            return self.lab.node(name) if self.lab.nodes else self.lab.host(name)
        found = next((n for n in self.lab.nodes.values() if not n.forwards), None)
        return found or self.lab.host(HOST)

    def call(self, fn: Callable[..., object], name: str = "", host: str = "") -> object:
        """Run the test as a program of a host."""
        return self.host(host).call(fn, name=name)


def on_host(fn: Callable[..., object], arguments: dict[str, object]) -> Callable[..., object]:
    """fn with its arguments, as a program: a coroutine function stays one."""
    if inspect.iscoroutinefunction(fn):

        async def body() -> object:
            return await fn(**arguments)

        return body
    return partial(fn, **arguments)
