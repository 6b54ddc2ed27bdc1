"""A TCP peer that does exactly what the test says, against a host under test.

    dut = Dut()
    listener = dut.listen(80)
    peer = dut.peer(80)                  its port 40000, its ISN 1000
    peer.send("S", 0, win=65535, mss=1460, wscale=7, sack=True, ts=(100, 0))
    peer.expect("S.", seq=0, ack=1, mss=1460)
    peer.send(".", 1, ack=1, win=512)
    conn = dut.accept(listener)
    dut.write(conn, b"hello")
    peer.expect("P.", seq=1, data=b"hello")

Numbers are relative: seq to the sender's ISN, ack to the other's. Flags: S F R P U E C, and . for
ACK. call() runs a system call that must not block; start() one that may; pass_time() lets the clock go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from softnet.fs.file import FdTable
from softnet.kernel.sched import Task, crash_tasks
from softnet.kernel.softirq import local_bh_disable, local_bh_enable
from softnet.structs.socket import SockaddrIn
from softnet.structs.tcp import TcpSock
from softnet.syscalls import (
    sys_accept4,
    sys_bind,
    sys_close,
    sys_connect,
    sys_getsockopt,
    sys_listen,
    sys_recvfrom,
    sys_sendto,
    sys_setsockopt,
    sys_shutdown,
    sys_socket,
)
from softnet.uapi import in_, snmp
from softnet.uapi.if_ether import ETH_P_IP
from softnet.uapi.socket import (
    AF_INET,
    MSG_DONTWAIT,
    SHUT_WR,
    SO_REUSEADDR,
    SOCK_STREAM,
    SOL_SOCKET,
)
from softnet.wire import tcp_options as opt
from softnet.wire.build import build_ethernet, build_ipv4, build_tcp
from softnet.wire.checksum import transport_checksum
from softnet.wire.ip import ip_view
from softnet.wire.tcp import tcp_view
from tests.kit.wire_host import IP, MAC, PEER, PEER_MAC, WireHost

FLAGS = "FSRP.UEC"
WRAP = 1 << 32
SOL_TCP = 6


@dataclass
class Seg:
    """A segment that the host under test sent; seq and ack are relative."""

    flags: str
    seq: int
    ack: int
    win: int
    data: bytes
    urg: int = 0
    tos: int = 0
    ttl: int = 64
    sport: int = 0
    options: list[opt.TcpOption] = field(default_factory=list)

    def find(self, kind: type) -> Any:
        """The option of that kind, or None."""
        return next((o for o in self.options if isinstance(o, kind)), None)

    @property
    def sacks(self) -> tuple[tuple[int, int], ...]:
        """SACK blocks, absolute."""
        found = self.find(opt.Sack)
        return found.blocks if found else ()


def flag_bits(flags: str) -> int:
    return sum(1 << FLAGS.index(c) for c in flags)


def flag_text(bits: int) -> str:
    order = "SFRPUEC."
    return "".join(c for c in order if bits >> FLAGS.index(c) & 1)


class Peer:
    """One port of the peer."""

    def __init__(self, dut: Dut, dport: int, sport: int = 40000, isn: int = 1000) -> None:
        self.dut = dut
        self.dport = dport
        self.sport = sport
        self.isn = isn
        self.dut_isn: int | None = None
        self.tsval = 0  # of the last segment of the dut that had one

    def send(
        self,
        flags: str,
        seq: int,
        ack: int = 0,
        win: int = 65535,
        data: bytes = b"",
        mss: int | None = None,
        wscale: int | None = None,
        sack: bool | tuple[tuple[int, int], ...] = False,
        ts: tuple[int, int] | None = None,
        urg: int = 0,
        options: tuple[opt.TcpOption, ...] = (),
        check: int | None = None,
        tos: int = 0,
        run: bool = True,
    ) -> None:
        """Send one segment. sack: SACK permitted, or blocks relative to the dut's ISN.

        run: let the programs that it wakes go on; else they do with what comes next.
        """
        opts: list[opt.TcpOption] = list(options)
        if mss is not None:
            opts.append(opt.Mss(mss))
        if sack is True:
            opts.append(opt.SackPerm())
        elif sack:
            base = self.dut_isn or 0
            blocks = tuple(((a + base) % WRAP, (b + base) % WRAP) for a, b in sack)
            opts.append(opt.Sack(blocks))
        if ts is not None:
            opts.append(opt.Timestamps(*ts))
        if wscale is not None:
            opts.append(opt.WScale(wscale))
        segment = build_tcp(
            PEER,
            IP,
            self.sport,
            self.dport,
            flags=flag_bits(flags),
            seq=(self.isn + seq) % WRAP,
            ack_seq=(ack + (self.dut_isn or 0)) % WRAP if "." in flags else 0,
            window=win,
            urg_ptr=urg,
            options=opts,
            payload=data,
            check=check,
        )
        packet = build_ipv4(PEER, IP, in_.IPPROTO_TCP, segment, tos=tos)
        self.dut.w.feed(build_ethernet(MAC, PEER_MAC, ETH_P_IP, packet))
        if run:
            self.dut.pass_time(0)

    def take(self) -> list[Seg]:
        """Every segment that the dut sent to this port since the last look."""
        self.dut.collect()
        mine = [s for s in self.dut.inbox if s[1] == self.sport]
        self.dut.inbox = [s for s in self.dut.inbox if s[1] != self.sport]
        return [self.parse(frame) for frame, _ in mine]

    def parse(self, frame: bytes) -> Seg:
        buf = bytearray(frame)
        iph = ip_view(buf, 14)
        th = tcp_view(buf, 14 + iph.hdrlen())
        end = 14 + iph.tot_len()
        segment = bytes(buf[th.off : end])
        assert transport_checksum(iph.saddr(), iph.daddr(), 6, bytearray(segment)) == 0
        if th.syn() or self.dut_isn is None:
            self.dut_isn = th.seq()
        options = opt.parse_options(segment[20 : th.hdrlen()])
        seg = Seg(
            flag_text(th.flags()),
            (th.seq() - self.dut_isn) % WRAP,
            (th.ack_seq() - self.isn) % WRAP if th.ack() else 0,
            th.window(),
            segment[th.hdrlen() :],
            th.urg_ptr(),
            iph.tos(),
            iph.ttl(),
            th.source(),
            options,
        )
        stamp = seg.find(opt.Timestamps)
        if stamp is not None:
            self.tsval = stamp.tsval
        return seg

    def expect(self, flags: str | None = None, **fields: Any) -> Seg:
        """The next segment, which must have exactly these flags and fields (len: of the data)."""
        if not self.dut.unread.get(self.sport):
            self.dut.unread[self.sport] = self.take()
        queue = self.dut.unread[self.sport]
        assert queue, f"nothing was sent; expected {flags} {fields}"
        seg = queue.pop(0)
        if flags is not None:
            assert set(seg.flags) == set(flags), f"flags {seg.flags!r}, not {flags!r}: {seg}"
        for name, value in fields.items():
            found = {
                "len": len(seg.data),
                "mss": getattr(seg.find(opt.Mss), "size", None),
                "wscale": getattr(seg.find(opt.WScale), "shift", None),
                "sack_ok": seg.find(opt.SackPerm) is not None,
            }.get(name, getattr(seg, name, None))
            if name == "sack":
                base = self.isn
                found = tuple(((a - base) % WRAP, (b - base) % WRAP) for a, b in seg.sacks)
            assert found == value, f"{name} is {found}, not {value}: {seg}"
        return seg

    def silent(self) -> None:
        """Nothing more was sent."""
        rest = self.dut.unread.get(self.sport, []) + self.take()
        self.dut.unread[self.sport] = []
        assert not rest, f"unexpected: {rest}"

    def handshake(
        self,
        win: int = 65535,
        mss: int = 1460,
        wscale: int | None = None,
        sack: bool = False,
        ts: tuple[int, int] | None = None,
    ) -> Seg:
        """Connect to the dut's listener; the SYN-ACK."""
        self.send("S", 0, win=win, mss=mss, wscale=wscale, sack=sack, ts=ts)
        answer = self.expect("S.", seq=0, ack=1)
        if ts is not None:
            ts = (ts[0] + 1, self.tsval)
        self.send(".", 1, ack=1, win=win >> (wscale or 0), ts=ts)
        return answer


