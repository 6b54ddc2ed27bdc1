"""Tracing a lab: each function a packet passes, on every host and in every cable.

    with lab.trace("ip_*", "kfree_skb") as trace: ...     lines as pwru prints them
    trace = lab.trace(); ...; print(trace.story())        the story of the first packet

A packet keeps its number from its birth in a socket to its end, across hosts: cables carry it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from softnet.kernel.drop_reason import reason_name, reason_text
from softnet.kernel.tracepoint import (
    BUFFER_MAX,
    TraceBuffer,
    TraceEvent,
    attach,
    detach,
    packet_name,
)
from softnet.machine.cable import CORRUPT, DELIVERED, SENT, CableTap, Direction
from softnet.net.core.skbuff import skb_number_packets
from softnet.wire.dump import format_frame

if TYPE_CHECKING:
    from softnet.lab.link import Link

# What a story leaves out unless asked: life and death of buffers, and functions inside functions.
QUIET = (
    "alloc_skb",
    "netdev_alloc_skb",
    "consume_skb",
    "skb_*",
    "pskb_*",
    "lock_sock",
    "release_sock",
)
HEADER = "VTIME        HOST     CPU PACKET     FUNCTION                   DETAIL"


class CableStory(CableTap):
    """Notes what a cable does with the packets that a trace follows."""

    __slots__ = ("trace",)

    def __init__(self, trace: LabTrace) -> None:
        self.trace = trace

    def on_frame(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        """A frame was put on the wire, arrived, or was lost."""
        self.trace.wire_event(when, direction, frame, meta, verdict)


class LabTrace(TraceBuffer):
    """What lab.trace() returns: the events so far, newest last, at most `limit`."""

    __slots__ = ("as_json", "drops", "first", "running", "stream", "tap")

    def __init__(
        self, stream: TextIO | None = None, limit: int = BUFFER_MAX, as_json: bool = False
    ) -> None:
        TraceBuffer.__init__(self, limit)
        self.stream = stream
        self.as_json = as_json
        self.running = False
        self.tap = CableStory(self)
        self.drops: Counter[tuple[str, str]] = Counter()  # (where, why)
        self.first = 0  # the first packet seen

    def start(self, functions: Iterable[str], links: Iterable[Link]) -> None:
        """Attach to the functions and the cables."""
        patterns = list(functions) or ["*"]
        self.running = True
        skb_number_packets(True)
        attach(self, patterns)
        for link in links:
            link.cable.taps.append(self.tap)
        if self.stream is not None and not self.as_json:
            print(HEADER, file=self.stream)

    def stop(self) -> None:
        """Detach; what was seen stays."""
        if not self.running:
            return
        self.running = False
        skb_number_packets(False)
        detach(self)

    def event(self, ev: TraceEvent) -> None:
        """Keep ev, and print it if there is a stream."""
        if not self.first and ev.packet:
            self.first = ev.packet
        if ev.reason >= 0:
            self.drops[(ev.host, reason_name(ev.reason))] += 1
            if not ev.detail:
                ev.detail = reason_text(ev.reason)
        TraceBuffer.event(self, ev)
        if self.stream is not None:
            print(json.dumps(event_record(ev)) if self.as_json else ev, file=self.stream)

    def wire_event(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        """What a cable did, as an event of a host called "wire"."""
        ev = TraceEvent("wire", None)
        ev.when, ev.host, ev.cpu, ev.context = when, "wire", -1, "-"
        ev.packet = meta if isinstance(meta, int) else 0
        names = {SENT: "cable_transmit", DELIVERED: "cable_deliver", CORRUPT: "cable_transmit"}
        ev.function = names.get(verdict, f"DROP {verdict}")
        ev.detail = f"{direction.name}  {format_frame(bytes(frame))}"
        if verdict == CORRUPT:
            ev.detail += "  (one bit flipped)"
        if verdict not in names:
            self.drops[(direction.cable.name, verdict)] += 1
        self.event(ev)

    # What people read

    def lines(self, packet: int = 0) -> list[str]:
        """The events as lines; of one packet only if its number is given."""
        return [str(ev) for ev in self.events if not packet or ev.packet == packet]

    def story(self, packet: int = 0) -> str:
        """One packet from its birth to its end, across hosts; the first one if none is named."""
        number = packet or self.first
        if not number:
            return "no packet was seen"
        mine = [ev for ev in self.events if ev.packet == number]
        if not mine:
            return f"packet {packet_name(number)} was not seen"
        out = [f"The story of packet {packet_name(number)}"]
        host = ""
        start = mine[0].when
        for ev in mine:
            if ev.host != host:
                host = ev.host
                out.append("  on the wire" if host == "wire" else f"  {host}")
            what = ev.function if ev.reason < 0 else f"DROP {reason_name(ev.reason)}"
            out.append(f"    {(ev.when - start) / 1e6:10.3f} ms  {what:<26} {ev.detail}".rstrip())
        return "\n".join(out)

    def json_lines(self) -> str:
        """The events as JSON, one object a line."""
        return "\n".join(json.dumps(event_record(ev)) for ev in self.events)

    def drop_report(self) -> str:
        """Where packets were dropped, and why; "" if none was."""
        rows = sorted(self.drops.items(), key=lambda row: (-row[1], row[0]))
        return "\n".join(f"  {count:>6}  {where}: {why}" for (where, why), count in rows)


def event_record(ev: TraceEvent) -> dict[str, object]:
    """An event as JSON has it: time in ns, packet as its name, reason null if it is no drop."""
    return {
        "time_ns": ev.when,
        "host": ev.host,
        "cpu": ev.cpu,
        "context": ev.context,
        "packet": packet_name(ev.packet) if ev.packet else None,
        "function": ev.function,
        "detail": ev.detail,
        "drop": reason_name(ev.reason) if ev.reason >= 0 else None,
    }
