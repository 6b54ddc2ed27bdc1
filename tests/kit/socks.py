"""Sockets of a protocol that does nothing, on a machine without a network: what core code needs.

w = SockWorld()
sk = w.sock()                       a datagram sock with its struct socket
with w.on_cpu(): ...                code of the machine, outside every task
task = w.spawn(fn); w.run()         a task, and everything that follows from it
"""

from __future__ import annotations

from collections.abc import Callable

import softnet.uapi.socket as uapi
from softnet.kernel.boot import start_kernel
from softnet.kernel.lock import Mutex
from softnet.kernel.sched import Task, spawn
from softnet.kernel.wait import WaitQueueHead
from softnet.machine.clock import World
from softnet.machine.cpu import OnCpu
from softnet.net.core.skbuff import consume_skb
from softnet.net.core.sock import sk_alloc, sock_init_data, sock_purge_queues
from softnet.structs.net_namespace import Net
from softnet.structs.skbuff import SkBuff
from softnet.structs.sock import Proto, Sock
from softnet.structs.socket import ProtoOps, Sockaddr, SockaddrIn, Socket

MS = 1_000_000


class PlainSock(Sock):
    """Remembers its callbacks."""

    __slots__ = ("calls",)

    calls: list[str]

    def __init__(self, prot: Proto, net: Net, family: int) -> None:
        Sock.__init__(self, prot, net, family)
        self.calls = []

    def sk_data_ready(self, len: int) -> None:
        self.calls.append(f"data_ready({len})")
        Sock.sk_data_ready(self, len)

    def sk_write_space(self) -> None:
        self.calls.append("write_space")
        Sock.sk_write_space(self)

    def sk_destruct(self) -> None:
        self.calls.append("destruct")
        sock_purge_queues(self)


class PlainProto(Proto):
    """A protocol; with limits (pages: low, pressure, high) its memory is accounted."""

    __slots__ = ("backlog", "keepalive", "limits", "pressed")

    limits: list[int] | None
    backlog: list[bytes]  # what backlog_rcv() was given
    pressed: int  # calls of enter_memory_pressure()
    keepalive: list[bool]

    def __init__(self, limits: list[int] | None = None) -> None:
        Proto.__init__(self, "PLAIN")
        self.limits = limits
        self.backlog = []
        self.pressed = 0
        self.keepalive = []

    def alloc(self, net: Net, family: int) -> Sock:
        return PlainSock(self, net, family)

    def memory_limits(self, sk: Sock) -> list[int] | None:
        return self.limits

    def backlog_rcv(self, sk: Sock, skb: SkBuff) -> int:
        self.backlog.append(skb.head_bytes())
        consume_skb(skb)
        return 0

    def enter_memory_pressure(self, sk: Sock) -> None:
        self.pressed += 1
        assert sk.sk_mem is not None
        sk.sk_mem.pressure = True

    def set_keepalive(self, sk: Sock, on: bool) -> None:
        self.keepalive.append(on)


class PlainOps(ProtoOps):
    """proto_ops whose only answer is the peer's name."""

    def getname(self, sock: Socket, peer: int) -> Sockaddr:
        return SockaddrIn(0x0A000001, 80)


class SockWorld:
    """A world with one machine, its kernel, and a namespace without devices."""

    def __init__(self, limits: list[int] | None = None) -> None:
        self.world = World()
        self.machine = self.world.new_machine("h1")
        start_kernel(self.machine)
        self.net = Net(self.machine, "init_net", Mutex("rtnl"), "3.2")
        self.prot = PlainProto(limits)

    def sock(self, type: int = uapi.SOCK_DGRAM) -> PlainSock:
        """A fresh sock and its socket."""
        socket = Socket(type, WaitQueueHead("socket"))
        socket.ops = PlainOps(uapi.AF_INET)
        sk = sk_alloc(self.net, uapi.AF_INET, self.prot)
        sock_init_data(socket, sk)
        assert isinstance(sk, PlainSock)
        return sk

    def on_cpu(self) -> OnCpu:
        """with w.on_cpu(): as the machine's code, in no task."""
        return OnCpu(self.machine.cpus[0])

    def spawn(self, fn: Callable[..., object], *args: object) -> Task:
        """A task of the machine."""
        return spawn(self.machine, fn, *args, keep_exception=True)

    def at(self, ms: int, fn: Callable[[], object]) -> None:
        """Call fn on the machine's CPU at ms milliseconds."""

        def run() -> None:
            with self.on_cpu():
                fn()

        self.world.at(ms * MS, self.machine.host_id, run)

    def run(self) -> None:
        """Until nothing is left to do."""
        self.world.run()

    def now_ms(self) -> float:
        """The time, in ms."""
        return self.world.clock.now / MS
