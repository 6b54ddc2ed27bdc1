"""Two hosts on a cable, for TCP: programs on both, loss as you like, invariants after every event.

    with TcpPair(delay=5_000_000, loss=0.01) as pair:
        moved = pair.transfer(1_000_000)
        assert pair.a.tcp("RETRANSSEGS") > 0

a is 10.0.0.1, b is 10.0.0.2; both know each other's link address. pair.cable is the machine.cable
between them (rate, delay, jitter, loss, duplicate, reorder, corrupt, drop()). offload=True gives the
cards checksums and segmentation: super-packets cross the cable whole.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import softnet.arch.const as const
from softnet.host import Host
from softnet.kernel.sched import Task, crash_tasks
from softnet.kernel.softirq import local_bh_disable, local_bh_enable
from softnet.lab.check import Checker
from softnet.machine.cable import Cable, CablePort
from softnet.machine.clock import World
from softnet.machine.cpu import OnCpu, irq_enter, irq_exit
from softnet.net.core.dev.receive import netif_rx
from softnet.net.core.dev.registry import register_netdevice
from softnet.net.core.neighbour import neigh_add
from softnet.net.core.skbuff import kfree_skb, netdev_alloc_skb, skb_linearize, skb_tobytes
from softnet.net.ethernet.eth import eth_type_trans, ether_setup
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff
from softnet.structs.socket import SockaddrIn
from softnet.structs.tcp import TcpSock
from softnet.syscalls import (
    sys_accept4,
    sys_bind,
    sys_close,
    sys_connect,
    sys_listen,
    sys_recvfrom,
    sys_sendto,
    sys_setsockopt,
    sys_shutdown,
    sys_socket,
)
from softnet.uapi import neighbour as nb
from softnet.uapi import snmp
from softnet.uapi.socket import AF_INET, SHUT_WR, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET
from softnet.wire.addr import ip_aton

MACS = (bytes.fromhex("020000000001"), bytes.fromhex("020000000002"))
ADDRESSES = ("10.0.0.1", "10.0.0.2")
PORT = 7000
OFFLOAD = (
    const.NETIF_F_SG
    | const.NETIF_F_HW_CSUM
    | const.NETIF_F_TSO
    | const.NETIF_F_TSO_ECN
    | const.NETIF_F_GSO
    | const.NETIF_F_GRO
)


class PairDevice(NetDevice):
    """eth0 of one host: a card without rings."""

    __slots__ = ("cpu", "port")

    def __init__(self, features: int, mtu: int) -> None:
        NetDevice.__init__(self, "eth0")
        ether_setup(self)
        self.features = features
        self.hw_features = features
        self.mtu = mtu

    def ndo_start_xmit(self, skb: SkBuff) -> int:
        meta = (skb.ip_summed, skb.shinfo.gso_size, skb.shinfo.gso_type, skb.shinfo.gso_segs)
        self.port.transmit(skb_tobytes(skb), meta)
        kfree_skb(skb)
        return const.NETDEV_TX_OK


class PairPort(CablePort):
    """Its end of the cable. Not the device itself: compiled, a class has one base with a layout."""

    def __init__(self, dev: PairDevice) -> None:
        self.dev = dev

    def deliver(self, frame: bytes | bytearray, meta: object) -> None:
        """As a driver's interrupt handler without NAPI would."""
        ip_summed, gso_size, gso_type, gso_segs = meta
        dev = self.dev
        with OnCpu(dev.cpu):
            irq_enter(dev.cpu)
            skb = netdev_alloc_skb(dev, len(frame) + 2)
            skb.reserve(2)
            at = skb.put(len(frame))
            memoryview(skb.shinfo.head)[at : at + len(frame)] = frame
            skb.protocol = eth_type_trans(skb, dev)
            if ip_summed == const.CHECKSUM_PARTIAL:
                skb.ip_summed = const.CHECKSUM_UNNECESSARY
                skb.shinfo.gso_size = gso_size
                skb.shinfo.gso_type = gso_type
                skb.shinfo.gso_segs = gso_segs
            netif_rx(skb)
            irq_exit(dev.cpu)


class PairHost:
    """One end."""

    def __init__(self, world: World, index: int, features: int, mtu: int, era: str) -> None:
        self.host = Host(world, "ab"[index], era=era)
        self.net = self.host.net
        self.address = ip_aton(ADDRESSES[index])
        self.dev = PairDevice(features, mtu)
        self.dev.dev_addr = MACS[index]
        self.dev.cpu = self.host.machine.boot_cpu
        with self.host.rtnl():
            self.dev.nd_net = self.net
            register_netdevice(self.dev)

    def bring_up(self, index: int) -> None:
        self.host.set_up("eth0")
        self.host.add_address("eth0", ADDRESSES[index], 24)
        with self.host.running():
            peer = ip_aton(ADDRESSES[1 - index])
            neigh_add(self.net.ipv4.arp_tbl, peer, self.dev, MACS[1 - index], nb.NUD_PERMANENT)

    def tcp(self, name: str) -> int:
        """A counter of Tcp:, as tcp("RETRANSSEGS")."""
        return self.net.mib.tcp.get(getattr(snmp, "TCP_MIB_" + name))

    def ext(self, name: str) -> int:
        """A counter of TcpExt:, as ext("TCPTIMEOUTS")."""
        return self.net.mib.net.get(getattr(snmp, "LINUX_MIB_" + name))

    def sysctl(self, name: str, value: object) -> None:
        """sysctl -w net.ipv4.tcp_NAME=VALUE"""
        self.host.sysctl("net.ipv4.tcp_" + name, value)

    def socks(self) -> list[TcpSock]:
        """Every connection and listener in the tables."""
        hinfo = self.net.ipv4.tcp_hashinfo
        found = []
        for table in (hinfo.ehash, hinfo.listening_hash):
            for sk in table:
                while sk is not None:
                    found.append(sk)
                    sk = sk.sk_next
        return found

    def sock(self) -> TcpSock:
        """The one connection."""
        (sk,) = [sk for sk in self.socks() if sk.sk_state != 10]
        return sk


