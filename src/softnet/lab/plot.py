"""Pictures of TCP connections: time-sequence, what was in flight, the congestion window.

    softnet plot run.pcapng -o run.svg                       of a capture
    lab.connection("h1", "h2") ... conn.plot("run.svg")      of a run: lab/connection.py

The time-sequence picture is that of tcptrace: every segment is a vertical stroke over the bytes
it carries, at the time it was sent; below it the line of what is acknowledged, above it that of what the
peer's window allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from softnet.lab.picture import write_picture
from softnet.lab.segments import Flow, Segment, end_text
from softnet.lab.svg import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, Chart, Point
from softnet.uapi.tcp import TCPHDR_FIN, TCPHDR_RST, TCPHDR_SYN

if TYPE_CHECKING:
    from softnet.lab.connection import Sample

SSTHRESH_INFINITE = 0x7FFFFFFF
CA_RECOVERY = 2  # TCP_CA_CWR and above: a reduction is going on


def plot_flow(flow: Flow, path: str | Path, forward: bool | None = None) -> None:
    """Write a picture: time-sequence and bytes in flight of one direction, the busier by default."""
    forward = flow.busier() if forward is None else forward
    charts = [sequence_chart(flow.segments, forward), flight_chart(flow.segments, forward)]
    write_picture(path, charts, flow_title(flow, forward), subtitle(flow, forward))


def flow_title(flow: Flow, forward: bool) -> str:
    """Who sends to whom."""
    ends = (flow.a, flow.b) if forward else (flow.b, flow.a)
    return f"{end_text(ends[0])} > {end_text(ends[1])}"


def subtitle(flow: Flow, forward: bool) -> str:
    """What a picture is about, in a line."""
    mine = [s for s in flow.segments if s.forward == forward and s.length]
    again = sum(s.again for s in mine)
    words = [f"{flow.data_bytes(forward):,} bytes", f"{len(mine)} segments", f"{again} sent again"]
    took = flow.segments[-1].time - flow.segments[0].time if flow.segments else 0.0
    if took:
        words.append(f"{flow.data_bytes(forward) * 8 / took / 1e6:.3g} Mbit/s")
    return ", ".join(words)


def sequence_chart(segments: Sequence[Segment], forward: bool) -> Chart:
    """Sequence numbers over time of one direction."""
    chart = Chart("time-sequence", "time, s", "sequence number, bytes")
    sent = [s for s in segments if s.forward == forward and s.length]
    acks: list[Point] = []
    window: list[Point] = []
    sacked = []
    for s in segments:
        if s.forward == forward or s.ack < 0:
            continue
        if not acks or s.ack >= acks[-1][1]:
            acks.append((s.time, float(s.ack)))
            if not s.flags & TCPHDR_SYN:
                window.append((s.time, float(s.ack + s.win)))
        sacked += [(s.time, float(x), float(y)) for x, y in s.sacks if x >= s.ack]
    top = max((s.seq + s.length for s in sent), default=1)
    # A window far above everything would press the rest flat.
    if window and min(y for _, y in window) < 2 * top:
        chart.steps("window", [(x, min(y, 1.25 * top)) for x, y in window], ORANGE)
    chart.steps("acknowledged", acks, GREEN)
    chart.bars("SACKed", sacked, PURPLE)
    fresh = [(s.time, float(s.seq), float(s.seq + s.length)) for s in sent if not s.again]
    again = [(s.time, float(s.seq), float(s.seq + s.length)) for s in sent if s.again]
    chart.bars("sent", fresh, BLUE, least=1.5)
    chart.bars("sent again", again, RED, least=9)
    chart.marks("lost", [(s.time, s.seq + s.length / 2) for s in sent if s.lost], RED, "x")
    chart.marks("window shut", shut_windows(segments, forward), ORANGE, "s")
    ends = [s for s in segments if s.forward == forward and s.flags & (TCPHDR_SYN | TCPHDR_FIN)]
    chart.marks("SYN, FIN", [(s.time, float(s.seq + s.length)) for s in ends], GREY, "s")
    return chart


def shut_windows(segments: Sequence[Segment], forward: bool) -> list[Point]:
    """Where the receiver says that its window is shut: each such word of it."""
    return [
        (s.time, float(s.ack))
        for s in segments
        if s.forward != forward and s.ack >= 0 and s.win == 0 and not s.flags & TCPHDR_RST
    ]


def flight_chart(segments: Sequence[Segment], forward: bool) -> Chart:
    """Bytes sent and not acknowledged yet, as the place of the capture saw them."""
    chart = Chart("in flight", "time, s", "bytes", height=200)
    points: list[Point] = []
    highest = una = -1
    for s in segments:
        if s.forward == forward:
            highest = max(highest, s.seq + s.length)
        elif s.ack >= 0:
            una = max(una, s.ack)
        if una >= 0:
            points.append((s.time, float(max(highest - una, 0))))
    chart.steps("sent, not acknowledged", points, BLUE)
    return chart


def cwnd_charts(samples: Sequence[Sample]) -> list[Chart]:
    """Windows in segments, and the clocks in ms, of one end of a connection in a run."""
    windows = Chart("congestion window", "time, s", "segments", height=260)
    clocks = Chart("round trip and timeout", "time, s", "ms", height=200)
    times = [s.time for s in samples]
    windows.steps("in flight", curve(times, [s.in_flight for s in samples]), SKY)
    shown = [(s.time, float(s.ssthresh)) for s in samples if s.ssthresh < SSTHRESH_INFINITE]
    windows.steps("ssthresh", shown, ORANGE, "6 4")
    windows.steps("cwnd", curve(times, [s.cwnd for s in samples]), BLUE)
    entered = [
        (s.time, float(s.cwnd))
        for before, s in zip(samples, samples[1:], strict=False)
        if before.ca_state < CA_RECOVERY <= s.ca_state
    ]
    windows.marks("reduction", entered, RED, "x")
    clocks.steps("RTO", curve(times, [s.rto for s in samples]), ORANGE)
    clocks.steps("srtt", curve(times, [s.srtt for s in samples]), GREEN)
    return [windows, clocks]


def curve(times: Sequence[float], values: Sequence[float]) -> list[Point]:
    """Points where the value changes, and the last one."""
    found: list[Point] = []
    for x, y in zip(times, values, strict=True):
        if not found or found[-1][1] != y:
            found.append((x, float(y)))
    if times and found[-1][0] != times[-1]:
        found.append((times[-1], found[-1][1]))
    return found
