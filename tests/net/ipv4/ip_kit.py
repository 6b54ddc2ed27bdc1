"""A host with all of IPv4 but TCP: devices whose neighbours are known, frames in and out, sockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.uapi.neighbour as nud
import softnet.uapi.socket as socket_
from softnet.drivers.net.loopback import loopback_net_init
from softnet.fs.file import File
from softnet.fs.proc import proc_read
from softnet.kernel.softirq import do_softirq
from softnet.kernel.wait import WaitQueueHead
from softnet.machine.cpu import this_cpu
from softnet.net.core.dev.config import dev_open
from softnet.net.core.dev.receive import netif_receive_skb
from softnet.net.core.neighbour import neigh_create, neigh_lookup, neigh_update
from softnet.net.core.skb_debug import skb_debug_disable, skb_debug_enable
from softnet.net.core.sock import sock_getsockopt, sock_setsockopt
from softnet.net.ethernet.eth import eth_type_trans
from softnet.net.ipv4.af_inet import inet_create, inet_init, inet_net_init
from softnet.net.ipv4.arp import arp_init, arp_net_init, arp_tbl
from softnet.net.ipv4.devinet import devinet_init, devinet_net_init, inet_add_addr
from softnet.net.ipv4.fib_frontend import (
    fib_frontend_init,
    fib_frontend_net_init,
    fib_new_route,
)
from softnet.net.ipv4.icmp import icmp_init, icmp_net_init
from softnet.net.ipv4.igmp import igmp_init
from softnet.net.ipv4.inetpeer import inetpeer_net_init
from softnet.net.ipv4.ip_forward import ip_forward_init
from softnet.net.ipv4.ip_fragment import ipfrag_net_exit, ipfrag_net_init
from softnet.net.ipv4.ip_input import ip_input_init
from softnet.net.ipv4.ip_output import ip_output_init
from softnet.net.ipv4.ping import ping_net_init
from softnet.net.ipv4.raw import raw_net_init
from softnet.net.ipv4.route import route_net_init
from softnet.net.ipv4.route_sysctl import route_sysctl_net_init
from softnet.net.socket import socket_file_ops
from softnet.structs.fib import FibConfig
from softnet.structs.inet_sock import InetSock
from softnet.structs.inetdevice import InIfaddr, Ipv4Devconf
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice
from softnet.structs.netns_ipv4 import NetnsIpv4
from softnet.structs.skbuff import SkBuff
from softnet.structs.socket import MsgHdr, Sockaddr, SockaddrIn, Socket
from softnet.wire.checksum import checksum, transport_checksum
from tests.net.core.dev.kit import MAC_A, MAC_B, DevHost, Wire, make_skb, payload, rtnl, up

__all__ = [
    "MAC_A",
    "MAC_B",
    "IpHost",
    "Sock",
    "Wire",
    "eth",
    "host",
    "icmp",
    "icmp_error",
    "ip",
    "ip_bytes",
    "payload",
    "rtnl",
    "udp",
]

UDP, ICMP, IGMP = 17, 1, 2


def ip(text: str) -> int:
    """ "10.0.0.1" -> 0x0A000001"""
    a, b, c, d = (int(x) for x in text.split("."))
    return a << 24 | b << 16 | c << 8 | d


def addr4(text: str) -> bytes:
    return ip(text).to_bytes(4, "big")


def ip_bytes(
    src: str,
    dst: str,
    data: bytes = b"",
    proto: int = 253,
    ttl: int = 64,
    ident: int = 7,
    frag: int = 0,
    tos: int = 0,
    options: bytes = b"",
    tot_len: int = -1,
    check: int = -1,
    first: int = -1,
) -> bytes:
    """An IPv4 datagram; what is -1 is right."""
    hlen = 20 + len(options)
    head = bytearray(
        bytes([0x40 | hlen >> 2 if first < 0 else first, tos])
        + (hlen + len(data) if tot_len < 0 else tot_len).to_bytes(2, "big")
        + ident.to_bytes(2, "big")
        + frag.to_bytes(2, "big")
        + bytes([ttl, proto, 0, 0])
        + addr4(src)
        + addr4(dst)
        + options
    )
    head[10:12] = (checksum(bytes(head)) if check < 0 else check).to_bytes(2, "big")
    return bytes(head) + data


def udp(
    src: str, dst: str, sport: int, dport: int, data: bytes = b"", check: int = -1, ulen: int = -1
) -> bytes:
    """A UDP datagram to be the data of ip_bytes(proto=17)."""
    length = 8 + len(data) if ulen < 0 else ulen
    head = sport.to_bytes(2, "big") + dport.to_bytes(2, "big") + length.to_bytes(2, "big")
    if check < 0:
        check = transport_checksum(ip(src), ip(dst), UDP, head + b"\0\0" + data) or 0xFFFF
    return head + check.to_bytes(2, "big") + data


def icmp(type: int, code: int = 0, info: int = 0, data: bytes = b"", check: int = -1) -> bytes:
    """An ICMP message to be the data of ip_bytes(proto=1)."""
    raw = bytes([type, code, 0, 0]) + info.to_bytes(4, "big") + data
    if check < 0:
        check = checksum(raw)
    return raw[:2] + check.to_bytes(2, "big") + raw[4:]


def icmp_error(type: int, code: int, about: bytes, info: int = 0) -> bytes:
    """An ICMP error about a datagram."""
    return icmp(type, code, info, about[:548])


class IpHost(DevHost):
    """A DevHost with lo, IPv4, UDP, ICMP, IGMP, raw and ping sockets."""

    def __init__(self, era: str = "3.2", seed: int = 1) -> None:
        DevHost.__init__(self, 1, era, seed)
        self.wires: list[Wire] = []
        self.socks: list[Sock] = []

    def __enter__(self) -> IpHost:
        DevHost.__enter__(self)
        arp_init()
        devinet_init()
        fib_frontend_init()
        ip_input_init()
        ip_forward_init()
        ip_output_init()
        icmp_init()
        igmp_init()
        inet_init()
        self.net_init(self.net)
        return self

    def net_init(self, net: Net) -> None:
        """What host.py does for each namespace."""
        net.ipv4 = NetnsIpv4(Ipv4Devconf(), Ipv4Devconf())
        inetpeer_net_init(net)
        arp_net_init(net)
        devinet_net_init(net)
        fib_frontend_net_init(net)
        route_net_init(net)
        route_sysctl_net_init(net)
        ipfrag_net_init(net)
        icmp_net_init(net)
        ping_net_init(net)
        raw_net_init(net)
        inet_net_init(net)
        loopback_net_init(net)
        with rtnl(net):
            assert dev_open(net.loopback_dev) == 0

    # devices, addresses, routes

    def eth(self, *addrs: str, name: str = "eth%d", mac: bytes = MAC_A) -> Wire:
        """An Ethernet device, up, with these addresses ("10.0.0.1/24")."""
        dev = Wire(self.net, name)
        dev.dev_addr = mac
        self.wires.append(dev)
        up(dev)
        for a in addrs:
            self.addr(dev, a)
        return dev

    def addr(self, dev: NetDevice, text: str) -> InIfaddr:
        local, _, plen = text.partition("/")
        with rtnl(self.net):
            return inet_add_addr(self.net, dev, ip(local), int(plen))

    def route(self, text: str, gw: str = "", dev: NetDevice | None = None) -> None:
        dst, _, plen = text.partition("/")
        cfg = FibConfig(ip(dst), int(plen or 32))
        cfg.fc_scope = 0 if gw else 253
        if gw:
            cfg.fc_gw = ip(gw)
        if dev is not None:
            cfg.fc_oif = dev.ifindex
        with rtnl(self.net):
            fib_new_route(self.net, cfg)

    def neigh(self, dev: NetDevice, addr: str, mac: bytes = MAC_B) -> None:
        """The link address of a neighbour, for good."""
        tbl = arp_tbl(self.net)
        n = neigh_lookup(tbl, ip(addr), dev)
        if n is None:
            n = neigh_create(tbl, ip(addr), dev)
        neigh_update(n, mac, nud.NUD_PERMANENT, 0x80000001)

    def sysctl(self, path: str, value: object) -> None:
        with rtnl(self.net):
            self.net.sysctl.write("net.ipv4." + path, str(value))

    def finish(self) -> None:
        """Close and free all that a test left behind."""
        for s in self.socks:
            if s.error == 0 and s.socket.sk is not None:
                s.close()
        for dev in self.wires:
            dev.release()
        ipfrag_net_exit(self.net)

    # packets

    def receive(self, dev: NetDevice, data: bytes, dst: bytes | None = None) -> None:
        """A frame with this IP packet arrives."""
        skb = make_skb((dst or dev.dev_addr) + MAC_B + b"\x08\x00" + data)
        skb.dev = dev
        skb.protocol = eth_type_trans(skb, dev)
        self.give(skb)

    def give(self, skb: SkBuff) -> None:
        """skb as a driver's poll hands it up."""
        cpu = this_cpu()
        cpu.softirq_count += 2
        try:
            netif_receive_skb(skb)
        finally:
            cpu.softirq_count -= 2
        self.settle()

    def settle(self) -> None:
        """Let softirqs that are pending run."""
        if this_cpu().softirq_pending and this_cpu().softirq_count == 0:
            do_softirq()

    # sockets and what they count

    def sock(self, type: int = socket_.SOCK_DGRAM, proto: int = 0) -> Sock:
        return Sock(self, type, proto)

    def udp_sock(self, addr: str = "0.0.0.0", port: int = 0) -> Sock:
        """A UDP socket, bound."""
        s = self.sock()
        assert s.bind(addr, port) == 0
        return s

    def counters(self) -> dict[str, int]:
        """Every counter of /proc/net/snmp and netstat that is not 0, as "Ip.InReceives"."""
        out: dict[str, int] = {}
        for path in ("net/snmp", "net/netstat"):
            lines = proc_read(path, self.net, self.net.sysctl).splitlines()
            for names, values in zip(lines[::2], lines[1::2], strict=True):
                title, *cols = names.split()
                for name, value in zip(cols, values.split()[1:], strict=True):
                    if int(value):
                        out[title[:-1] + "." + name] = int(value)
        return out

    def ticked(self, before: dict[str, int]) -> dict[str, int]:
        """What changed since counters() answered `before`, but for octets."""
        return {
            name: n - before.get(name, 0)
            for name, n in self.counters().items()
            if n != before.get(name, 0) and "Octets" not in name
        }

    def proc(self, path: str) -> str:
        return proc_read(path, self.net, self.net.sysctl)


