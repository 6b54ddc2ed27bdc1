"""Watching TCP connections of a run: what each end thinks after every event.

    conn = lab.connection("h1", "h2", port=80)
    ...
    print(conn.text())              time, end, state, cwnd, ssthresh, srtt, rto, in flight
    conn.plot("run.svg")            the busier end: time-sequence, windows, clocks

Looking costs time after every event, so a lab without connection() does not look at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from softnet.lab.check import frame_error
from softnet.lab.check_tcp import connections
from softnet.lab.errors import LabError
from softnet.lab.picture import write_picture
from softnet.lab.plot import cwnd_charts, flow_title, sequence_chart, subtitle
from softnet.lab.segments import Flow, Flows, end_text
from softnet.lab.svg import Chart, figure
from softnet.lab.trace_filter import PacketFilter
from softnet.machine.cable import DELIVERED, DUPLICATE, SENT, CableTap, Direction
from softnet.net.ipv4.inet_hashtables import InetHashinfo
from softnet.structs.tcp import TcpSock
from softnet.uapi.tcp import TCP_CLOSE

if TYPE_CHECKING:
    from softnet.lab.link import Link
    from softnet.lab.node import Node
    from softnet.lab.seen import SeenLab

STATES = (
    "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE",
    "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
)  # fmt: skip
CA_STATES = ("Open", "Disorder", "CWR", "Recovery", "Loss")
SSTHRESH_INFINITE = 0x7FFFFFFF
HEADER = (
    "VTIME        END                     PEER              STATE        CA       CWND SSTHRESH"
    "  SRTT   RTO FLIGHT"
)
ETH_HLEN = 14


@dataclass(slots=True, frozen=True)
class Sample:
    """One end at one moment. Windows in segments, srtt and rto in ms; ssthresh 2**31 - 1 is none yet."""

    time: float  # seconds
    host: str
    end: str  # "10.0.0.1:40000"
    peer: str  # "10.0.0.2:80"
    state: int  # TCP_ESTABLISHED ...
    ca_state: int  # TCP_CA_Open ...
    cwnd: int
    ssthresh: int
    srtt: float
    rto: int
    in_flight: int

    def json(self) -> str:
        """A line: the fields, the two states by name."""
        names = {"state": STATES[self.state], "ca_state": CA_STATES[self.ca_state]}
        return json.dumps(asdict(self) | names)

    def __str__(self) -> str:
        ssthresh = "-" if self.ssthresh >= SSTHRESH_INFINITE else str(self.ssthresh)
        return (
            f"{self.time:.9f}  {self.host + ' ' + self.end:<23} {self.peer:<17}"
            f" {STATES[self.state]:<12} {CA_STATES[self.ca_state]:<8} {self.cwnd:>4} {ssthresh:>8}"
            f" {self.srtt:>5.1f} {self.rto:>5} {self.in_flight:>6}"
        )


class Connection(CableTap):
    """What lab.connection() returns: samples and segments of the connections that match."""

    def __init__(
        self,
        lab: SeenLab,
        nodes: Iterable[Node] = (),
        port: int = 0,
        stream: TextIO | None = None,
        as_json: bool = False,
        match: str = "",
        on: Iterable[str] = (),
    ) -> None:
        """nodes: only connections of these; port: only those with that port at one end; 0: all.

        match: those whose segments would pass that filter; on: names of hosts that may yet come.
        """
        self.lab = lab
        self.nodes = list(nodes)
        self.port = port
        self.filter = PacketFilter(match)
        self.names = frozenset(on)
        self.stream = stream
        self.as_json = as_json
        self.samples: list[Sample] = []
        self.flows = Flows()  # each segment once, as it was sent
        self.seen_at: dict[
            int, Flows
        ] = {}  # by address: what left there and what came, when it did
        self.links: dict[Direction, tuple[int, int]] = {}  # and the addresses at its two ends
        self.seen: dict[TcpSock, tuple[int, ...]] = {}
        # By host and socket: the two ends' names; "" if they are not wanted.
        self.wanted: dict[str, dict[TcpSock, tuple[str, str]]] = {}
        if stream is not None and not as_json:
            print(HEADER, file=stream)

    def after_event(self, host_id: int) -> None:
        """Note what changed on that host; 0: on any."""
        for node in self.nodes or self.lab.nodes.values():
            if host_id not in (0, node.host.machine.host_id):
                continue
            if not self.names or node.name in self.names:
                self.look_at(node.name, node.host.net.ipv4.tcp_hashinfo)

    def look_at(self, host: str, hinfo: object) -> None:
        """Note what changed of a host's connections."""
        assert isinstance(hinfo, InetHashinfo)
        known = self.wanted.setdefault(host, {})
        alive = dict.fromkeys(connections(hinfo))
        for tp in alive:
            self.look(host, known, tp)
        for tp in [tp for tp in known if tp not in alive]:
            self.gone(host, known.pop(tp), hinfo, tp)

    def look(self, host: str, known: dict[TcpSock, tuple[str, str]], tp: TcpSock) -> None:
        """Add a sample if tp is not as it was."""
        look = (
            tp.sk_state, tp.icsk_ca_state, tp.snd_cwnd, tp.snd_ssthresh, tp.srtt, tp.icsk_rto,
            tp.packets_in_flight(),
        )  # fmt: skip
        if self.seen.get(tp) == look:
            return
        self.seen[tp] = look
        ends = known.get(tp)
        if ends is None:
            ours, theirs = (tp.inet_rcv_saddr, tp.inet_num), (tp.inet_daddr, tp.inet_dport)
            good = self.port in (0, ours[1], theirs[1]) and self.filter.wants_ends(ours, theirs)
            ends = known[tp] = (end_text(ours), end_text(theirs)) if good else ("", "")
        self.add(host, ends, look)

    def gone(self, host: str, ends: tuple[str, str], hinfo: InetHashinfo, tp: TcpSock) -> None:
        """tp has left the table of connections: closed, or its rest is in TIME_WAIT."""
        state = minisocks(hinfo).get(ends, TCP_CLOSE)
        self.add(host, ends, (state, *self.seen.pop(tp)[1:6], 0))

    def add(self, host: str, ends: tuple[str, str], look: tuple[int, ...]) -> None:
        """A sample of a connection, if it is wanted."""
        if not ends[0]:
            return
        state, ca_state, cwnd, ssthresh, srtt, rto, in_flight = look
        now = self.lab.now
        sample = Sample(now, host, *ends, state, ca_state, cwnd, ssthresh, srtt / 8, rto, in_flight)
        self.samples.append(sample)
        if self.stream is not None:
            print(sample.json() if self.as_json else sample, file=self.stream)

    def on_frame(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        """Keep the segments: on the first link they pass, as routers send them again, and on the last."""
        if frame[12:14] != b"\x08\x00" or verdict == DUPLICATE:
            return
        here, there = self.links[direction]
        if verdict == DELIVERED:
            if int.from_bytes(frame[30:34], "big") == there and not frame_error(frame):
                self.at(there).add(when / 1e9, bytes(frame), ETH_HLEN)
        elif int.from_bytes(frame[26:30], "big") == here:
            for flows in (self.flows, self.at(here)):
                flows.add(when / 1e9, bytes(frame), ETH_HLEN, lost=verdict != SENT)

    def at(self, address: int) -> Flows:
        """What the host with that address sees."""
        return self.seen_at.setdefault(address, Flows())

    def attach(self, link: Link) -> None:
        """Watch a link, too."""
        a, b = int(link.a.address.ip), int(link.b.address.ip)
        self.links[link.cable.ab] = (a, b)
        self.links[link.cable.ba] = (b, a)
        link.cable.taps.append(self)

    # What people read

    def text(self) -> str:
        """A line for each change, of either end."""
        return "\n".join([HEADER, *map(str, self.samples)])

    def json_lines(self) -> str:
        """The same as JSON, one object a line."""
        return "\n".join(sample.json() for sample in self.samples)

    def matching(self) -> Iterator[Flow]:
        """The connections that were seen on the links, in order of appearance."""
        wanted = {int(end.address.ip) for node in self.nodes for end in node.ends}
        for flow in self.flows.list():
            ours = not wanted or {flow.a[0], flow.b[0]} & wanted
            if ours and self.port in (0, flow.a[1], flow.b[1]):
                yield flow

    def figure(self, nth: int) -> tuple[list[Chart], str, str]:
        """What the busier end of the nth connection saw, its windows and clocks; title, subtitle."""
        flows = list(self.matching())
        if not 0 <= nth < len(flows):
            known = f"there is 0 to {len(flows) - 1}" if flows else "none was seen on a link"
            raise LabError(f"no connection {nth} to draw: {known}")
        flow = flows[nth]
        ends = (flow.a, flow.b) if flow.busier() else (flow.b, flow.a)
        flow = self.at(ends[0][0]).find(*ends, 0)  # as the busier end sees it
        forward = flow.a == ends[0]
        pair = (end_text(ends[0]), end_text(ends[1]))
        mine = [sample for sample in self.samples if (sample.end, sample.peer) == pair]
        charts = [sequence_chart(flow.segments, forward), *cwnd_charts(mine)]
        return charts, flow_title(flow, forward), subtitle(flow, forward)

    def svg(self, nth: int = 0) -> str:
        """A picture of the busier end of the nth connection, as text. LabError."""
        return figure(*self.figure(nth))

    def plot(self, path: str | Path, nth: int = 0) -> None:
        """Write it to a file: run.svg, or run.png if matplotlib is there. LabError."""
        write_picture(path, *self.figure(nth))


def minisocks(hinfo: InetHashinfo) -> dict[tuple[str, str], int]:
    """The states of what is left of connections: TCP_TIME_WAIT or TCP_FIN_WAIT2, by their ends."""
    found: dict[tuple[str, str], int] = {}
    for chain in hinfo.twhash if hinfo.tw_count else ():
        tw = chain
        while tw is not None:
            ends = end_text((tw.tw_rcv_saddr, tw.tw_num)), end_text((tw.tw_daddr, tw.tw_dport))
            found[ends] = tw.tw_substate
            tw = tw.tw_next
    return found
