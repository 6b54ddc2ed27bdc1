"""Every drop of a lab: where, why, and which counter moved; in the hosts and in the cables.

    drops = lab.trace_drops()
    ...
    print("\\n".join(drops.lines()))

Why is the reason that kfree_skb() was given, or what the cable says: loss, queue, down, rule. Where is the
function of the path that the packet passed last, or the cable's direction. The counters are those that
moved on that host while it was busy with that packet.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from softnet.kernel.drop_reason import reason_name, reason_text
from softnet.kernel.tracepoint import BUFFER_MAX, TraceEvent, packet_name
from softnet.lab.capture import COMMENTS
from softnet.lab.counters import Counters
from softnet.lab.trace import LabTrace, quiet
from softnet.lab.trace_filter import frame_of
from softnet.machine.cable import CORRUPT, DELIVERED, DUPLICATE, REORDER, SENT, Direction
from softnet.machine.clock import LAB
from softnet.wire.dump import format_frame

if TYPE_CHECKING:
    from softnet.lab.seen import SeenLab

HEADER = "VTIME        HOST     CPU SKB        WHY                  WHERE                COUNTERS / PACKET"
GO_ON = frozenset((SENT, DELIVERED, CORRUPT, DUPLICATE, REORDER))  # verdicts that are no drop


@dataclass(slots=True)
class Drop:
    """One packet's end."""

    when: int  # ns
    host: str  # "wire": a cable
    cpu: int  # -1: none
    packet: int
    why: str
    meaning: str
    where: str
    frame: str  # as tcpdump prints it; "" if nobody can say
    counters: dict[str, int] = field(default_factory=dict)  # by how much they moved

    def __str__(self) -> str:
        seconds, ns = divmod(self.when, 1_000_000_000)
        cpu = "-" if self.cpu < 0 else str(self.cpu)
        moved = " ".join(f"{name}+{n}" for name, n in self.counters.items()) or "-"
        return (
            f"{seconds}.{ns:09d}  {self.host:<8} {cpu:>2}  {packet_name(self.packet):<10}"
            f" {self.why:<20} {self.where:<20} {moved}  {self.frame}"
        ).rstrip()

    def record(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "time_ns": self.when,
            "host": self.host,
            "cpu": self.cpu,
            "packet": packet_name(self.packet) if self.packet else None,
            "why": self.why,
            "meaning": self.meaning,
            "where": self.where,
            "counters": self.counters,
            "frame": self.frame,
        }


class DropTrace(LabTrace):
    """What lab.trace_drops() returns. It looks at every function, and prints drops only."""

    __slots__ = ("active", "blame", "counters", "found", "lab", "packets_now", "pending", "places")

    def __init__(
        self,
        lab: SeenLab,
        stream: TextIO | None = None,
        as_json: bool = False,
        match: str = "",
        on: Iterable[str] = (),
    ) -> None:
        LabTrace.__init__(self, stream, BUFFER_MAX, as_json, match, on)
        self.lab = lab
        self.found: deque[Drop] = deque(maxlen=BUFFER_MAX)
        self.counters: dict[str, Counters] = {}
        self.packets_now: dict[str, int] = {}  # which packet each host is busy with
        # By host and packet, of what is happening now: the last function, the counters that moved.
        self.places: dict[tuple[str, int], str] = {}
        self.blame: dict[tuple[str, int], dict[str, int]] = {}
        self.pending: dict[str, Drop] = {}  # whose counters may move yet
        self.active: set[str] = set()  # hosts that did something since after_event()

    def print_header(self) -> None:
        """The columns' names."""
        if self.stream is not None and not self.as_json:
            print(HEADER, file=self.stream)

    def event(self, ev: TraceEvent) -> None:
        """Note where the host is; a drop is kept until the host turns to something else."""
        host = ev.host
        if host not in self.lab.nodes:
            return
        self.active.add(host)
        if ev.reason >= 0:
            self.drop(ev)
            return
        if ev.packet and ev.packet != self.packets_now.get(host):
            self.settle(host)
            self.packets_now[host] = ev.packet
        if not quiet(ev):
            self.places[host, ev.packet] = self.places[host, 0] = ev.function

    def drop(self, ev: TraceEvent) -> None:
        """kfree_skb() of a host."""
        here = (ev.host, ev.packet)
        moved = add(self.blame.pop(here, {}), self.moved(ev.host))
        self.finish(ev.host)
        self.packets_now[ev.host] = ev.packet
        if not self.filter.wants(ev.packet, ev.obj):
            return
        why = reason_name(ev.reason)
        frame = frame_of(ev.obj)
        self.pending[ev.host] = Drop(
            ev.when,
            ev.host,
            ev.cpu,
            ev.packet,
            why,
            reason_text(ev.reason),
            self.places.get(here) or self.places.get((ev.host, 0), "-"),
            format_frame(frame) if frame is not None else ev.detail,
            moved,
        )

    def settle(self, host: str) -> None:
        """The host turns to another packet: what moved since belongs to the one before."""
        moved = self.moved(host)
        if (drop := self.pending.get(host)) is not None:
            add(drop.counters, moved)
            self.finish(host)
        elif moved:
            add(self.blame.setdefault((host, self.packets_now.get(host, 0)), {}), moved)

    def finish(self, host: str) -> None:
        """The drop that waits is complete."""
        if (drop := self.pending.pop(host, None)) is not None:
            self.tell(drop)

    def moved(self, name: str) -> dict[str, int]:
        """Which counters of a host moved since it was asked last."""
        host = self.lab.nodes[name].host
        counters = self.counters.get(name)
        if counters is None or counters.host is not host:  # it was restarted
            self.counters[name] = Counters(host)
            return {}
        return counters.moved()

    def after_event(self, host_id: int) -> None:
        """Something happened, and is over. Other hosts than that one may have heard of it."""
        for host in sorted(self.active):
            self.settle(host)
        self.active.clear()
        self.places.clear()
        self.blame.clear()

    def stop(self) -> None:
        """Detach; what was seen stays."""
        self.after_event(LAB)
        LabTrace.stop(self)

    def wire_event(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        """What a cable did."""
        number = meta if isinstance(meta, int) else 0
        if verdict in GO_ON or not self.filter.wants(number, frame):
            return
        text, meaning = format_frame(bytes(frame)), COMMENTS.get(verdict, verdict)
        self.tell(
            Drop(when, "wire", -1, number, verdict, meaning, direction.name, text, {verdict: 1})
        )

    def tell(self, drop: Drop) -> None:
        """Keep it, and print it if there is a stream."""
        where = drop.where if drop.host == "wire" else drop.host
        self.drops[(where, drop.why)] += 1
        self.found.append(drop)
        if self.stream is not None:
            print(json.dumps(drop.record()) if self.as_json else drop, file=self.stream)

    def lines(self, packet: int = 0) -> list[str]:
        """The drops as lines; of one packet only if its number is given."""
        return [str(drop) for drop in self.found if not packet or drop.packet == packet]

    def json_lines(self) -> str:
        """The drops as JSON, one object a line."""
        return "\n".join(json.dumps(drop.record()) for drop in self.found)


def add(counters: dict[str, int], moved: dict[str, int]) -> dict[str, int]:
    """counters, and what moved added to them."""
    for name, count in moved.items():
        counters[name] = counters.get(name, 0) + count
    return counters
