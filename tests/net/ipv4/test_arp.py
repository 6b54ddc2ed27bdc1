"""ARP: who is answered, who is believed, who is asked for, and by which address."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import softnet.arch.const as const
import softnet.uapi.if_ as if_
import softnet.uapi.if_arp as if_arp
import softnet.uapi.if_packet as if_packet
import softnet.uapi.neighbour as nud
import softnet.uapi.netfilter as nf
import softnet.uapi.rtnetlink as rtnl_
import softnet.uapi.snmp as snmp
from softnet.drivers.net.veth import Veth
from softnet.net.core.dev.config import dev_set_mac_address
from softnet.net.core.dev.netdev_chain import call_netdevice_notifiers
from softnet.net.core.dev.registry import unregister_netdevice
from softnet.net.core.dst import dst_neigh_output
from softnet.net.core.neighbour import neigh_add, neigh_create, neigh_event_send, neigh_lookup
from softnet.net.ipv4.arp import arp_mc_map, arp_net_exit, arp_rcv, arp_tbl
from softnet.net.ipv4.devinet import inet_add_addr
from softnet.net.ipv4.fib_frontend import fib_frontend_net_exit
from softnet.net.ipv4.route import route_net_exit
from softnet.net.netfilter.core import nf_register_hook
from softnet.structs.netdevice import NetDevice
from softnet.structs.netfilter import NfHookOps
from softnet.structs.skbuff import SkBuff
from tests.net.core.dev.kit import rtnl, up
from tests.net.ipv4.route_kit import (
    MAC_A,
    MAC_B,
    RouteHost,
    Wire,
    arp_packet,
    arp_skb,
    ip,
    ip_packet,
    sent_arp,
)

REQUEST, REPLY = 1, 2
BROADCAST = b"\xff" * 6


BRD = if_packet.PACKET_BROADCAST


def receive(
    dev: Wire, op: int, sip: str, tip: str, pkt_type: int = BRD, **kw: object
) -> list[tuple[bytes, int, bytes, str, bytes, str]]:
    """Receive an ARP packet; what dev sent in answer."""
    arp_rcv(arp_skb(dev, arp_packet(op, sip, tip, **kw), pkt_type), dev)  # type: ignore[arg-type]
    return sent_arp(dev)


def state(h: RouteHost, addr: str, dev: NetDevice) -> tuple[int, bytes] | None:
    n = neigh_lookup(h.arp, ip(addr), dev)
    return None if n is None else (n.nud_state, n.ha)


def test_a_request_for_us_is_answered_and_remembered(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    assert receive(dev, REQUEST, "10.0.0.2", "10.0.0.1") == [
        (MAC_B, REPLY, MAC_A, "10.0.0.1", MAC_B, "10.0.0.2")
    ]
    assert state(rhost, "10.0.0.2", dev) == (nud.NUD_STALE, MAC_B)


def test_a_request_for_another_is_not(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    assert receive(dev, REQUEST, "10.0.0.2", "10.0.0.3") == []
    assert state(rhost, "10.0.0.2", dev) is None


def test_an_answer_to_us_makes_reachable(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    n = neigh_create(rhost.arp, ip("10.0.0.2"), dev)
    assert n is not None
    neigh_event_send(n, None)
    sent_arp(dev)
    receive(dev, REPLY, "10.0.0.2", "10.0.0.1", if_packet.PACKET_HOST, tha=MAC_A)
    assert state(rhost, "10.0.0.2", dev) == (nud.NUD_REACHABLE, MAC_B)


def test_a_broadcast_answer_makes_only_stale(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    neigh_create(rhost.arp, ip("10.0.0.2"), dev)
    receive(dev, REPLY, "10.0.0.2", "10.0.0.1")
    assert state(rhost, "10.0.0.2", dev) == (nud.NUD_STALE, MAC_B)


@pytest.mark.parametrize(
    "kw",
    [
        {"hrd": 6, "tip": "127.0.0.1"},
        {"hrd": 15},
        {"pro": 0x86DD},
        {"hln": 8},
        {"pln": 16},
        {"op": 3},
        {"op": 8},
        {"tip": "224.0.0.1"},
        {"pkt_type": if_packet.PACKET_OTHERHOST},
        {"pkt_type": if_packet.PACKET_LOOPBACK},
    ],
)
def test_bad_packets_leave_no_trace(rhost: RouteHost, kw: dict[str, object]) -> None:
    dev = rhost.eth("10.0.0.1/24")
    args: dict[str, object] = {"op": REQUEST, "sip": "10.0.0.2", "tip": "10.0.0.1", **kw}
    assert receive(dev, **args) == []  # type: ignore[arg-type]
    assert rhost.arp.entries == 0


def test_ieee802_is_ethernet_too(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    assert len(receive(dev, REQUEST, "10.0.0.2", "10.0.0.1", hrd=if_arp.ARPHRD_IEEE802)) == 1


def test_short_packets_and_noarp_links_are_dropped(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    whole = arp_packet(REQUEST, "10.0.0.2", "10.0.0.1")
    for n in range(28):
        arp_rcv(arp_skb(dev, whole[:n]), dev)
    assert dev.sent == []
    dev.flags |= if_.IFF_NOARP
    assert receive(dev, REQUEST, "10.0.0.2", "10.0.0.1") == []


def test_duplicate_address_detection_is_answered(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    assert receive(dev, REQUEST, "0.0.0.0", "10.0.0.1") == [
        (MAC_B, REPLY, MAC_A, "10.0.0.1", MAC_B, "0.0.0.0")
    ]
    assert rhost.arp.entries == 0
    assert receive(dev, REQUEST, "0.0.0.0", "10.0.0.2") == []


def other_dev(h: RouteHost) -> tuple[Wire, Wire]:
    return h.eth("10.0.0.1/24"), h.eth("10.1.0.1/24")


@pytest.mark.parametrize(
    ("mode", "own", "others", "other_subnet", "host_scope"),
    [
        (0, True, True, True, True),
        (1, True, False, True, True),
        (2, True, False, False, True),
        (3, True, True, True, False),
        (8, False, False, False, False),
    ],
)
def test_arp_ignore(
    rhost: RouteHost, mode: int, own: bool, others: bool, other_subnet: bool, host_scope: bool
) -> None:
    dev, _ = other_dev(rhost)
    rhost.route("10.5.0.0/16", oif=dev)
    rhost.addr(dev, "10.0.0.7/24") if mode != 3 else None
    rhost.addr(dev, "10.7.0.1/32", scope=rtnl_.RT_SCOPE_HOST)
    rhost.sysctl("conf.eth0.arp_ignore", mode)
    assert bool(receive(dev, REQUEST, "10.0.0.2", "10.0.0.1")) == own
    assert bool(receive(dev, REQUEST, "10.0.0.2", "10.1.0.1")) == others
    assert bool(receive(dev, REQUEST, "10.5.0.2", "10.0.0.1")) == other_subnet
    if mode != 2:
        assert bool(receive(dev, REQUEST, "10.0.0.2", "10.7.0.1")) == host_scope


def test_arp_filter_answers_by_one_device_only(rhost: RouteHost) -> None:
    one = rhost.eth("10.0.0.1/24")
    two = rhost.eth("10.0.0.2/24", mac=bytes.fromhex("02000000000a"))
    assert len(receive(two, REQUEST, "10.0.0.9", "10.0.0.2")) == 1
    rhost.sysctl("conf.all.arp_filter", 1)
    assert receive(two, REQUEST, "10.0.0.9", "10.0.0.2") == []
    assert rhost.net.mib.net.get(snmp.LINUX_MIB_ARPFILTER) == 1
    assert len(receive(one, REQUEST, "10.0.0.9", "10.0.0.1")) == 1


@pytest.mark.parametrize(
    ("mode", "saddr", "asks_from"),
    [(0, "10.1.0.1", "10.1.0.1"), (1, "10.1.0.1", "10.0.0.1"), (2, "10.0.0.7", "10.0.0.1")],
)
def test_arp_announce(rhost: RouteHost, mode: int, saddr: str, asks_from: str) -> None:
    dev, _ = other_dev(rhost)
    rhost.addr(dev, "10.0.0.7/24")
    rhost.sysctl("conf.all.arp_announce", mode)
    n = neigh_create(rhost.arp, ip("10.0.0.2"), dev)
    assert n is not None
    skb = ip_packet(saddr, "10.0.0.2")
    skb.dst = rhost.rt("10.0.0.2")
    neigh_event_send(n, skb)
    assert [a[3] for a in sent_arp(dev)] == [asks_from]


def test_a_forwarded_source_is_never_used(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    n = neigh_create(rhost.arp, ip("10.0.0.2"), dev)
    assert n is not None
    neigh_event_send(n, ip_packet("99.0.0.1", "10.0.0.2"))
    assert [a[3] for a in sent_arp(dev)] == ["10.0.0.1"]


def test_locktime_lets_the_first_answer_stand(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    other = bytes.fromhex("0200000000cc")
    n = neigh_create(rhost.arp, ip("10.0.0.2"), dev)
    assert n is not None
    rhost.run(ms=2000)
    host = if_packet.PACKET_HOST
    receive(dev, REPLY, "10.0.0.2", "10.0.0.1", host)
    receive(dev, REPLY, "10.0.0.2", "10.0.0.1", host, sha=other)
    assert n.ha == MAC_B
    rhost.run(ms=1100)
    receive(dev, REPLY, "10.0.0.2", "10.0.0.1", host, sha=other)
    assert n.ha == other


def test_gratuitous_arp_updates_but_makes_nothing(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    receive(dev, REQUEST, "10.0.0.2", "10.0.0.2")
    receive(dev, REPLY, "10.0.0.3", "10.0.0.3")
    assert rhost.arp.entries == 0
    rhost.sysctl("conf.all.arp_accept", 1)
    receive(dev, REQUEST, "10.0.0.2", "10.0.0.2")
    receive(dev, REPLY, "10.0.0.3", "10.0.0.3")
    receive(dev, REQUEST, "10.0.0.4", "10.0.0.5")
    receive(dev, REPLY, "10.0.0.255", "10.0.0.255")
    assert [n.primary_key for n in rhost.arp.hash.values()] == [ip("10.0.0.2"), ip("10.0.0.3")]


def proxy_host(h: RouteHost) -> tuple[Wire, Wire]:
    one, two = other_dev(h)
    h.sysctl("ip_forward", 1)
    return one, two


def test_proxy_arp(rhost: RouteHost) -> None:
    one, _ = proxy_host(rhost)
    assert receive(one, REQUEST, "10.0.0.2", "10.1.0.9") == []
    rhost.sysctl("conf.eth0.proxy_arp", 1)
    assert receive(one, REQUEST, "10.0.0.2", "10.1.0.9") == []  # not yet
    rhost.run(ms=801)
    assert sent_arp(one) == [(MAC_B, REPLY, MAC_A, "10.1.0.9", MAC_B, "10.0.0.2")]
    assert receive(one, REQUEST, "10.0.0.2", "10.1.0.9", if_packet.PACKET_HOST) != []
    assert receive(one, REQUEST, "10.0.0.2", "10.0.0.9") == []  # its own link's
    rhost.sysctl("ip_forward", 0)
    assert receive(one, REQUEST, "10.0.0.2", "10.1.0.9", if_packet.PACKET_HOST) == []


def test_the_proxy_queue_is_bounded(rhost: RouteHost) -> None:
    one, _ = proxy_host(rhost)
    rhost.sysctl("conf.eth0.proxy_arp", 1)
    rhost.sysctl("neigh.eth0.proxy_qlen", 4)
    for n in range(20):
        receive(one, REQUEST, f"10.0.0.{n + 10}", "10.1.0.9")
    rhost.run(ms=900)
    assert len(sent_arp(one)) == 5


def test_published_entries_are_proxied(rhost: RouteHost) -> None:
    one, _ = proxy_host(rhost)
    with rtnl(rhost.net):
        neigh_add(rhost.arp, ip("10.1.0.9"), one, None, 0, flags=nud.NTF_PROXY)
    rhost.sysctl("neigh.eth0.proxy_delay", 0)
    assert len(receive(one, REQUEST, "10.0.0.2", "10.1.0.9")) == 1
    assert receive(one, REQUEST, "10.0.0.2", "10.1.0.8") == []


@pytest.mark.parametrize(
    ("here", "there", "answered"), [(0, 5, True), (-1, 5, False), (5, 5, False), (5, 6, True)]
)
def test_medium_id(rhost: RouteHost, here: int, there: int, answered: bool) -> None:
    one, _ = proxy_host(rhost)
    rhost.sysctl("conf.all.proxy_arp", 1)
    rhost.sysctl("conf.eth0.medium_id", here)
    rhost.sysctl("conf.eth1.medium_id", there)
    got = receive(one, REQUEST, "10.0.0.2", "10.1.0.9", if_packet.PACKET_HOST)
    assert bool(got) == answered


def test_private_vlan(rhost: RouteHost) -> None:
    one, _ = proxy_host(rhost)
    rhost.sysctl("conf.eth0.proxy_arp_pvlan", 1)
    assert receive(one, REQUEST, "10.0.0.2", "10.0.0.9", if_packet.PACKET_HOST) != []
    assert receive(one, REQUEST, "10.0.0.2", "10.0.0.2", if_packet.PACKET_HOST) == []


def test_arp_notify_announces_when_the_link_changes(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24", "10.0.0.2/24")
    mac = bytes.fromhex("02000000ab01")
    with rtnl(rhost.net):
        assert dev_set_mac_address(dev, mac) == 0
    assert sent_arp(dev) == []
    rhost.sysctl("conf.all.arp_notify", 1)
    with rtnl(rhost.net):
        dev_set_mac_address(dev, MAC_A)
    assert [(a[1], a[3], a[5]) for a in sent_arp(dev)] == [
        (REQUEST, "10.0.0.1", "10.0.0.1"),
        (REQUEST, "10.0.0.2", "10.0.0.2"),
    ]
    rhost.sysctl("conf.all.arp_notify", 0)
    with rtnl(rhost.net):
        call_netdevice_notifiers(const.NETDEV_NOTIFY_PEERS, dev)
    assert len(sent_arp(dev)) == 2


def test_a_new_mac_forgets_neighbours(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    receive(dev, REQUEST, "10.0.0.2", "10.0.0.1")
    with rtnl(rhost.net):
        dev_set_mac_address(dev, bytes.fromhex("02000000ab01"))
    assert rhost.arp.entries == 0


@pytest.mark.parametrize(
    ("setup", "addr", "ha"),
    [
        (lambda d: None, "224.1.2.3", "01005e010203"),
        (lambda d: None, "239.129.2.3", "01005e010203"),
        (lambda d: None, "10.0.0.255", "ffffffffffff"),
        (lambda d: d.flags.__class__, "255.255.255.255", "ffffffffffff"),
    ],
)
def test_addresses_that_need_no_asking(
    rhost: RouteHost, setup: Callable[[Wire], object], addr: str, ha: str
) -> None:
    dev = rhost.eth("10.0.0.1/24")
    setup(dev)
    n = neigh_create(rhost.arp, ip(addr), dev)
    assert n is not None
    assert (n.nud_state, n.ha.hex()) == (nud.NUD_NOARP, ha)


@pytest.mark.parametrize(("flag", "ha"), [(if_.IFF_NOARP, MAC_A), (if_.IFF_POINTOPOINT, BROADCAST)])
def test_links_that_need_no_asking(rhost: RouteHost, flag: int, ha: bytes) -> None:
    dev = rhost.eth("10.0.0.1/24")
    dev.flags |= flag
    n = neigh_create(rhost.arp, ip("10.0.0.2"), dev)
    assert n is not None
    assert (n.nud_state, n.ha) == (nud.NUD_NOARP, ha)


def test_multicast_without_ethernet_is_broadcast(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    dev.type = if_arp.ARPHRD_INFINIBAND
    assert arp_mc_map(ip("224.1.2.3"), dev) == dev.broadcast


def test_no_entry_on_a_device_without_ipv4(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    dev.ip_ptr = None
    assert neigh_create(rhost.arp, ip("10.0.0.2"), dev) is None
    assert rhost.arp.error == -errno.EINVAL


class Veto(NfHookOps):
    def __init__(self, hook: int) -> None:
        NfHookOps.__init__(self, nf.NFPROTO_ARP, hook, 0)
        self.seen = 0

    def hook(
        self, hooknum: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None
    ) -> int:
        self.seen += 1
        return nf.NF_DROP


@pytest.mark.parametrize("hook", [nf.NF_ARP_IN, nf.NF_ARP_OUT])
def test_arptables_sees_both_ways(rhost: RouteHost, hook: int) -> None:
    dev = rhost.eth("10.0.0.1/24")
    veto = Veto(hook)
    nf_register_hook(rhost.net, veto)
    assert receive(dev, REQUEST, "10.0.0.2", "10.0.0.1") == []
    assert veto.seen == 1
    assert rhost.arp.entries == (0 if hook == nf.NF_ARP_IN else 1)


@given(st.binary(max_size=64), st.sampled_from(range(5)))
def test_whatever_comes_is_survived(data: bytes, pkt_type: int) -> None:
    with RouteHost() as h:
        dev = h.eth("10.0.0.1/24")
        arp_rcv(arp_skb(dev, data, pkt_type), dev)
        whole = arp_packet(REQUEST, "10.0.0.2", "10.0.0.1")
        arp_rcv(arp_skb(dev, data[:20] + whole[len(data[:20]) :], pkt_type), dev)
        assert receive(dev, REQUEST, "10.0.0.3", "10.0.0.1")[-1][-1] == "10.0.0.3"  # is answered


def test_two_namespaces_find_each_other_over_veth(rhost: RouteHost) -> None:
    other = rhost.new_net()
    rhost.net_init(other)
    near, far = Veth(rhost.net, "v0"), Veth(other, "v1")
    near.peer, far.peer = far, near
    for dev, addr in ((near, "10.0.0.1"), (far, "10.0.0.2")):
        up(dev)
        with rtnl(dev.nd_net):
            inet_add_addr(dev.nd_net, dev, ip(addr), 24)
    rhost.run(ms=10)
    skb = ip_packet("10.0.0.1", "10.0.0.2")
    skb.dst = rhost.rt("10.0.0.2")
    skb.dev = near
    assert dst_neigh_output(skb.dst, skb) == 0
    rhost.run(ms=10)
    assert state(rhost, "10.0.0.2", near) == (nud.NUD_REACHABLE, far.dev_addr)
    n = neigh_lookup(arp_tbl(other), ip("10.0.0.1"), far)
    assert n is not None
    assert (n.nud_state, n.ha) == (nud.NUD_STALE, near.dev_addr)
    assert far.stats.rx_packets == 2  # the request, and what waited for the answer


def test_a_namespace_that_goes_leaves_no_timer(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    rhost.rt("10.0.0.2")
    timers = rhost.net.timers.count
    assert timers >= 2  # two collectors: of routes, of neighbours
    arp_net_exit(rhost.net)
    fib_frontend_net_exit(rhost.net)
    route_net_exit(rhost.net)
    assert rhost.net.timers.count == timers - 2
    assert (rhost.arp.entries, rhost.cache.entries) == (0, 0)
    assert rhost.out("10.0.0.2") == -errno.ENETUNREACH
    with rtnl(rhost.net):
        unregister_netdevice(dev)  # devices go after the protocols
