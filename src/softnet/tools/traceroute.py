"""traceroute: the routers on the way, by UDP datagrams that live too short.

    h1.sh("traceroute h2")

Prints what Linux's traceroute prints.
"""

from __future__ import annotations

import softnet.syscalls as sys_
import softnet.uapi.icmp as icmp
import softnet.uapi.in_ as in_
import softnet.uapi.poll as poll
import softnet.uapi.socket as socket
from softnet.tools.terminal import Parser, Terminal, ToolError, parser
from softnet.wire.addr import ip_ntoa

FIRST_PORT = 33434  # of the datagrams, one more for each
PACKET = 60  # bytes, IP and UDP headers included
DATA = PACKET - 28
NS_PER_S = 1_000_000_000
NOTES = {0: " !N", 1: " !H", 2: " !P", 4: " !F", 13: " !X"}  # ICMP_DEST_UNREACH codes
PORT_UNREACH = 3


def words() -> Parser:
    """The command line."""
    p = parser("traceroute", "print the way packets take to a host")
    p.add_argument("-m", type=int, default=30, metavar="HOPS", help="at most (30)")
    p.add_argument("-q", type=int, default=3, metavar="N", help="datagrams for each hop (3)")
    p.add_argument("-w", type=float, default=5.0, metavar="S", help="wait for an answer (5)")
    p.add_argument("-n", action="store_true", help="addresses instead of names")
    p.add_argument("destination")
    return p


def main(t: Terminal) -> int:
    """traceroute"""
    args = t.parse(words())
    if not 1 <= args.m <= 255:
        raise ToolError("traceroute: max hops cannot be more than 255", 2)
    addr = t.resolve(args.destination)
    t.print(
        f"traceroute to {args.destination} ({ip_ntoa(addr)}), {args.m} hops max, "
        f"{PACKET} byte packets"
    )
    udp = sys_.sys_socket(socket.AF_INET, socket.SOCK_DGRAM, 0)
    raw = sys_.sys_socket(socket.AF_INET, socket.SOCK_RAW, in_.IPPROTO_ICMP)
    try:
        port = FIRST_PORT
        for ttl in range(1, args.m + 1):
            sys_.sys_setsockopt(udp, socket.SOL_IP, in_.IP_TTL, ttl.to_bytes(4, "little"))
            line = Hop(t, args.n)
            for _ in range(args.q):
                line.probe(udp, raw, addr, port, round(args.w * NS_PER_S))
                port += 1
            t.print(f"{ttl:2d} {line.text}")
            if line.over:
                break
    finally:
        sys_.sys_close(raw)
        sys_.sys_close(udp)
    return 0


class Hop:
    """One line of the output."""

    __slots__ = ("last", "numeric", "over", "t", "text")

    def __init__(self, t: Terminal, numeric: bool) -> None:
        self.t = t
        self.numeric = numeric
        self.text = ""
        self.last = 0  # who answered the probe before
        self.over = False  # the destination, or an end of the way, answered

    def probe(self, udp: int, raw: int, addr: int, port: int, wait: int) -> None:
        """Send one datagram and wait for what comes of it."""
        start = sys_.sys_clock_gettime()
        try:
            sys_.sys_sendto(udp, bytes(range(0x40, 0x40 + DATA)), 0, sys_.SockaddrIn(addr, port))
        except OSError:
            # An error for an earlier datagram, reported now: this one was not sent.
            sys_.sys_sendto(udp, bytes(range(0x40, 0x40 + DATA)), 0, sys_.SockaddrIn(addr, port))
        while True:
            left = start + wait - sys_.sys_clock_gettime()
            if left <= 0 or not sys_.sys_poll([(raw, poll.POLLIN)], left):
                self.text += " *"
                return
            packet, sender = sys_.sys_recvfrom(raw, 1 << 16)
            assert isinstance(sender, sys_.SockaddrIn)
            kind, code = about(packet, port)
            if kind in (icmp.ICMP_TIME_EXCEEDED, icmp.ICMP_DEST_UNREACH):
                self.answer(sender.sin_addr, sys_.sys_clock_gettime() - start, kind, code)
                return

    def answer(self, sender: int, rtt: int, kind: int, code: int) -> None:
        """Someone answered."""
        if sender != self.last:
            name = ip_ntoa(sender) if self.numeric else self.t.name_of(sender)
            self.text += f" {name}" if self.numeric else f" {name} ({ip_ntoa(sender)})"
            self.last = sender
        self.text += f"  {rtt / 1e6:.3f} ms"
        if kind == icmp.ICMP_DEST_UNREACH:
            self.over = True
            if code != PORT_UNREACH:
                self.text += NOTES.get(code, f" !<{code}>")


def about(packet: bytes, port: int) -> tuple[int, int]:
    """(type, code) of an ICMP error that quotes our datagram to port; (-1, 0) for all else."""
    message = packet[(packet[0] & 15) << 2 :]
    quoted = message[8:]
    if len(quoted) < 28 or quoted[9] != in_.IPPROTO_UDP:
        return -1, 0
    udp = quoted[(quoted[0] & 15) << 2 :]
    if int.from_bytes(udp[2:4], "big") != port:
        return -1, 0
    return message[0], message[1]
