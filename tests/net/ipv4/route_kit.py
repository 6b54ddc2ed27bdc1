"""A host with devices, addresses, routes and ARP, and nothing above: what routing's tests need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import softnet.arch.const as const
import softnet.uapi.if_ether as if_ether
import softnet.uapi.if_packet as if_packet
from softnet.drivers.net.loopback import loopback_net_init
from softnet.machine.cpu import in_softirq
from softnet.net.core.dev.config import dev_open
from softnet.net.core.skbuff import kfree_skb
from softnet.net.ipv4.arp import arp_init, arp_net_init, arp_tbl
from softnet.net.ipv4.devinet import (
    devinet_init,
    devinet_net_init,
    inet_add_addr,
    inetdev_ops,
)
from softnet.net.ipv4.fib_frontend import (
    fib_frontend_init,
    fib_frontend_net_init,
    fib_new_route,
)
from softnet.net.ipv4.inetpeer import InetPeerBase
from softnet.net.ipv4.route import ip_route_input_noref, ip_route_output_key, route_net_init
from softnet.net.ipv4.route_cache import RtCache, rt_cache_of
from softnet.net.ipv4.route_sysctl import route_sysctl_net_init
from softnet.structs.fib import FibConfig
from softnet.structs.flow import Flowi4
from softnet.structs.inetdevice import InIfaddr, Ipv4Devconf
from softnet.structs.neighbour import NeighTable
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice
from softnet.structs.netns_ipv4 import NetnsIpv4
from softnet.structs.route import (
    DstInput,
    DstOutput,
    Rtable,
    RtIcmpOps,
    rt_register_icmp,
    rt_register_input,
    rt_register_output,
)
from softnet.structs.skbuff import SkBuff
from tests.net.core.dev.kit import MAC_A, MAC_B, DevHost, Wire, make_skb, rtnl, up

__all__ = [
    "MAC_A",
    "MAC_B",
    "RouteHost",
    "Wire",
    "arp_packet",
    "arp_skb",
    "ip",
    "ip_packet",
    "rtnl",
    "sent_arp",
]


def ip(text: str) -> int:
    """ "10.0.0.1" -> 0x0A000001"""
    a, b, c, d = (int(x) for x in text.split("."))
    return a << 24 | b << 16 | c << 8 | d


@contextmanager
def fails(error: int) -> Iterator[None]:
    """The block raises OSError with exactly this errno."""
    found = 0
    try:
        yield
    except OSError as e:
        found = e.errno or 0
    assert found == error


class Kept(DstInput):
    """An input stage that keeps what it gets."""

    def __init__(self) -> None:
        self.got: list[SkBuff] = []

    def input(self, skb: SkBuff) -> int:
        self.got.append(skb)
        return 0


class KeptOut(DstOutput):
    """An output stage that keeps what it gets."""

    def __init__(self) -> None:
        self.got: list[SkBuff] = []

    def output(self, skb: SkBuff) -> int:
        self.got.append(skb)
        return 0


class KeptIcmp(RtIcmpOps):
    """What ICMP would have sent: (type, code, info)."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, int, int]] = []

    def icmp_send(self, skb_in: SkBuff, type: int, code: int, info: int) -> None:
        self.sent.append((type, code, info))


