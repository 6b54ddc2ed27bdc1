"""Two hosts, a bad path, data both ways: a scenario follows from its seed, and is judged throughout.

    run(Scenario.of(17))       AssertionError, or what happened

Everything the path does is drawn from the seed: loss, reordering, duplication, corruption, delay from
1 ms to 2 s, rate from 64 kbit/s to 10 Gbit/s, MTU from 68 to 65535; and TCP's options, its congestion
control, how the programs write and read. `make seeds` moves 10 MB each way; `make test` so many bytes as
fill SEGMENTS segments, or 10 MB if that is less. SOFTNET_SIM_BYTES sets the number.
"""

from __future__ import annotations

import errno
import hashlib
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

import softnet
from softnet.host import Host
from softnet.kernel.sched import Task, current, spawn
from softnet.lab.check import Checker, settled
from softnet.net.core.neighbour import neigh_add
from softnet.structs.socket import SockaddrIn
from softnet.syscalls import (
    sys_accept4,
    sys_close,
    sys_connect,
    sys_recvfrom,
    sys_sendto,
    sys_setsockopt,
    sys_shutdown,
    sys_socket,
)
from softnet.uapi.neighbour import NUD_PERMANENT
from softnet.uapi.snmp import TCP_MIB_OUTSEGS, TCP_MIB_RETRANSSEGS
from softnet.uapi.socket import (
    AF_INET,
    SHUT_WR,
    SO_RCVBUF,
    SO_SNDBUF,
    SOCK_STREAM,
    SOL_SOCKET,
)
from tests.kit.tcp_pair import PORT, TcpPair, open_listener, pattern

ALGORITHMS = (
    "reno", "cubic", "bic", "westwood", "htcp", "highspeed", "hybla", "vegas", "veno", "scalable",
    "lp", "yeah", "illinois",
)  # fmt: skip
KBIT, MBIT, GBIT = 1_000, 1_000_000, 1_000_000_000
RATES = (64 * KBIT, 256 * KBIT, MBIT, 10 * MBIT, 100 * MBIT, GBIT, 10 * GBIT)
DELAYS_MS = (1, 5, 20, 50, 100, 300, 1000, 2000)
# What a scenario costs goes by its segments, 300,000 each way for the lowest MTU: that one is drawn seldom.
MTUS = (68, 128) + 2 * (296, 576) + 5 * (1006, 1500, 4000, 9000, 16000, 65535)
E1000_MTU_MAX = 16110
SIZE = 10_000_000  # bytes in each direction, at most
# Interpreted, a run is to take a second.
SEGMENTS = 100 if os.environ.get("SOFTNET_PURE") else 1120
LIMIT_S = 300_000.0  # of virtual time: more than any backoff needs
# Below it a segment of TCP_MIN_SND_MSS does not fit, DF forbids to cut it, and 3.2 stalls.
MTU_WITH_DF_MIN = 20 + 20 + 48
CLOSING_S, SILENCE_S = 20_000.0, 20_000.0
TCP_SYSCTLS = ("sack", "timestamps", "window_scaling", "frto", "dsack", "fack", "ecn", "abc")


