"""A host under attack: `srv` has a bystander (`cli`) on one link, and on the other whoever the test says.

    with Siege() as s:
        quiet = s.transfer()               both ways at once; what passed the bystander's link, and when
        s.every_ms(frames, 1000)           so many of the frames each millisecond, on the other link
        assert s.transfer() == quiet

The attacker's frames are bytes put on the cable in front of srv's second card, an e1000 as the first;
what srv answers there is counted and forgotten. srv's way to everybody is through that link, so a
frame may come from any address. Work is counted, not timed: segments, events of the world, functions of the
path (trace points); and, interpreted, lines of Python: lines_of().
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import softnet
import softnet.kernel.trace as trace
from softnet.kernel.sched import current, nsleep, spawn
from softnet.kernel.trace import TraceEvent, Tracer
from softnet.lab.check_tcp import connections, tcp_sysctl
from softnet.machine.cable import DELIVERED, CablePort, CableTap, Direction, Port
from softnet.net.core.neighbour import neigh_add
from softnet.net.ipv4.route_cache import rt_cache_of
from softnet.structs.fib import FibConfig
from softnet.structs.socket import SockaddrIn
from softnet.structs.tcp import TcpSock
from softnet.syscalls import (
    sys_accept4,
    sys_close,
    sys_connect,
    sys_recvfrom,
    sys_sendto,
    sys_shutdown,
    sys_socket,
)
from softnet.uapi import in_
from softnet.uapi.if_ether import ETH_P_IP
from softnet.uapi.neighbour import NUD_PERMANENT
from softnet.uapi.rtnetlink import RTAX_INITCWND
from softnet.uapi.socket import AF_INET, SHUT_WR, SOCK_STREAM
from softnet.wire import tcp_options as opt
from softnet.wire.addr import ip_aton
from softnet.wire.build import build_ethernet, build_ipv4, build_tcp
from softnet.wire.tcp import tcp_view
from tests.kit.tcp_pair import open_listener, pattern
from tests.kit.tcp_peer import flag_bits

PORT = 80
SYN, RST = 2, 4
GATEWAY = ip_aton("10.66.0.1")  # the attacker's end of its link
STRANGERS = ip_aton("198.18.0.0")  # and the 65535 that follow
VICTIM = ip_aton("10.66.0.2")  # srv's
Passed = list[tuple[int, str, int]]  # time since the beginning (ns), direction, bytes of the frame


class Answers(CablePort):
    """The attacker's end of the cable: what srv says there, and what is said to that."""

    def __init__(self, port: Port) -> None:
        self.port = port
        self.count = 0
        self.syn_ack = b""  # the last one
        self.replies: dict[bytes, bytes] = {}  # to the address and port of a Stranger: a frame

    def deliver(self, frame: bytes | bytearray, meta: object) -> None:
        self.count += 1
        if frame[47] & SYN:
            self.syn_ack = bytes(frame)
        reply = self.replies.get(frame[30:34] + frame[36:38])
        if reply is not None and frame[47] & RST == 0:
            self.port.transmit(reply)

    def carrier(self, up: bool) -> None:
        pass