class TcpPair:
    """The two of them."""

    def __init__(
        self,
        seed: int = 1,
        mtu: int = 1500,
        offload: bool = False,
        era: str = "3.2",
        check: bool = True,
        **cable: Any,
    ) -> None:
        self.world = World(seed)
        features = OFFLOAD if offload else 0
        self.a = PairHost(self.world, 0, features, mtu, era)
        self.b = PairHost(self.world, 1, features, mtu, era)
        self.hosts = (self.a, self.b)
        ids = (self.a.host.machine.host_id, self.b.host.machine.host_id)
        self.cable = Cable(self.world, "cable", *ids)
        for h, port, number in zip(self.hosts, (self.cable.a, self.cable.b), ids, strict=True):
            h.dev.port = port
            port.attach(PairPort(h.dev), number)
        self.a.bring_up(0)
        self.b.bring_up(1)
        self.cable.set(**cable)
        self.checker = Checker(self.world.clock)
        for h in self.hosts:
            self.checker.add(h.host)
        if check:
            self.world.taps.append(self.checker)
        if not offload:  # else the frames on the cable are not whole
            self.cable.taps.append(self.checker.cable_tap)

    def __enter__(self) -> TcpPair:
        return self

    def __exit__(self, *exc: object) -> None:
        for h in self.hosts:
            crash_tasks(h.host.machine)

    def run(self, seconds: float = 3600.0, until: Callable[[], object] | None = None) -> str:
        """Let time pass, judging both ends after every event."""
        return self.world.run(self.world.clock.now + round(seconds * 1e9), until)

    def finish(self, *tasks: Task, seconds: float = 3600.0) -> list[Any]:
        """Run until the tasks are done; what they answered."""
        reason = self.run(seconds, lambda: all(t.finished() for t in tasks))
        hanging = [t.name for t in tasks if not t.finished()]
        assert not hanging, f"{hanging} hang after {seconds} s: {reason}"
        return [t.result() for t in tasks]

    def listen(self, backlog: int = 8, **opts: int) -> Any:
        """On b, the server's part: see serve()."""
        return self.b.host.spawn(listener, backlog, name="listen")

    def transfer(self, size: int, seconds: float = 3600.0) -> bytes:
        """a connects to b and sends size bytes; b answers with a sum; both close. The answer."""
        data = pattern(size)
        server = self.b.host.spawn(receive_all, name="server")
        client = self.a.host.spawn(send_all, self.b.address, data, name="client")
        got, answer = self.finish(server, client, seconds=seconds)
        assert got == data, f"{len(got)} of {size} bytes, or wrong ones"
        assert answer == len(data).to_bytes(8, "big")
        return answer

    def established(self) -> tuple[Task, Task]:
        """Run a handshake; both ends stay open, as (client's task, server's), asleep for ever."""
        server = self.b.host.spawn(accept_and_sleep, name="server")
        client = self.a.host.spawn(connect_and_sleep, self.b.address, name="client")
        self.run(100, lambda: len(self.a.socks()) == 1 and self.a.sock().sk_state == 1)
        return client, server


def pattern(size: int) -> bytes:
    """size bytes in which no place looks like another."""
    numbers = array("I", range(min(size, 1 << 20) // 4 + 1))
    numbers.byteswap()  # big-endian, as a reader of captures likes them
    block = numbers.tobytes()
    return (block * (size // len(block) + 1))[:size]


def open_listener(port: int = PORT, backlog: int = 8) -> int:
    fd = sys_socket(AF_INET, SOCK_STREAM, 0)
    sys_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, (1).to_bytes(4, "little"))
    sys_bind(fd, SockaddrIn(0, port))
    sys_listen(fd, backlog)
    return fd


def open_connection(address: int, port: int = PORT) -> int:
    fd = sys_socket(AF_INET, SOCK_STREAM, 0)
    sys_connect(fd, SockaddrIn(address, port))
    return fd


def read_all(fd: int, chunk: int = 65536) -> bytes:
    parts = []
    while True:
        data, _ = sys_recvfrom(fd, chunk, 0)
        if not data:
            return b"".join(parts)
        parts.append(data)


def receive_all() -> bytes:
    fd = open_listener()
    conn, _ = sys_accept4(fd, 0)
    sys_close(fd)
    data = read_all(conn)
    sys_sendto(conn, len(data).to_bytes(8, "big"), 0, None)
    sys_close(conn)
    return data


def send_all(address: int, data: bytes) -> bytes:
    fd = open_connection(address)
    assert sys_sendto(fd, data, 0, None) == len(data)
    sys_shutdown(fd, SHUT_WR)
    answer = read_all(fd)
    sys_close(fd)
    return answer


def listener(backlog: int) -> int:
    return open_listener(backlog=backlog)


def accept_and_sleep() -> None:
    conn, _ = sys_accept4(open_listener(), 0)
    sys_recvfrom(conn, 1, 0)


def connect_and_sleep(address: int) -> None:
    sys_recvfrom(open_connection(address), 1, 0)


def softly(host: PairHost, fn: Callable[..., Any], *args: Any) -> Any:
    """Call fn as softirq code of host."""
    with host.host.running():
        local_bh_disable()
        try:
            return fn(*args)
        finally:
            local_bh_enable()


def linear(skb: SkBuff) -> SkBuff:
    """skb with all its bytes in the linear part."""
    assert skb_linearize(skb) == 0
    return skb