class Dut:
    """The host under test: system calls, clock, counters."""

    def __init__(self, seed: int = 1, era: str = "3.2") -> None:
        self.w = WireHost(seed, era)
        self.host = self.w.host
        self.net = self.w.net
        self.files = FdTable(3)
        self.inbox: list[tuple[bytes, int]] = []
        self.unread: dict[int, list[Seg]] = {}

    def close(self) -> None:
        """Pull the plug."""
        crash_tasks(self.host.machine)

    def peer(self, dport: int = 80, sport: int = 40000, isn: int = 1000) -> Peer:
        return Peer(self, dport, sport, isn)

    def collect(self) -> None:
        """Sort what was sent by the port it went to."""
        for frame in self.w.take():
            buf = bytearray(frame)
            if ip_view(buf, 14).protocol() == in_.IPPROTO_TCP:
                th = tcp_view(buf, 14 + ip_view(buf, 14).hdrlen())
                self.inbox.append((frame, th.dest()))

    # Programs

    def start(self, fn: Callable[..., Any], *args: Any) -> Task:
        """Begin a system call; it may block."""
        task = self.host.spawn(fn, *args)
        task.files = self.files
        self.pass_time(0)
        return task

    def call(self, fn: Callable[..., Any], *args: Any) -> Any:
        """A system call that returns at once."""
        task = self.start(fn, *args)
        assert task.finished(), f"{fn.__name__} blocks"
        return task.result()

    def pass_time(self, seconds: float) -> None:
        world = self.host.world
        world.run(world.clock.now + round(seconds * 1e9))

    def now_ms(self) -> int:
        return int(self.host.world.clock.now) // 1_000_000

    def socket(self, flags: int = 0) -> int:
        return int(self.call(sys_socket, AF_INET, SOCK_STREAM | flags, 0))

    def listen(self, port: int = 80, backlog: int = 8) -> int:
        fd = self.socket()
        self.setopt(fd, SOL_SOCKET, SO_REUSEADDR, 1)
        self.call(sys_bind, fd, SockaddrIn(0, port))
        self.call(sys_listen, fd, backlog)
        return fd

    def accept(self, fd: int, flags: int = 0) -> int:
        return int(self.call(sys_accept4, fd, flags)[0])

    def connect(self, fd: int, port: int = 80) -> Task:
        """Begin a connection to the peer."""
        return self.start(sys_connect, fd, SockaddrIn(PEER, port))

    def write(self, fd: int, data: bytes, flags: int = 0) -> int:
        return int(self.call(sys_sendto, fd, data, flags, None))

    def read(self, fd: int, size: int = 65536, flags: int = MSG_DONTWAIT) -> bytes:
        return bytes(self.call(sys_recvfrom, fd, size, flags)[0])

    def shut(self, fd: int) -> None:
        self.call(sys_close, fd)

    def call_shutdown(self, fd: int, how: int = SHUT_WR) -> None:
        self.call(sys_shutdown, fd, how)

    def setopt(self, fd: int, level: int, name: int, value: int | bytes) -> None:
        data = value if isinstance(value, bytes) else value.to_bytes(4, "little", signed=True)
        self.call(sys_setsockopt, fd, level, name, data)

    def getopt(self, fd: int, level: int, name: int, size: int = 4) -> int:
        data = self.call(sys_getsockopt, fd, level, name, size)
        return int.from_bytes(data, "little", signed=True)

    def call_getsockopt(self, fd: int, level: int, name: int, size: int) -> bytes:
        """An option that is no int."""
        return bytes(self.call(sys_getsockopt, fd, level, name, size))

    def accepted(self, port: int = 80, sport: int = 40000, **syn: Any) -> tuple[int, Peer]:
        """A connection from a new peer, and the listener closed."""
        fd = self.listen(port)
        peer = self.peer(port, sport)
        peer.handshake(**syn)
        conn = self.accept(fd)
        self.shut(fd)
        return conn, peer

    # Looking inside

    def sysctl(self, name: str, value: object) -> None:
        """sysctl -w net.ipv4.tcp_NAME=VALUE"""
        self.host.sysctl("net.ipv4.tcp_" + name, value)

    def read_sysctl(self, name: str) -> str:
        """sysctl net.ipv4.tcp_NAME"""
        return str(self.inside(self.net.sysctl.read, "net.ipv4.tcp_" + name))

    def inside(self, fn: Callable[..., Any], *args: Any) -> Any:
        """Call fn as softirq code of the host."""
        with self.host.running():
            local_bh_disable()
            try:
                return fn(*args)
            finally:
                local_bh_enable()

    def sock(self, fd: int) -> TcpSock:
        """The TcpSock behind a descriptor."""
        sk = self.files.fget(fd).private_data.sk
        assert isinstance(sk, TcpSock)
        return sk

    def tcp(self, name: str) -> int:
        """A counter of Tcp:."""
        return self.net.mib.tcp.get(getattr(snmp, "TCP_MIB_" + name))

    def ext(self, name: str) -> int:
        """A counter of TcpExt:."""
        return self.net.mib.net.get(getattr(snmp, "LINUX_MIB_" + name))


@pytest.fixture
def dut() -> Iterator[Dut]:
    d = Dut()
    yield d
    d.close()


def flight(dut: Dut, segments: int, mss: int = 1000, sack: bool = True) -> tuple[TcpSock, Peer]:
    """So many segments are out, all sent at once, on a path of 100 ms; the program's descriptor is 4."""
    dut.pass_time(1)
    fd = dut.listen()
    peer = dut.peer()
    peer.send("S", 0, mss=mss, sack=sack)
    peer.expect("S.")
    dut.pass_time(0.1)
    peer.send(".", 1, ack=1)
    conn = dut.accept(fd)
    assert conn == 4
    dut.write(conn, bytes(mss * segments))
    assert len(peer.take()) == segments
    return dut.sock(conn), peer