class RouteHost(DevHost):
    """A DevHost whose network ends at the routing layer."""

    def __init__(self, ncpus: int = 1, seed: int = 1) -> None:
        DevHost.__init__(self, ncpus, "3.2", seed)
        self.local = Kept()
        self.forward = Kept()
        self.unicast = KeptOut()
        self.mc = KeptOut()
        self.icmp = KeptIcmp()
        self.owned: list[SkBuff] = []

    def __enter__(self) -> RouteHost:
        DevHost.__enter__(self)
        inetdev_ops.clear()  # of those that a test before booted; conftest.py puts them back
        arp_init()
        devinet_init()
        fib_frontend_init()
        rt_register_input(const.RT_INPUT_LOCAL, self.local)
        rt_register_input(const.RT_INPUT_FORWARD, self.forward)
        rt_register_output(const.RT_OUTPUT_UNICAST, self.unicast)
        rt_register_output(const.RT_OUTPUT_MC, self.mc)
        rt_register_icmp(self.icmp)
        self.net_init(self.net)
        return self

    def net_init(self, net: Net) -> None:
        """What host.py does for each namespace, as far as routing needs it."""
        net.ipv4 = NetnsIpv4(Ipv4Devconf(), Ipv4Devconf())
        net.ipv4.peers = InetPeerBase()
        arp_net_init(net)
        devinet_net_init(net)
        fib_frontend_net_init(net)
        route_net_init(net)
        route_sysctl_net_init(net)
        loopback_net_init(net)
        with rtnl(net):
            assert dev_open(net.loopback_dev) == 0

    def own(self, skb: SkBuff) -> SkBuff:
        """Free skb when the test is over."""
        self.owned.append(skb)
        return skb

    def shut_down(self) -> None:
        """Free what the stages and the test still have, then what DevHost does."""
        for stage in (self.local, self.forward, self.unicast, self.mc):
            for skb in stage.got:
                kfree_skb(skb)
            stage.got = []
        for skb in self.owned:
            kfree_skb(skb)
        self.owned = []
        DevHost.shut_down(self)

    @property
    def cache(self) -> RtCache:
        return rt_cache_of(self.net)

    @property
    def arp(self) -> NeighTable:
        return arp_tbl(self.net)

    def eth(self, *addrs: str, name: str = "eth%d", mac: bytes = MAC_A) -> Wire:
        """An Ethernet device, up, with these addresses ("10.0.0.1/24")."""
        dev = Wire(self.net, name)
        dev.dev_addr = mac
        up(dev)
        for a in addrs:
            self.addr(dev, a)
        return dev

    def addr(self, dev: NetDevice, text: str, **kw: int) -> InIfaddr:
        local, _, plen = text.partition("/")
        with rtnl(self.net):
            return inet_add_addr(self.net, dev, ip(local), int(plen), **kw)  # type: ignore[arg-type]

    def route(self, text: str, **kw: object) -> FibConfig:
        """route("10.0.0.0/8", gw="192.168.1.1"): kw are fields of FibConfig without "fc_"."""
        dst, _, plen = text.partition("/")
        cfg = FibConfig(ip(dst), int(plen or 32))
        if "gw" not in kw and "mp" not in kw and "type" not in kw:
            cfg.fc_scope = 253
        for k, v in kw.items():
            if isinstance(v, str):
                v = ip(v)
            if isinstance(v, NetDevice):
                v = v.ifindex
            setattr(cfg, "fc_" + k, v)
        with rtnl(self.net):
            fib_new_route(self.net, cfg)
        return cfg

    def sysctl(self, path: str, value: int) -> None:
        with rtnl(self.net):
            self.net.sysctl.write("net.ipv4." + path, str(value))

    def out(
        self, daddr: str, saddr: str = "0.0.0.0", tos: int = 0, oif: NetDevice | None = None
    ) -> Rtable | int:
        """The route of a packet to daddr, or the negative errno."""
        fl4 = Flowi4(ip(daddr), ip(saddr), tos, 0 if oif is None else oif.ifindex)
        rt = ip_route_output_key(self.net, fl4)
        return fl4.error if rt is None else rt

    def rt(self, daddr: str, **kw: object) -> Rtable:
        """As out(), and it must exist."""
        found = self.out(daddr, **kw)  # type: ignore[arg-type]
        assert isinstance(found, Rtable), found
        return found

    def inp(
        self, dev: NetDevice, saddr: str, daddr: str, tos: int = 0, mark: int = 0
    ) -> Rtable | int:
        """The route of a packet from saddr to daddr that comes by dev, or the negative errno."""
        skb = ip_packet(saddr, daddr)
        skb.dev = dev
        skb.mark = mark
        err = ip_route_input_noref(skb, ip(daddr), ip(saddr), tos, dev)
        rt = skb.dst
        skb.dst = None
        kfree_skb(skb)
        if err:
            return err
        assert isinstance(rt, Rtable)
        return rt


def ip_packet(saddr: str, daddr: str, payload: bytes = b"") -> SkBuff:
    """A sound IPv4 header, protocol 253, with data and network_header at it."""
    total = 20 + len(payload)
    head = bytes([0x45, 0]) + total.to_bytes(2, "big") + bytes(4) + bytes([64, 253, 0, 0])
    skb = make_skb(head + ip(saddr).to_bytes(4, "big") + ip(daddr).to_bytes(4, "big") + payload)
    skb.reset_network_header()
    skb.protocol = if_ether.ETH_P_IP
    return skb


def arp_packet(
    op: int,
    sip: str,
    tip: str,
    sha: bytes = MAC_B,
    tha: bytes = bytes(6),
    hrd: int = 1,
    pro: int = 0x0800,
    hln: int = 6,
    pln: int = 4,
) -> bytes:
    """28 bytes of ARP."""
    return (
        hrd.to_bytes(2, "big")
        + pro.to_bytes(2, "big")
        + bytes([hln, pln])
        + op.to_bytes(2, "big")
        + sha
        + ip(sip).to_bytes(4, "big")
        + tha
        + ip(tip).to_bytes(4, "big")
    )


def arp_skb(dev: NetDevice, data: bytes, pkt_type: int = if_packet.PACKET_HOST) -> SkBuff:
    """An ARP packet as netif_receive_skb() hands it to arp_rcv()."""
    skb = make_skb(data)
    skb.reset_network_header()
    skb.dev = dev
    skb.protocol = if_ether.ETH_P_ARP
    skb.pkt_type = pkt_type
    assert not in_softirq()
    return skb


def sent_arp(dev: Wire) -> list[tuple[bytes, int, bytes, str, bytes, str]]:
    """ARP packets that dev sent: (to, op, sha, sip, tha, tip); dev.sent is emptied."""
    found = []
    for skb in dev.sent:
        frame = skb.head_bytes()
        assert frame[12:14] == b"\x08\x06", frame.hex()
        a = frame[14:42]
        found.append(
            (
                frame[:6],
                int.from_bytes(a[6:8], "big"),
                a[8:14],
                ".".join(map(str, a[14:18])),
                a[18:24],
                ".".join(map(str, a[24:28])),
            )
        )
    dev.release()
    return found
