"""TCP segments as somebody on the way saw them: the connections of a capture file, or of a cable.

    for flow in flows_of(open("run.pcapng", "rb")):
        print(flow, len(flow.segments))

A Flow has both directions. Sequence numbers are relative to the first one seen of their side, and
unwrapped: they only grow beyond 2**32.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from softnet.lab.errors import unknown
from softnet.uapi.in_ import IPPROTO_TCP
from softnet.uapi.tcp import TCPHDR_ACK, TCPHDR_FIN, TCPHDR_RST, TCPHDR_SYN
from softnet.wire.addr import ip_ntoa
from softnet.wire.capture_files import ipv4_offset, read_capture
from softnet.wire.ip import IpHdr, ip_view
from softnet.wire.pcap import OUTBOUND, Packet
from softnet.wire.tcp import TcpHdr, tcp_view
from softnet.wire.tcp_options import Sack, TcpOption, WScale, parse_options

IP_OFFSET = 0x1FFF
WSCALE_MAX = 14
TCP_HEADER_MIN = 20

End = tuple[int, int]  # address, port


@dataclass(slots=True)
class Segment:
    """One segment. seq and ack are relative and unwrapped; win is in bytes."""

    time: float  # seconds
    forward: bool  # from the flow's first end
    seq: int
    length: int  # of its data
    flags: int
    ack: int = -1  # -1: it has none
    win: int = 0
    sacks: tuple[tuple[int, int], ...] = ()
    lost: bool = False  # the cable lost it, as its comment says
    again: bool = False  # all its data was sent before


@dataclass
class Side:
    """One end of a flow, as it is being put together."""

    isn: int = -1
    highest: int = 0  # the largest sequence number seen, relative
    wscale: int = 0

    def relative(self, seq: int) -> int:
        """seq (32 bits) as a number that goes on growing: the one closest to what was seen last."""
        if self.isn < 0:
            self.isn = seq
        near = (seq - self.isn - self.highest) & 0xFFFFFFFF
        return self.highest + (near - (1 << 32) if near > 0x7FFFFFFF else near)


@dataclass
class Flow:
    """A connection: its ends, who sent the first SYN (or segment) first, and its segments."""

    a: End
    b: End
    segments: list[Segment] = field(default_factory=list)
    sides: tuple[Side, Side] = field(default_factory=lambda: (Side(), Side()))

    def __str__(self) -> str:
        return f"{end_text(self.a)} > {end_text(self.b)}"

    def data_bytes(self, forward: bool) -> int:
        """Bytes of data that went in one direction, each counted once."""
        ends = [s.seq + s.length for s in self.segments if s.forward == forward and s.length]
        starts = [s.seq for s in self.segments if s.forward == forward and s.length]
        return max(ends) - min(starts) if ends else 0

    def busier(self) -> bool:
        """The direction with more data, as Segment.forward has it."""
        return self.data_bytes(True) >= self.data_bytes(False)

    def add(self, time: float, src: End, header: bytes, length: int, lost: bool) -> None:
        """A segment with that TCP header, options included, was seen."""
        th = tcp_view(bytearray(header), 0)
        forward = src == self.a
        mine, theirs = self.sides if forward else self.sides[::-1]
        flags = th.flags()
        seq = mine.relative(th.seq())
        ack, win = -1, th.window()
        sacks: tuple[tuple[int, int], ...] = ()
        options = readable_options(header)
        if flags & TCPHDR_SYN:
            scale = next((o.shift for o in options if isinstance(o, WScale)), 0)
            mine.wscale = min(scale, WSCALE_MAX)
        else:
            win <<= mine.wscale
        if flags & TCPHDR_ACK:
            ack = theirs.relative(th.ack_seq())
            blocks = next((o.blocks for o in options if isinstance(o, Sack)), ())
            sacks = tuple((theirs.relative(x), theirs.relative(y)) for x, y in blocks)
        end = seq + length + (1 if flags & (TCPHDR_SYN | TCPHDR_FIN) else 0)
        again = length > 0 and end <= mine.highest
        if not flags & TCPHDR_RST and end > mine.highest:
            mine.highest = end
        segment = Segment(time, forward, seq, length, flags, ack, win, sacks, lost, again)
        self.segments.append(segment)


def readable_options(header: bytes) -> list[TcpOption]:
    """The options; none if a small MTU cut the header, or they make no sense."""
    try:
        return parse_options(header[20:])
    except ValueError:
        return []


def end_text(end: End) -> str:
    """10.0.0.1:80"""
    return f"{ip_ntoa(end[0])}:{end[1]}"


class Flows:
    """Sorts frames into flows."""

    def __init__(self) -> None:
        self.by_ends: dict[tuple[End, End], Flow] = {}

    def add(self, time: float, frame: bytes, at: int, lost: bool = False) -> Flow | None:
        """A frame whose IPv4 header is at frame[at]; the flow it belongs to, None if it has no TCP."""
        headers = headers_at(frame, at)
        if headers is None:
            return None
        iph, tcph = headers
        hlen = tcph.hdrlen()
        if hlen < TCP_HEADER_MIN:  # corrupt
            return None
        src, dst = ends_of(headers)
        flow = self.find(src, dst, tcph.flags())
        th = at + iph.hdrlen()
        length = iph.tot_len() - iph.hdrlen() - hlen
        flow.add(time, src, frame[th : th + hlen], max(length, 0), lost)
        return flow

    def find(self, src: End, dst: End, flags: int) -> Flow:
        """The flow of a segment; a new one if there is none."""
        flow = self.by_ends.get((src, dst)) or self.by_ends.get((dst, src))
        if flow is None:
            answer = flags & (TCPHDR_SYN | TCPHDR_ACK) == TCPHDR_SYN | TCPHDR_ACK
            flow = Flow(dst, src) if answer else Flow(src, dst)
            self.by_ends[(flow.a, flow.b)] = flow
        return flow

    def list(self) -> list[Flow]:
        """All of them, in order of appearance."""
        return list(self.by_ends.values())


def flows_of(file: BinaryIO) -> list[Flow]:
    """The connections of a pcap or pcapng file."""
    flows = Flows()
    for _ in walk(file, flows):
        pass
    return flows.list()


def walk(file: BinaryIO, flows: Flows, host: str = "") -> Iterator[tuple[Packet, Flow]]:
    """Sort the packets of a file into flows; each segment as it is met, the last one of its flow.

    A file with several interfaces shows a segment at each it passes. Of each connection that interface
    counts that sends most of it; host: among those of that one ("h1" of "h1:eth0"). LabError if it has
    none.
    """
    packets = list(read_capture(file))
    start = packets[0].time_ns if packets else 0
    if host:
        hosts = {packet.interface.name.partition(":")[0] for packet in packets} - {""}
        if host not in hosts:
            raise unknown("host", host, hosts, " in this capture")
        packets = [p for p in packets if p.interface.name.partition(":")[0] == host]
    best = best_interfaces(packets)
    for packet in packets:
        if best.get(pair_of(packet)) != id(packet.interface):
            continue
        lost = any("lost" in c or "dropped" in c for c in packet.comments)  # lab/capture.py
        at = ipv4_offset(packet.interface.linktype, packet.data)
        flow = flows.add((packet.time_ns - start) / 1e9, packet.data, at, lost)
        if flow is not None:
            yield packet, flow


def best_interfaces(packets: Iterable[Packet]) -> dict[frozenset[End], int]:
    """By connection the id() of the interface that sent most bytes; saw most, if none says who sent."""
    weights: dict[frozenset[End], dict[int, list[int]]] = {}
    for packet in packets:
        pair = pair_of(packet)
        seen = weights.setdefault(pair, {}).setdefault(id(packet.interface), [0, 0])
        seen[0] += packet.original_len if packet.direction == OUTBOUND else 0
        seen[1] += packet.original_len
    return {pair: max(seen, key=seen.__getitem__) for pair, seen in weights.items()}


def pair_of(packet: Packet) -> frozenset[End]:
    """Both ends of its connection; empty if it has no TCP that one could read."""
    headers = headers_at(packet.data, ipv4_offset(packet.interface.linktype, packet.data))
    return frozenset(ends_of(headers)) if headers is not None else frozenset()


def headers_at(frame: bytes, at: int) -> tuple[IpHdr, TcpHdr] | None:
    """Of a frame whose IPv4 header is at frame[at]; None if a segment's header does not follow."""
    if at < 0 or len(frame) < at + 20:
        return None
    buf = bytearray(frame)
    iph = ip_view(buf, at)
    th = at + iph.hdrlen()
    if (
        iph.protocol() != IPPROTO_TCP
        or iph.frag_off() & IP_OFFSET
        or len(buf) < th + TCP_HEADER_MIN
    ):
        return None
    return iph, tcp_view(buf, th)


def ends_of(headers: tuple[IpHdr, TcpHdr]) -> tuple[End, End]:
    """Who sends a segment, and to whom."""
    iph, tcph = headers
    return (iph.saddr(), tcph.source()), (iph.daddr(), tcph.dest())
