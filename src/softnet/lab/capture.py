"""Captures: what every interface of the lab, or some of them, send and receive, in a pcapng file.

A frame is written when it leaves its sender, whatever becomes of it on the way, and again when it
arrives; each interface has its block ("h1:eth0"), directions are marked, and a comment says what a cable
did to a frame. Frames are taken from the cable, so checksums that a card computes are there.

A frame that crosses a router is in such a file once for each interface it passed. Wireshark and
tshark take the later ones for retransmissions, and with losses may fail to put a stream together; look at
one interface (frame.interface_name == "h1:eth0") or capture on one: lab.capture(file, on="h1").
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from softnet.kernel.tracepoint import packet_name
from softnet.lab.filter import compile_filter
from softnet.machine.cable import CORRUPT, DELIVERED, DUPLICATE, SENT, CableTap, Direction
from softnet.wire.pcap import INBOUND, OUTBOUND, PcapngWriter

if TYPE_CHECKING:
    from softnet.lab.link import End, Link

COMMENTS = {
    "loss": "lost on the way (random loss)",
    "queue": "dropped: the queue in front of the cable is full",
    "down": "lost: the cable is down",
    "rule": "dropped by a rule of link.drop()",
    CORRUPT: "one bit was flipped on the way",
    DUPLICATE: "delivered twice",
}


class Capture(CableTap):
    """One file. Made by lab.capture(); closed with the lab."""

    __slots__ = ("ends", "file", "interfaces", "packets", "path", "test", "writer")

    def __init__(
        self, path: str | Path | BinaryIO, match: str = "", ends: frozenset[str] | None = None
    ) -> None:
        """ends: the names of hosts ("h1") and interfaces ("h1:eth0") that are wanted; None: all."""
        self.ends = ends
        self.path = str(path) if isinstance(path, str | Path) else ""
        self.file: BinaryIO
        if isinstance(path, str | Path):
            self.file = Path(path).open("wb")  # noqa: SIM115 (close() closes it)
        else:
            self.file = path
        self.writer = PcapngWriter(self.file)
        self.test = compile_filter(match)
        self.interfaces: dict[Direction, tuple[int, int]] = {}  # sender's and receiver's, or -1
        self.packets = 0

    def attach(self, link: Link) -> None:
        """Capture the ends of link that are wanted from now on."""
        a, b = self.add(link.a), self.add(link.b)
        if a < 0 and b < 0:
            return
        self.interfaces[link.cable.ab] = (a, b)
        self.interfaces[link.cable.ba] = (b, a)
        link.cable.taps.append(self)

    def add(self, end: End) -> int:
        """The number of an end's interface in this file; -1 if it is not wanted."""
        if self.ends is not None and self.ends.isdisjoint((end.node.name, str(end))):
            return -1
        dev = end.node.host.device(end.device)
        return self.writer.add_interface(str(end), mac=dev.dev_addr)

    def on_frame(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        """Write a frame that passed an interface."""
        sender, receiver = self.interfaces[direction]
        arriving = verdict == DELIVERED
        number = receiver if arriving else sender
        if number < 0 or (self.test is not None and not self.test(frame)):
            return
        notes = [packet_name(meta)] if isinstance(meta, int) and meta else []
        if verdict not in (SENT, DELIVERED):
            notes.append(COMMENTS.get(verdict, verdict))
        self.packets += 1
        self.writer.write_packet(
            number,
            when,
            frame,
            direction=INBOUND if arriving else OUTBOUND,
            comment=" ".join(notes),
            packet_id=meta if isinstance(meta, int) and meta else None,
        )

    def close(self) -> None:
        """Write the statistics and close the file."""
        if not self.file.closed:
            self.writer.close()
            if self.path:
                self.file.close()
