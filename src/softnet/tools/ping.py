"""ping: ICMP echo requests, and what comes back.

    h1.sh("ping -c 3 h2")

Prints what iputils' ping prints. Exit code 0 if anything came back, 1 if nothing, 2 for other errors.
"""

from __future__ import annotations

import errno
import math

import softnet.syscalls as sys_
import softnet.uapi.icmp as icmp
import softnet.uapi.in_ as in_
import softnet.uapi.poll as poll
import softnet.uapi.socket as socket
from softnet.arch.csum import ip_compute_csum
from softnet.tools.terminal import Parser, Terminal, ToolError, parser
from softnet.wire.addr import ip_ntoa

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
TIME_BYTES = 8  # a request carries when it was sent
IP_HDRLEN = 20
ICMP_HDRLEN = 8
ERRORS = {
    icmp.ICMP_DEST_UNREACH: {
        0: "Destination Net Unreachable",
        1: "Destination Host Unreachable",
        2: "Destination Protocol Unreachable",
        3: "Destination Port Unreachable",
        4: "Frag needed and DF set",
        13: "Packet filtered",
    },
    icmp.ICMP_TIME_EXCEEDED: {0: "Time to live exceeded", 1: "Frag reassembly time exceeded"},
    icmp.ICMP_REDIRECT: {0: "Redirect Network", 1: "Redirect Host"},
}


def words() -> Parser:
    """The command line."""
    p = parser("ping", "send ICMP ECHO_REQUEST to a host")
    p.add_argument("-c", type=int, default=4, metavar="COUNT", help="how many (4)")
    p.add_argument("-i", type=float, default=1.0, metavar="S", help="seconds between two (1)")
    p.add_argument("-s", type=int, default=56, metavar="BYTES", help="data bytes (56)")
    p.add_argument("-t", type=int, default=0, metavar="TTL", help="time to live (64)")
    p.add_argument("-W", type=float, default=10.0, metavar="S", help="wait for the last reply (10)")
    p.add_argument("-I", default="", metavar="DEV", help="send from this device")
    p.add_argument("-q", action="store_true", help="only the summary")
    p.add_argument("-n", action="store_true", help="addresses are never shown as names (always)")
    p.add_argument("destination")
    return p


def main(t: Terminal) -> int:
    """ping"""
    args = t.parse(words())
    if not 0 <= args.s <= 65507:
        raise ToolError(f"ping: packet size {args.s} is not between 0 and 65507", 2)
    pinger = Pinger(t, args.destination, t.resolve(args.destination), args.s, args.q)
    try:
        if args.t:
            pinger.set_option(socket.SOL_IP, in_.IP_TTL, args.t.to_bytes(4, "little"))
        if args.I:
            pinger.set_option(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, args.I.encode() + b"\0")
        return pinger.run(args.c, round(args.i * NS_PER_S), round(args.W * NS_PER_S))
    finally:
        sys_.sys_close(pinger.fd)