class Log(CableTap):
    """What arrives at either end of the bystander's link."""

    def __init__(self) -> None:
        self.passed: Passed = []

    def on_frame(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        if verdict == DELIVERED:
            self.passed.append((when, direction.name, len(frame)))


class Counter(Tracer):
    """How often functions of the path ran."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        Tracer.__init__(self)
        self.count = 0

    def event(self, ev: TraceEvent) -> None:
        self.count += 1


class Siege:
    """srv, cli and the attacker's cable."""

    def __init__(self, size: int = 300_000, ram: int = 0, initcwnd: int = 0) -> None:
        self.ram = ram  # bytes; 0: as every host
        self.size = size  # bytes of a transfer, each way
        self.lab = softnet.Lab(seed=5)
        self.lab.__enter__()
        self.srv = self.lab.host("srv", ram=ram)
        self.cli, evil = self.lab.hosts("cli", "evil")
        self.link = self.lab.link(self.cli, self.srv, rate="100mbit", delay="2ms")
        attack = self.lab.link(evil, self.srv, address_a="10.66.0.1/24", address_b="10.66.0.2/24")
        self.port = attack.cable.a
        self.answers = Answers(self.port)
        self.port.attach(self.answers, self.port.host_id)
        self.log = Log()
        self.link.cable.taps.append(self.log)
        self.net = self.srv.host.net
        dev = self.srv.host.device("eth1")
        self.mac = bytes(dev.dev_addr)
        way = FibConfig(dst=0, dst_len=0, gw=GATEWAY)
        if initcwnd:  # of the attacker's connections
            way.fc_mx = {RTAX_INITCWND: initcwnd}
        self.srv.host.add_route(way)
        with self.srv.host.running():
            neigh_add(self.net.ipv4.arp_tbl, GATEWAY, dev, bytes(6), NUD_PERMANENT)
        self.serve(serve, self.size)

    def __enter__(self) -> Siege:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.lab.__exit__(*exc)

    def serve(self, fn: Callable[..., object], *args: object) -> None:
        """Start a program on srv."""
        self.srv.host.spawn(fn, *args, name=fn.__name__)
        self.run_ms(1)

    # Time and frames

    def run_ms(self, ms: float) -> None:
        self.lab.run_for(ms / 1000)

    def until_ms(self, ms: int) -> None:
        """Run until ms after boot, which is not over."""
        world = self.lab.world
        assert world.clock.now <= ms * 1_000_000
        world.run(ms * 1_000_000)

    def send(self, *frames: bytes) -> None:
        """Put frames on the attacker's cable, and let them arrive (the card waits before it interrupts)."""
        for frame in frames:
            self.port.transmit(frame)
        self.run_ms(0.3)

    def every_ms(self, frames: Iterator[bytes], count: int) -> None:
        """From now on send count of the frames at the beginning of each millisecond."""

        def batch() -> None:
            for _ in range(count):
                frame = next(frames, None)
                if frame is None:
                    return
                self.port.transmit(frame)
            self.lab.world.after(1_000_000, self.port.host_id, batch)

        batch()

    # The bystander

    def transfer(self) -> Passed:
        """cli connects to srv, and both send `size` bytes: what passed their link, and when."""
        self.log.passed.clear()
        begin = self.lab.world.clock.now
        task = self.cli.host.spawn(bystander, int(self.link.b.address.ip), self.size, name="cli")
        assert self.lab.run_until(task.finished, timeout=100), "the bystander waits"
        task.result()
        self.run_ms(100)
        return [(when - begin, which, size) for when, which, size in self.log.passed]

    def functions_of_a_transfer(self) -> int:
        """Functions of the path that a transfer runs, on both hosts."""
        counter = Counter()
        trace.attach(counter, ["*"])
        try:
            self.transfer()
        finally:
            trace.detach(counter)
        return counter.count

    # What srv keeps

    def embryos(self) -> int:
        """SYNs in the tables of srv's listeners."""
        listeners = [sk for sk in self.net.ipv4.tcp_hashinfo.listening_hash if sk is not None]
        return sum(sk.icsk_accept_queue.listen_opt.qlen for sk in listeners)

    def pages(self) -> int:
        """TCP's memory, pages: /proc/net/sockstat's "mem"."""
        return int(tcp_sysctl(self.net).accounts.allocated)

    def sockstat(self, name: str) -> int:
        """A number of the TCP line of /proc/net/sockstat: inuse, orphan, tw, alloc, mem."""
        line = next(x for x in self.srv.read("/proc/net/sockstat").splitlines() if x[:4] == "TCP:")
        words = line.split()
        return int(words[words.index(name) + 1])

    def routes(self) -> int:
        """Entries of the route cache."""
        return int(rt_cache_of(self.net).entries)

    def peers(self) -> int:
        """Entries of inetpeer storage."""
        return len(self.net.ipv4.peers.root)

    def connections(self) -> list[TcpSock]:
        """srv's connections."""
        return list(connections(self.net.ipv4.tcp_hashinfo))

    def counter(self, name: str) -> int:
        """As counter("TcpExt.OfoPruned")."""
        return self.srv.counters().get(name, 0)


class Stranger:
    """One port somewhere behind the attacker's link. Numbers are relative, as in tests/kit/tcp_peer."""

    def __init__(
        self, siege: Siege, address: int, sport: int, dport: int = PORT, isn: int = 1000
    ) -> None:
        self.siege = siege
        self.address = address
        self.sport = sport
        self.dport = dport
        self.isn = isn
        self.theirs = 0  # srv's ISN

    def frame(
        self,
        flags: str,
        seq: int,
        ack: int = 0,
        win: int = 65535,
        data: bytes = b"",
        options: tuple[opt.TcpOption, ...] = (),
        id: int = 0,
    ) -> bytes:
        """A frame from it to srv."""
        segment = build_tcp(
            self.address, VICTIM, self.sport, self.dport, flags=flag_bits(flags), window=win,
            seq=(self.isn + seq) & 0xFFFFFFFF, ack_seq=(self.theirs + ack) & 0xFFFFFFFF,
            options=options, payload=data,
        )  # fmt: skip
        packet = build_ipv4(self.address, VICTIM, in_.IPPROTO_TCP, segment, id=id)
        return build_ethernet(self.siege.mac, bytes(6), ETH_P_IP, packet)

    def connect(self, win: int = 65535, mss: int = 1460, wscale: int = 0) -> None:
        """A handshake; win, as the segment has it, holds from the last ACK on."""
        options: tuple[opt.TcpOption, ...] = (opt.Mss(mss), opt.SackPerm())
        if wscale:
            options += (opt.WScale(wscale),)
        self.siege.send(self.frame("S", 0, options=options))
        self.theirs = tcp_view(bytearray(self.siege.answers.syn_ack), 34).seq()
        self.siege.send(self.frame(".", 1, 1, win=win))

    def answer(self, frame: bytes) -> None:
        """Say this to whatever srv sends, from now on."""
        key = self.address.to_bytes(4, "big") + self.sport.to_bytes(2, "big")
        self.siege.answers.replies[key] = frame

    def sock(self) -> TcpSock:
        """srv's end of the connection."""
        (tp,) = [x for x in self.siege.connections() if x.inet_daddr == self.address]
        return tp

    def sack(self, ack: int, *blocks: tuple[int, int]) -> bytes:
        """An ACK with these blocks."""
        base = self.theirs
        sack = opt.Sack(
            tuple(((a + base) & 0xFFFFFFFF, (b + base) & 0xFFFFFFFF) for a, b in blocks)
        )
        return self.frame(".", 1, ack, options=(sack,))


def syns(siege: Siege, count: int) -> Iterator[bytes]:
    """count SYNs to port 80, no two from the same address and port.

    One is built; in the others the address and the port grow, and the IP id and the sequence number
    shrink by as much, so that both checksums stay right.
    """
    one = Stranger(siege, STRANGERS, 1024, isn=0xFFFFFFFF)
    frame = bytearray(one.frame("S", 0, options=(opt.Mss(1460), opt.SackPerm()), id=0xFFFF))
    for n in range(count):
        low, high = n & 0xFFFF, n >> 16
        struct.pack_into("!H", frame, 18, 0xFFFF - low)  # the IP id
        struct.pack_into("!H", frame, 28, low)  # the address
        struct.pack_into("!H", frame, 34, 1024 + high)  # the port
        struct.pack_into("!HH", frame, 38, 0xFFFF - high, 0xFFFF - low)  # the sequence number
        yield bytes(frame)


def serve(size: int) -> None:
    """Take whoever comes; to each send size bytes, and read what it sends."""
    listener = open_listener(PORT, backlog=128)
    data = pattern(size)
    while True:
        conn, _ = sys_accept4(listener, 0)
        task = current()
        assert task is not None
        child = spawn(task.cpu.machine, talk, conn, data, name="talk")
        child.files = task.files
        child.nsproxy = task.nsproxy


def bystander(address: int, size: int) -> None:
    """Connect, and do as the server does."""
    fd = sys_socket(AF_INET, SOCK_STREAM, 0)
    sys_connect(fd, SockaddrIn(address, PORT))
    assert talk(fd, pattern(size)) == size, "bytes are missing"


def talk(fd: int, data: bytes) -> int:
    """Send data and at the same time read until the end: how much that was."""
    task = current()
    assert task is not None
    writer = spawn(task.cpu.machine, write, fd, data, name="write")
    writer.files = task.files
    writer.nsproxy = task.nsproxy
    got = 0
    try:
        while piece := sys_recvfrom(fd, 65536, 0)[0]:
            got += len(piece)
        while not writer.finished():
            nsleep(1_000_000)
    except OSError:
        pass  # the attacker's connections end as they like
    sys_close(fd)
    return got


def write(fd: int, data: bytes) -> None:
    try:
        sys_sendto(fd, data, 0, None)
        sys_shutdown(fd, SHUT_WR)
    except OSError:
        pass


def lines_of(fn: Callable[[], object]) -> int:
    """How many lines of Python fn() runs. Interpreted only: it is the finest measure of work."""
    count = 0

    def local(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        if event == "line":
            count += 1
        return local

    before = sys.gettrace()
    sys.settrace(local)
    try:
        fn()
    finally:
        sys.settrace(before)
    return count