class Sock:
    """A socket as a system call sees it, never sleeping: answers are Linux's (negative errnos)."""

    def __init__(self, host: IpHost, type: int, proto: int) -> None:
        self.host = host
        self.socket = Socket(type, WaitQueueHead())
        self.error = inet_create(host.net, self.socket, proto, 0)
        self.file = File(socket_file_ops, 2 | 0o4000, self.socket)
        self.msg = MsgHdr(b"", 0)
        self.n = 0
        host.socks.append(self)

    @property
    def sk(self) -> InetSock:
        sk = self.socket.sk
        assert isinstance(sk, InetSock)
        return sk

    @property
    def port(self) -> int:
        return self.sk.inet_sport

    def bind(self, addr: str, port: int = 0) -> int:
        assert self.socket.ops is not None
        return self.socket.ops.bind(self.socket, SockaddrIn(ip(addr), port))

    def connect(self, addr: str, port: int = 0) -> int:
        assert self.socket.ops is not None
        return self.socket.ops.connect(self.socket, SockaddrIn(ip(addr), port), 0o4000)

    def disconnect(self) -> int:
        assert self.socket.ops is not None
        return self.socket.ops.connect(self.socket, Sockaddr(0), 0o4000)

    def send(
        self,
        data: bytes,
        addr: str = "",
        port: int = 0,
        flags: int = 0,
        control: list[tuple[int, int, bytes]] | None = None,
    ) -> int:
        assert self.socket.ops is not None
        msg = MsgHdr(data, len(data), flags | socket_.MSG_DONTWAIT)
        if addr:
            msg.name = SockaddrIn(ip(addr), port)
        msg.control = control
        n = self.socket.ops.sendmsg(self.socket, msg, len(data))
        self.host.settle()
        return n

    def recv(self, size: int = 65536, flags: int = 0) -> bytes | int:
        """The data, or a negative errno; self.msg has the rest, self.n the call's answer."""
        assert self.socket.ops is not None
        buf = bytearray(size)
        self.msg = MsgHdr(buf, size)
        self.msg.want_name = True
        self.msg.controllen = 512
        flags |= socket_.MSG_DONTWAIT
        self.n = self.socket.ops.recvmsg(self.socket, self.msg, size, flags)
        return self.n if self.n < 0 else bytes(buf[: self.msg.off])

    @property
    def source(self) -> tuple[int, int]:
        name = self.msg.name
        assert isinstance(name, SockaddrIn)
        return name.sin_addr, name.sin_port

    def cmsg(self, level: int, type: int) -> bytes:
        """The data of that control message of the last recv()."""
        return next(d for lv, t, d in self.msg.control or [] if (lv, t) == (level, type))

    def set(self, level: int, name: int, value: int | bytes) -> int:
        if isinstance(value, int):
            value = value.to_bytes(4, "little", signed=True)
        if level == socket_.SOL_SOCKET:
            return sock_setsockopt(self.socket, name, value)
        assert self.socket.ops is not None
        return self.socket.ops.setsockopt(self.socket, level, name, value)

    def get(self, level: int, name: int, size: int = 4) -> int:
        if level == socket_.SOL_SOCKET:
            return int.from_bytes(sock_getsockopt(self.socket, name, size), "little", signed=True)
        assert self.socket.ops is not None
        data = self.socket.ops.getsockopt(self.socket, level, name, size)
        return int.from_bytes(data, "little", signed=True)

    def poll(self) -> int:
        assert self.socket.ops is not None
        return self.socket.ops.poll(self.file, self.socket, None)

    def close(self) -> None:
        assert self.socket.ops is not None
        self.socket.ops.release(self.socket)


@pytest.fixture
def host() -> Iterator[IpHost]:
    """An IpHost under the packet-buffer sanitizer: at the end no packet may be left."""
    debug = skb_debug_enable()
    try:
        with IpHost() as h:
            yield h
            h.finish()
        debug.verify()
        assert debug.leaks() == []
    finally:
        skb_debug_disable()


@pytest.fixture
def eth(host: IpHost) -> Wire:
    """eth0 of host, 10.0.0.1/24, its neighbours 10.0.0.2 and 10.0.0.3 known."""
    dev = host.eth("10.0.0.1/24")
    host.neigh(dev, "10.0.0.2")
    host.neigh(dev, "10.0.0.3")
    return dev