class Pinger:
    """One run: its socket, its counters."""

    __slots__ = (
        "addr", "errors", "fd", "ident", "name", "quiet", "received", "rtts", "seen", "sent",
        "size", "t",
    )  # fmt: skip

    def __init__(self, t: Terminal, name: str, addr: int, size: int, quiet: bool) -> None:
        self.t = t
        self.name = name
        self.addr = addr
        self.size = size
        self.quiet = quiet
        self.sent = 0
        self.received = 0
        self.errors = 0
        self.rtts: list[int] = []  # ns
        self.seen: set[int] = set()
        self.ident = sys_.sys_getpid() & 0xFFFF
        self.fd = sys_.sys_socket(socket.AF_INET, socket.SOCK_RAW, in_.IPPROTO_ICMP)

    def set_option(self, level: int, name: int, value: bytes) -> None:
        """setsockopt()"""
        sys_.sys_setsockopt(self.fd, level, name, value)

    def run(self, count: int, interval: int, last_wait: int) -> int:
        """Send count requests, one each interval (ns); then wait for what is missing."""
        whole = self.size + ICMP_HDRLEN + IP_HDRLEN
        self.t.print(f"PING {self.name} ({ip_ntoa(self.addr)}) {self.size}({whole}) bytes of data.")
        start = sys_.sys_clock_gettime()
        for seq in range(1, count + 1):
            self.send(seq)
            last = seq == count
            self.listen(sys_.sys_clock_gettime() + (last_wait if last else interval), last)
        self.summary(sys_.sys_clock_gettime() - start)
        return 0 if self.received else 1

    def send(self, seq: int) -> None:
        """One echo request; it carries when it was sent, if there is room."""
        now = sys_.sys_clock_gettime().to_bytes(TIME_BYTES, "big")
        stamp = now if self.size >= TIME_BYTES else b""
        data = stamp + bytes(i & 0xFF for i in range(len(stamp), self.size))
        head = bytes([icmp.ICMP_ECHO, 0, 0, 0]) + self.ident.to_bytes(2, "big")
        packet = bytearray(head + (seq & 0xFFFF).to_bytes(2, "big") + data)
        packet[2:4] = ip_compute_csum(packet, 0, len(packet)).to_bytes(2, "big")
        self.sent += 1
        try:
            sys_.sys_sendto(self.fd, bytes(packet), 0, sys_.SockaddrIn(self.addr, 0))
        except OSError as e:
            self.errors += 1
            self.t.print(f"ping: sendmsg: {e.strerror}")
            if e.errno in (errno.EPERM, errno.EACCES):
                raise

    def listen(self, until: int, last: bool) -> None:
        """Take replies until then; the last time only until everything is there."""
        while not last or self.received + self.errors < self.sent:
            left = until - sys_.sys_clock_gettime()
            if left <= 0 or not sys_.sys_poll([(self.fd, poll.POLLIN)], left):
                return
            try:
                packet, sender = sys_.sys_recvfrom(self.fd, 1 << 16)
            except OSError as e:
                self.t.print(f"ping: {e.strerror}")
                continue
            assert isinstance(sender, sys_.SockaddrIn)
            self.take(packet, sender.sin_addr)

    def take(self, packet: bytes, sender: int) -> None:
        """A packet of the ICMP protocol, with its IP header."""
        hlen = (packet[0] & 15) << 2
        ttl = packet[8]
        message = packet[hlen:]
        if len(message) < ICMP_HDRLEN:
            return
        kind, code = message[0], message[1]
        if kind in ERRORS:
            self.take_error(message, sender, kind, code)
            return
        if kind != icmp.ICMP_ECHOREPLY or int.from_bytes(message[4:6], "big") != self.ident:
            return
        seq = int.from_bytes(message[6:8], "big")
        again = " (DUP!)" if seq in self.seen else ""
        if not again:
            self.seen.add(seq)
            self.received += 1
        took = ""
        if len(message) >= ICMP_HDRLEN + TIME_BYTES:
            stamp = message[ICMP_HDRLEN : ICMP_HDRLEN + TIME_BYTES]
            rtt = sys_.sys_clock_gettime() - int.from_bytes(stamp, "big")
            self.rtts.append(rtt)
            took = f" time={show_ms(rtt)} ms"
        if not self.quiet:
            self.t.print(
                f"{len(message)} bytes from {ip_ntoa(sender)}: icmp_seq={seq} ttl={ttl}{took}{again}"
            )

    def take_error(self, message: bytes, sender: int, kind: int, code: int) -> None:
        """An ICMP error about one of our requests, which it quotes."""
        quoted = message[ICMP_HDRLEN:]
        if len(quoted) < IP_HDRLEN + ICMP_HDRLEN:
            return
        inner = quoted[(quoted[0] & 15) << 2 :]
        if inner[0] != icmp.ICMP_ECHO or int.from_bytes(inner[4:6], "big") != self.ident:
            return
        if kind != icmp.ICMP_REDIRECT:
            self.errors += 1
        seq = int.from_bytes(inner[6:8], "big")
        what = ERRORS[kind].get(code, f"type {kind} code {code}")
        if not self.quiet:
            self.t.print(f"From {ip_ntoa(sender)} icmp_seq={seq} {what}")

    def summary(self, took: int) -> None:
        """The last lines."""
        lost = 100 * (self.sent - self.received) / self.sent if self.sent else 0.0
        errors = f" +{self.errors} errors," if self.errors else ""
        self.t.print(
            "",
            f"--- {self.name} ping statistics ---",
            f"{self.sent} packets transmitted, {self.received} received,{errors} {lost:.6g}% "
            f"packet loss, time {took // NS_PER_MS}ms",
        )
        if self.rtts:
            n = len(self.rtts)
            mean = sum(self.rtts) / n
            mdev = math.sqrt(max(0.0, sum(r * r for r in self.rtts) / n - mean * mean))
            figures = (min(self.rtts), mean, max(self.rtts), mdev)
            text = "/".join(f"{ns / NS_PER_MS:.3f}" for ns in figures)
            self.t.print(f"rtt min/avg/max/mdev = {text} ms")


def show_ms(ns: int) -> str:
    """Milliseconds as ping shows them: the fewer, the more digits."""
    if ns >= 100 * NS_PER_MS:
        return f"{ns / NS_PER_MS:.0f}"
    if ns >= 10 * NS_PER_MS:
        return f"{ns / NS_PER_MS:.1f}"
    return f"{ns / NS_PER_MS:.2f}" if ns >= NS_PER_MS else f"{ns / NS_PER_MS:.3f}"
