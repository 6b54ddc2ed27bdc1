"""What one sees of a lab: captures, traces, connections, reports; what Lab() inherits.

    lab.capture("run.pcapng")
    conn = lab.connection("h2", port=80)
    print(lab.blocked())

Observers hear of each link, those to come too; some of every event as well (watcher.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, Protocol, TextIO

from softnet.lab.capture import Capture
from softnet.lab.connection import Connection
from softnet.lab.errors import LabError, unknown
from softnet.lab.link import Link
from softnet.lab.node import Node
from softnet.lab.report import blocked_tasks, drop_report, topology_text
from softnet.lab.trace import LabTrace
from softnet.lab.trace_drops import DropTrace
from softnet.lab.watcher import WatcherTap
from softnet.machine.cable import CableTap
from softnet.machine.clock import World


class Observer(Protocol):
    """Watches links."""

    def attach(self, link: Link) -> None:
        """Here is one more."""


class OnEveryCable:
    """Puts a tap on each."""

    def __init__(self, tap: CableTap) -> None:
        self.tap = tap

    def attach(self, link: Link) -> None:
        """Here is one more."""
        link.cable.taps.append(self.tap)


class SeenLab:
    """A lab as those see it who do not change it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.nodes: dict[str, Node] = {}
        self.links: dict[str, Link] = {}
        self.observers: list[Observer] = []
        self.closers: list[Callable[[], object]] = []  # captures, traces: what ends with the lab

    @property
    def now(self) -> float:
        """Virtual seconds since the lab began."""
        return self.world.clock.now / 1e9

    def node(self, which: Node | str) -> Node:
        """The node called that; LabError with the closest names."""
        if isinstance(which, Node):
            if which.lab is not self:
                raise LabError(f"{which!r} belongs to another lab")
            return which
        found = self.nodes.get(which)
        if found is None:
            raise unknown("host", which, self.nodes)
        return found

    def observe(self, observer: Observer) -> None:
        """Tell observer of every link, those to come too."""
        for link in self.links.values():
            observer.attach(link)
        self.observers.append(observer)

    def watch(self, tap: CableTap) -> None:
        """Tell tap of every frame on every link."""
        self.observe(OnEveryCable(tap))

    def capture(
        self, path: str | Path | BinaryIO, match: str = "", on: str | Node | Iterable[str] = ()
    ) -> Capture:
        """Write every frame on every interface, of links to come too, to a pcapng file.

        match: a filter as tcpdump knows it. on: only there, "h1", "h1:eth0" or several of them. The
        file is complete when the lab closes.
        """
        names = [on] if isinstance(on, str) else [on.name] if isinstance(on, Node) else list(on)
        for name in names:
            self.node(name.partition(":")[0])
        capture = Capture(path, match, frozenset(names) if names else None)
        self.observe(capture)
        self.closers.append(capture.close)
        return capture

    def trace(
        self,
        *functions: str,
        match: str = "",
        on: Iterable[str] = (),
        stream: TextIO | None = None,
        as_json: bool = False,
    ) -> LabTrace:
        """Note every function (or those that match, as "ip_*") that packets pass from now on.

        match: a filter as tcpdump knows it; on: names of hosts. stream: print the lines there as
        well, as_json: as JSON.
        """
        trace = LabTrace(stream, as_json=as_json, match=match, on=on)
        trace.start(functions)
        self.observe(trace)
        self.closers.append(trace.stop)
        return trace

    def trace_drops(
        self,
        *,
        match: str = "",
        on: Iterable[str] = (),
        stream: TextIO | None = None,
        as_json: bool = False,
    ) -> DropTrace:
        """Note every drop from now on: where, why, which counter moved. The rest is trace()'s."""
        trace = DropTrace(self, stream, as_json, match, on)
        trace.start(())
        self.observe(trace)
        self.world.taps.append(WatcherTap(trace))
        self.closers.append(trace.stop)
        return trace

    def connection(
        self,
        *nodes: Node | str,
        port: int = 0,
        match: str = "",
        on: Iterable[str] = (),
        stream: TextIO | None = None,
        as_json: bool = False,
    ) -> Connection:
        """Note what the ends of TCP connections think after every event, and their segments.

        nodes, port, match (a filter): only connections of these, or with that port. on: names of
        hosts, those to come too. stream: print each change there.
        """
        found = [self.node(node) for node in nodes]
        connection = Connection(self, found, port, stream, as_json, match, on)
        self.observe(connection)
        self.world.taps.append(WatcherTap(connection))
        return connection

    def topology(self) -> str:
        """A drawing of the lab."""
        return topology_text(self)

    def blocked(self) -> str:
        """One line for each program that waits: who, for what, where."""
        return blocked_tasks(self)

    def drops(self) -> str:
        """What the cables lost, and how."""
        return drop_report(self)

    def report(self) -> str:
        """What a run was about when it ended: the time, who waits for what, what was lost."""
        parts = [f"softnet: virtual time {self.now:.6f} s, seed {self.world.seed}"]
        return "\n".join(part for part in (*parts, self.blocked(), self.drops()) if part)

    @property
    def digest(self) -> str:
        """A fingerprint of all that happened: equal for equal runs. Lab(digest=True) keeps it."""
        if self.world.digest is None:
            raise LabError("this lab keeps no digest: write softnet.Lab(digest=True)")
        return self.world.digest.hexdigest()