@dataclass
class Scenario:
    """What happens; of(seed) draws one."""

    seed: int
    congestion: str = "cubic"
    rate: int = 0  # bit/s
    delay_ms: int = 1
    mtu: int = 1500
    loss: float = 0.0
    reorder: float = 0.0
    duplicate: float = 0.0
    corrupt: float = 0.0
    queue: int = 1000  # frames in front of the cable
    offload: bool = False
    sysctls: dict[str, int] = field(default_factory=dict)
    buffers: tuple[int, int] = (0, 0)  # SO_SNDBUF, SO_RCVBUF; 0 leaves them
    chunk: int = 65536  # bytes that a program reads and writes at once
    size: int = 50_000  # bytes in each direction

    @staticmethod
    def of(seed: int) -> Scenario:
        """The scenario of a seed; consecutive seeds go through the algorithms."""
        rng = random.Random(seed)
        s = Scenario(seed, congestion=ALGORITHMS[seed % len(ALGORITHMS)])
        s.rate = rng.choice(RATES)
        s.delay_ms = rng.choice(DELAYS_MS)
        s.mtu = rng.choice(MTUS)
        if s.mtu < E1000_MTU_MAX and rng.random() < 0.5:
            s.mtu += rng.randrange(8)  # what is left over when fragments are cut differs
        s.loss = rng.choice((0.0, 0.0, 0.001, 0.01, 0.03, 0.1))
        s.reorder = rng.choice((0.0, 0.0, 0.01, 0.1))
        s.duplicate = rng.choice((0.0, 0.0, 0.01, 0.05))
        s.offload = s.mtu > E1000_MTU_MAX and rng.random() < 0.5
        s.corrupt = 0.0 if s.offload else rng.choice((0.0, 0.0, 0.005, 0.02))
        if s.mtu < MTU_WITH_DF_MIN:
            s.corrupt = 0.0  # two damaged fragments may add up to the right checksum
        s.queue = rng.choice((10, 100, 1000))
        s.chunk = rng.choice((1000, 8192, 65536, 1 << 20))
        s.buffers = rng.choice(((0, 0), (0, 0), (0, 0), (4096, 0), (0, 4096), (20000, 8000)))
        for name in TCP_SYSCTLS:
            if rng.random() < 0.12:
                s.sysctls[name] = 1 if name in ("ecn", "abc") else 0
        # Extensions are drawn last: all else about a seed is what it was without them.
        if rng.random() < 0.3:
            s.sysctls["early_retrans"] = 3
        if rng.random() < 0.3:
            s.sysctls["recovery"] = 1
        if rng.random() < 0.12:
            s.congestion = "bbr"
            s.sysctls.pop("sack", None)  # it takes far too much for the path's rate without SACK
        s.size = int(float(os.environ.get("SOFTNET_SIM_BYTES") or s.affordable()))
        return s

    def affordable(self) -> int:
        """What `make test` has time for."""
        return min(SIZE, SEGMENTS * self.mss())

    def segments(self) -> int:
        """So many each way, about."""
        return self.size // self.mss()

    def mss(self) -> int:
        """Bytes in a segment with timestamps."""
        return max(self.mtu - 52, 48)

    def __str__(self) -> str:
        words = {k: v for k, v in vars(self).items() if v}
        return " ".join(f"{k}={v}" for k, v in words.items())


@dataclass
class Outcome:
    """What was seen."""

    seconds: float  # of virtual time until both had everything
    events: int
    frames: int
    retransmitted: int


class World:
    """Two hosts and how to let time pass: a lab of e1000 cards, or a pair of plain ones."""

    def __init__(
        self,
        hosts: tuple[Host, Host],
        address: int,
        checker: Checker,
        run: Callable[[float], object],
    ) -> None:
        self.hosts = hosts
        self.address = address  # of the second
        self.checker = checker
        self.run = run  # for so many seconds, or until somebody stops the world


@contextmanager
def world_of(s: Scenario) -> Iterator[World]:
    """The e1000 takes no MTU above 16110, so a pair of plain cards has to do there."""
    if s.mtu <= E1000_MTU_MAX:
        with softnet.Lab(seed=s.seed, check=True) as lab:
            left, right = lab.hosts("a", "b")
            lab.link(
                left, right, mtu=s.mtu, rate=s.rate, delay=s.delay_ms / 1000, loss=s.loss,
                reorder=s.reorder, duplicate=s.duplicate, corrupt=s.corrupt, queue=s.queue,
            )  # fmt: skip
            assert lab.checker is not None
            if (
                s.delay_ms >= 500
            ):  # an answer would come when ARP has given up (3 requests, 1 s each)
                know_each_other(left, right)
                know_each_other(right, left)

            address = int(right.ends[0].address.ip)
            yield World((left.host, right.host), address, lab.checker, lab.run_for)
        return
    cable = {
        "rate": s.rate, "delay": s.delay_ms * 1_000_000, "loss": s.loss, "reorder": s.reorder,
        "duplicate": s.duplicate, "corrupt": s.corrupt, "queue_max": s.queue,
    }  # fmt: skip
    with TcpPair(seed=s.seed, mtu=s.mtu, offload=s.offload, **cable) as pair:
        hosts = (pair.a.host, pair.b.host)
        yield World(hosts, pair.b.address, pair.checker, pair.run)


def know_each_other(node: softnet.Node, other: softnet.Node) -> None:
    """ip neigh add OTHER lladdr ... nud permanent"""
    dev = node.host.device("eth0")
    mac = other.host.device("eth0").dev_addr
    with node.host.running():
        table = node.host.net.ipv4.arp_tbl
        neigh_add(table, int(other.ends[0].address.ip), dev, mac, NUD_PERMANENT)


