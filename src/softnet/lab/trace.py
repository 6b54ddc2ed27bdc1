"""Tracing a lab: each function a packet passes, on every host and in every cable.

    trace = lab.trace("ip_*", stream=sys.stdout)          lines as pwru prints them
    trace = lab.trace(match="tcp port 80"); ...; print(trace.story())     the story of the first packet

A packet keeps its number from its birth in a socket to its end, across hosts: cables carry it.
"""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase
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
from softnet.lab.trace_filter import PacketFilter, frame_of
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
    "sock_wfree",
    "sock_rfree",
    "dev_kfree_skb_any",
    "net_dev_queue",
    "net_dev_xmit",
    "eth_header",
)
# Where a packet stands whole, its layer's header in front: these lines say which packet it is.
DOORS = frozenset(("ip_rcv", "ip_output", "ip_mc_output", "ip_forward", "arp_rcv"))
WIDTH = 100  # columns of a story
WIRE_WORDS = {"cable_transmit": "into", "cable_deliver": "out of"}
HEADER = "VTIME        HOST     CPU SKB        FUNC                       DETAIL"


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

    __slots__ = ("as_json", "drops", "filter", "first", "running", "stream", "tap")

    def __init__(
        self,
        stream: TextIO | None = None,
        limit: int = BUFFER_MAX,
        as_json: bool = False,
        match: str = "",
        on: Iterable[str] = (),
    ) -> None:
        """match: only packets of that filter, and nothing that is about no packet; on: these hosts."""
        TraceBuffer.__init__(self, limit)
        self.hosts = set(on) or None
        self.filter = PacketFilter(match)
        self.stream = stream
        self.as_json = as_json
        self.running = False
        self.tap = CableStory(self)
        self.drops: Counter[tuple[str, str]] = Counter()  # (where, why)
        self.first = 0  # the first packet seen

    def start(self, functions: Iterable[str]) -> None:
        """Attach to the functions."""
        patterns = list(functions) or ["*"]
        self.running = True
        skb_number_packets(True)
        attach(self, patterns)
        self.print_header()

    def attach(self, link: Link) -> None:
        """Watch a link, if one of its ends is wanted."""
        ends = {link.a.node.name, link.b.node.name}
        if self.hosts is None or ends & self.hosts:
            link.cable.taps.append(self.tap)

    def print_header(self) -> None:
        """The columns' names, where people read."""
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
        if not self.filter.wants(ev.packet, ev.obj):
            return
        if not self.first and ev.packet:
            self.first = ev.packet
        if ev.reason >= 0:
            self.drops[(ev.host, reason_name(ev.reason))] += 1
            if not ev.detail:
                ev.detail = reason_text(ev.reason)
        elif not ev.detail and ev.function in DOORS:
            frame = frame_of(ev.obj)
            ev.detail = format_frame(frame) if frame is not None else ""
        self.keep(ev)

    def keep(self, ev: TraceEvent) -> None:
        """It is complete: remember it, print it."""
        TraceBuffer.event(self, ev)
        if self.stream is not None:
            print(json.dumps(event_record(ev)) if self.as_json else ev, file=self.stream)

    def wire_event(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        """What a cable did, as an event of a host called "wire"."""
        number = meta if isinstance(meta, int) else 0
        if not self.filter.wants(number, frame):
            return
        ev = TraceEvent("wire", None)
        ev.when, ev.host, ev.cpu, ev.context = when, "wire", -1, "-"
        ev.packet = number
        names = {SENT: "cable_transmit", DELIVERED: "cable_deliver", CORRUPT: "cable_transmit"}
        ev.function = names.get(verdict, f"DROP {verdict}")
        ev.detail = f"{direction.name}  {format_frame(bytes(frame))}"
        if verdict == CORRUPT:
            ev.detail += "  (one bit flipped)"
        if verdict not in names:
            self.drops[(direction.cable.name, verdict)] += 1
        if not self.first:
            self.first = number
        self.keep(ev)

    # What people read

    def lines(self, packet: int = 0) -> list[str]:
        """The events as lines; of one packet only if its number is given."""
        return [str(ev) for ev in self.events if not packet or ev.packet == packet]

    def story(self, packet: int = 0, full: bool = False) -> str:
        """One packet from its birth to its end, across hosts; the first one if none is named.

        Functions of one instant stand on one line. full: every function, on a line of its own.
        """
        number = packet or self.first
        if not number:
            return "no packet was seen"
        mine = [ev for ev in self.events if ev.packet == number]
        if not mine:
            return f"packet {packet_name(number)} was not seen"
        return "\n".join(Story(mine, full).lines())

    def json_lines(self) -> str:
        """The events as JSON, one object a line."""
        return "\n".join(json.dumps(event_record(ev)) for ev in self.events)

    def drop_report(self) -> str:
        """Where packets were dropped, and why; "" if none was."""
        rows = sorted(self.drops.items(), key=lambda row: (-row[1], row[0]))
        return "\n".join(f"  {count:>6}  {where}: {why}" for (where, why), count in rows)


class Story:
    """The lines of one packet's story: host by host, instant by instant."""

    def __init__(self, events: list[TraceEvent], full: bool) -> None:
        self.events = events
        self.full = full
        self.start = events[0].when
        self.host = ""
        self.at = -1  # of the chain of functions that is being collected, ns
        self.chain: list[str] = []
        self.out: list[str] = []
        self.shown = ""  # what the cable lines said of the packet

    def lines(self) -> list[str]:
        """The story."""
        first = self.events[0]
        wire = next((ev for ev in self.events if ev.host == "wire"), None)
        what = wire.detail.partition("  ")[2] if wire is not None else ""
        self.shown = what
        title = f"The story of packet {packet_name(first.packet)}, from {first.when / 1e9:.6f} s on"
        self.out = [title, *([f"  {what}"] if what else [])]
        for ev in self.events:
            self.add(ev)
        self.flush()
        return self.out

    def add(self, ev: TraceEvent) -> None:
        """One event more."""
        if ev.host != self.host:
            if not self.full and quiet(ev):
                return
            self.flush()
            self.host = ev.host
            if ev.host != "wire":
                self.out.append(f"  {ev.host}")
        if self.full or ev.host == "wire" or ev.reason >= 0:
            self.flush()
            self.out.append(f"    {self.stamp(ev.when)}  {self.words(ev)}".rstrip())
        elif not quiet(ev):
            if ev.when != self.at:
                self.flush()
            self.at = ev.when
            self.chain.append(ev.function)

    def flush(self) -> None:
        """Print the functions collected, at most WIDTH columns to a line."""
        if self.chain:
            indent = " " * 20
            text = textwrap.fill(" > ".join(self.chain), WIDTH - len(indent))
            text = text.replace("\n", "\n" + indent)
            self.out.append(f"    {self.stamp(self.at)}  {text}")
        self.chain = []

    def stamp(self, when: int) -> str:
        """Time since the packet was born."""
        return f"{(when - self.start) / 1e6:11.3f} ms"

    def words(self, ev: TraceEvent) -> str:
        """What a line says of an event that has one for itself."""
        if ev.host == "wire":
            link, _, frame = ev.detail.partition("  ")
            told = "" if frame == self.shown else f"  {frame}"
            return f"~~ {WIRE_WORDS.get(ev.function, ev.function)} {link} ~~{told}"
        name = ev.function if ev.reason < 0 else f"DROP {reason_name(ev.reason)}"
        return f"{name:<26} {ev.detail}"


def quiet(ev: TraceEvent) -> bool:
    """Does a short story leave this out?"""
    return ev.reason < 0 and any(fnmatchcase(ev.function, pattern) for pattern in QUIET)


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
