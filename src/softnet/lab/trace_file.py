"""softnet trace run.pcapng: the segments of each connection in a capture, as somebody on the way saw them.

    TIME       CONN FROM             TO           STATE        FLAGS  SEQ     ACK    WIN FLIGHT  NOTES
    0.060000      0 10.0.0.1:40000   10.0.0.2:80  SYN_SENT     S      0:0       -  14600      1

STATE is the sender's, as far as what was seen tells; sequence numbers count from the SYNs, as in tcpdump;
WIN and FLIGHT (sent and not yet acknowledged, by that end) are bytes. CONN is the number that
`softnet plot --flow` takes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

from softnet.lab.filter import compile_filter
from softnet.lab.segments import Flow, Flows, Segment, end_text, walk
from softnet.lab.trace_filter import ethernet
from softnet.uapi.if_ether import ETH_P_IP
from softnet.uapi.tcp import TCPHDR_ACK, TCPHDR_FIN, TCPHDR_RST, TCPHDR_SYN
from softnet.wire.capture_files import ipv4_offset

ROW = "{:<14} {:>4} {:<18} {:<18} {:<12} {:<6} {:<21} {:>10} {:>9} {:>8}  {}"
HEADER = ROW.format(
    "TIME", "CONN", "FROM", "TO", "STATE", "FLAGS", "SEQ", "ACK", "WIN", "FLIGHT", "NOTES"
)  # fmt: skip
FLAGS = "FSRP.UEW"  # bit 0 first, as tcpdump writes them


def trace_file(
    path: str, out: TextIO, match: str = "", host: str = "", as_json: bool = False
) -> int:
    """Print the segments that match; how many those are. OSError, ValueError (LabError)."""
    test = compile_filter(match)
    flows = Flows()
    watches: dict[int, FlowWatch] = {}
    shown = 0
    if not as_json:
        print(HEADER, file=out)
    with Path(path).open("rb") as file:
        for packet, flow in walk(file, flows, host):
            watch = watches.get(id(flow))
            if watch is None:
                watch = watches[id(flow)] = FlowWatch(len(watches), flow)
            record = watch.add(flow.segments[-1])
            at = ipv4_offset(packet.interface.linktype, packet.data)
            if test is None or test(ethernet(ETH_P_IP, packet.data[at:])):
                print(json.dumps(record) if as_json else line(record), file=out)
                shown += 1
    return shown


class EndWatch:
    """One end of a connection, from what was seen of it."""

    __slots__ = ("acked", "ack_seen", "fin", "sent", "state", "window")

    def __init__(self) -> None:
        self.state = ""  # nothing is known
        self.sent = -1  # the largest sequence number that it sent
        self.acked = -1  # and that was acknowledged
        self.fin = -1  # the sequence number after its FIN
        self.ack_seen = -1  # the last acknowledgement it sent
        self.window = -1  # the last window it offered

    def flight(self) -> int:
        """Bytes sent and not acknowledged."""
        return max(self.sent - self.acked, 0) if self.acked >= 0 else max(self.sent, 0)


class FlowWatch:
    """A connection of a capture, segment by segment."""

    __slots__ = ("ends", "flow", "number")

    def __init__(self, number: int, flow: Flow) -> None:
        self.number = number
        self.flow = flow
        self.ends = (EndWatch(), EndWatch())

    def add(self, s: Segment) -> dict[str, object]:
        """A segment more; what is said of it, as JSON has it."""
        mine, theirs = self.ends if s.forward else self.ends[::-1]
        notes = self.notes(s, mine, theirs)
        self.acknowledge(s, mine, theirs)
        send(s, mine, theirs)
        mine.window = s.win
        ends = (self.flow.a, self.flow.b) if s.forward else (self.flow.b, self.flow.a)
        return {
            "time": s.time,
            "connection": self.number,
            "from": end_text(ends[0]),
            "to": end_text(ends[1]),
            "state": mine.state,
            "flags": "".join(FLAGS[bit] for bit in range(8) if s.flags >> bit & 1),
            "seq": s.seq,
            "length": s.length,
            "ack": s.ack if s.flags & TCPHDR_ACK else None,
            "window": s.win,
            "in_flight": mine.flight(),
            "sacks": s.sacks,
            "notes": notes,
        }

    def notes(self, s: Segment, mine: EndWatch, theirs: EndWatch) -> list[str]:
        """What is remarkable about it."""
        found = []
        if s.again:
            found.append("sent again")
        if s.lost:
            found.append("lost")
        same = s.ack == mine.ack_seen and not s.length and s.win == mine.window
        if s.ack >= 0 and same and theirs.flight() and not s.flags & (TCPHDR_SYN | TCPHDR_FIN):
            found.append("duplicate ACK")
        if s.win == 0 and not s.flags & TCPHDR_RST:
            found.append("window closed")
        elif mine.window == 0 and s.win:
            found.append("window open")
        for i, (left, right) in enumerate(s.sacks):
            again = i == 0 and right <= s.ack
            found.append(f"{'D-SACK' if again else 'SACK'} {left}:{right}")
        return found

    def acknowledge(self, s: Segment, mine: EndWatch, theirs: EndWatch) -> None:
        """What its acknowledgement tells of both ends."""
        if not s.flags & TCPHDR_ACK:
            return
        mine.ack_seen = max(mine.ack_seen, s.ack)
        theirs.acked = max(theirs.acked, s.ack)
        if mine.state in ("", "SYN_SENT") and not s.flags & TCPHDR_SYN:
            mine.state = "ESTABLISHED"
        if theirs.state == "SYN_RECV" and s.ack >= 1:
            theirs.state = "ESTABLISHED"
        if 0 <= theirs.fin <= s.ack:
            theirs.state = AFTER_ACK.get(theirs.state, theirs.state)
            mine.state = AFTER_THEIR_FIN.get(mine.state, mine.state)


AFTER_ACK = {"FIN_WAIT1": "FIN_WAIT2", "CLOSING": "TIME_WAIT", "LAST_ACK": "CLOSE"}
AFTER_THEIR_FIN = {
    "ESTABLISHED": "CLOSE_WAIT", "SYN_RECV": "CLOSE_WAIT", "FIN_WAIT1": "CLOSING", "FIN_WAIT2": "TIME_WAIT",
}  # fmt: skip
AFTER_FIN = {"ESTABLISHED": "FIN_WAIT1", "SYN_RECV": "FIN_WAIT1", "CLOSE_WAIT": "LAST_ACK"}


def send(s: Segment, mine: EndWatch, theirs: EndWatch) -> None:
    """What it tells of its sender: SYN, data, FIN or RST."""
    if s.flags & TCPHDR_RST:
        mine.state = theirs.state = "CLOSE"
        return
    end = s.seq + s.length
    if s.flags & TCPHDR_SYN:
        end += 1
        if s.flags & TCPHDR_ACK or theirs.state == "SYN_SENT":
            mine.state = "SYN_RECV"
        else:
            mine.state = "SYN_SENT"
    if s.flags & TCPHDR_FIN:
        end += 1
        mine.fin = end
        mine.state = AFTER_FIN.get(mine.state, mine.state)
    mine.sent = max(mine.sent, end)


def line(record: dict[str, object]) -> str:
    """A row of the table."""
    r = record
    seq, length, notes = r["seq"], r["length"], r["notes"]
    assert isinstance(seq, int)
    assert isinstance(length, int)
    assert isinstance(notes, list)
    ack = "-" if r["ack"] is None else r["ack"]
    return ROW.format(
        f"{r['time']:.6f}", r["connection"], r["from"], r["to"], r["state"], r["flags"],
        f"{seq}:{seq + length}", ack, r["window"], r["in_flight"], ", ".join(notes),
    ).rstrip()  # fmt: skip