def run(s: Scenario) -> Outcome:
    """Run one scenario to its end."""
    there, back = messages(s.size)
    with world_of(s) as w:
        for host in w.hosts:
            host.sysctl("net.ipv4.tcp_congestion_control", s.congestion)
            host.sysctl("net.ipv4.ip_no_pmtu_disc", int(s.mtu < MTU_WITH_DF_MIN))
            for name, value in s.sysctls.items():
                host.sysctl("net.ipv4.tcp_" + name, value)
        server = w.hosts[1].spawn(serve, s, back, name="server")
        client = w.hosts[0].spawn(ask, s, w.address, there, name="client")
        w.hosts[0].spawn(stop_after, client, server, name="waiter")
        w.run(LIMIT_S)
        for task in (server, client):
            if task.finished():
                task.result()
        hanging = [t.name for t in (server, client) if not t.finished()]
        assert not hanging, f"{hanging} hang"
        want = digests(s.size)
        assert server.result() == want[0], "what the server got is not what was sent"
        assert client.result() == want[1], "what the client got is not what was sent"
        seconds = w.hosts[0].world.clock.now / 1e9
        resent = sum(host.net.mib.tcp.get(TCP_MIB_RETRANSSEGS) for host in w.hosts)
        # FINs, TIME_WAIT, orphans whose last ACK is lost again and again: then silence.
        w.run(CLOSING_S)
        sent = sum(host.net.mib.tcp.get(TCP_MIB_OUTSEGS) for host in w.hosts)
        w.run(SILENCE_S)
        assert sent == sum(host.net.mib.tcp.get(TCP_MIB_OUTSEGS) for host in w.hosts), (
            "they talk on"
        )
        for host in w.hosts:
            settled(host.net)
        return Outcome(seconds, w.checker.events, w.checker.frames, resent)


def stop_after(*tasks: Task) -> None:
    """Stop the world when they are over: asking after every event costs more."""
    for task in tasks:
        task.join()
    tasks[0].machine.world.stop()


def serve(s: Scenario, data: bytes) -> str:
    """Accept one connection and talk."""
    listener = open_listener()
    set_buffers(s, listener)
    conn, _ = sys_accept4(listener, 0)
    sys_close(listener)
    return talk(s, conn, data)


def ask(s: Scenario, address: int, data: bytes) -> str:
    """Connect, however often it takes, and talk."""
    while True:
        fd = sys_socket(AF_INET, SOCK_STREAM, 0)
        try:
            sys_connect(fd, SockaddrIn(address, PORT))
        except OSError as e:
            sys_close(fd)
            # All SYNs were lost, or all ARP requests.
            if e.errno not in (errno.ETIMEDOUT, errno.EHOSTUNREACH):
                raise
            continue
        set_buffers(s, fd)
        return talk(s, fd, data)


def talk(s: Scenario, fd: int, data: bytes) -> str:
    """Send data while a second task reads; both directions at once. The digest of what came."""
    task = current()
    assert task is not None
    writer = spawn(task.cpu.machine, write_all, s, fd, data, name="writer", keep_exception=True)
    writer.files = task.files
    writer.nsproxy = task.nsproxy
    got = hashlib.sha256()
    while True:
        piece, _ = sys_recvfrom(fd, s.chunk, 0)
        if not piece:
            break
        got.update(piece)
    writer.join()
    writer.result()
    sys_close(fd)
    return got.hexdigest()


def write_all(s: Scenario, fd: int, data: bytes) -> None:
    """Send in chunks, then say that this was all."""
    for at in range(0, len(data), s.chunk):
        piece = data[at : at + s.chunk]
        assert sys_sendto(fd, piece, 0, None) == len(piece)
    sys_shutdown(fd, SHUT_WR)


def set_buffers(s: Scenario, fd: int) -> None:
    """SO_SNDBUF and SO_RCVBUF, if the scenario wants them."""
    for name, size in zip((SO_SNDBUF, SO_RCVBUF), s.buffers, strict=True):
        if size:
            sys_setsockopt(fd, SOL_SOCKET, name, size.to_bytes(4, "little"))


@lru_cache(maxsize=4)
def messages(size: int) -> tuple[bytes, bytes]:
    """What the two send."""
    return pattern(size), pattern(size + 1)[::-1]


@lru_cache(maxsize=4)
def digests(size: int) -> tuple[str, str]:
    """sha256 of both, as hexadecimal digits."""
    there, back = messages(size)
    return hashlib.sha256(there).hexdigest(), hashlib.sha256(back).hexdigest()
