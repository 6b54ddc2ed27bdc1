"""Routes of packets that came in."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.rtnetlink as rtnl_
from softnet.net.ipv4.route import (
    ip_route_input_noref,
    ip_rt_send_redirect,
)
from softnet.structs.igmp import IpMcList
from softnet.structs.route import Rtable
from softnet.structs.skbuff import SkBuff
from tests.net.ipv4.route_kit import RouteHost, Wire, ip, ip_packet

BRD = rtnl_.RTCF_BROADCAST


LOCAL = rtnl_.RTCF_LOCAL


@pytest.fixture
def eth0(rhost: RouteHost) -> Wire:
    return rhost.eth("10.0.0.1/24")


@pytest.fixture
def router(rhost: RouteHost) -> tuple[Wire, Wire]:
    one, two = rhost.eth("10.0.0.1/24"), rhost.eth("10.1.0.1/24")
    rhost.sysctl("ip_forward", 1)
    return one, two


def test_to_us(rhost: RouteHost, eth0: Wire) -> None:
    rt = rhost.inp(eth0, "10.0.0.2", "10.0.0.1")
    assert isinstance(rt, Rtable)
    assert (rt.rt_type, rt.input_op) == (rtnl_.RTN_LOCAL, rhost.local)
    assert rt.rt_flags & LOCAL
    assert (rt.rt_spec_dst, rt.rt_iif) == (ip("10.0.0.1"), eth0.ifindex)
    assert rhost.inp(eth0, "10.0.0.2", "10.0.0.1") is rt
    assert rhost.cache.stats[0].in_hit == 1
    assert rhost.inp(eth0, "10.0.0.2", "10.0.0.1", mark=5) is not rt


def test_to_others_only_as_a_router(rhost: RouteHost, eth0: Wire) -> None:
    two = rhost.eth("10.1.0.1/24")
    assert rhost.inp(eth0, "10.0.0.2", "10.1.0.2") == -errno.EHOSTUNREACH
    assert rhost.inp(eth0, "10.0.0.2", "99.0.0.2") == -errno.EHOSTUNREACH
    rhost.sysctl("ip_forward", 1)
    rt = rhost.inp(eth0, "10.0.0.2", "10.1.0.2")
    assert isinstance(rt, Rtable)
    assert (rt.dev, rt.input_op, rt.output_op) == (two, rhost.forward, rhost.unicast)


@pytest.mark.parametrize(
    ("saddr", "daddr", "error"),
    [
        ("224.0.0.1", "10.0.0.1", -errno.EINVAL),
        ("255.255.255.255", "10.0.0.1", -errno.EINVAL),
        ("127.0.0.1", "10.0.0.1", -errno.EINVAL),
        ("0.0.0.1", "10.0.0.1", -errno.EINVAL),
        ("10.0.0.2", "127.0.0.1", -errno.EINVAL),
        ("10.0.0.2", "0.0.0.1", -errno.EINVAL),
        ("10.0.0.1", "10.0.0.1", -errno.EINVAL),
        ("10.0.0.255", "10.0.0.1", -errno.EINVAL),
    ],
)
def test_martians(rhost: RouteHost, eth0: Wire, saddr: str, daddr: str, error: int) -> None:
    rhost.sysctl("conf.all.log_martians", 1)
    st = rhost.cache.stats[0]
    assert rhost.inp(eth0, saddr, daddr) == error
    assert st.in_martian_src + st.in_martian_dst == 1
    kind = "source" if st.in_martian_src else "destination"
    on = "on dev" if st.in_martian_src else "dev"
    want = f"martian {kind} {daddr} from {saddr}, {on} eth0"
    assert want in rhost.dmesg()
    assert rhost.cache.entries == 0


def test_broadcasts(rhost: RouteHost, eth0: Wire) -> None:
    for daddr in ("255.255.255.255", "10.0.0.255"):
        rt = rhost.inp(eth0, "10.0.0.2", daddr)
        assert isinstance(rt, Rtable)
        assert rt.rt_flags & (BRD | LOCAL) == BRD | LOCAL
        assert rt.rt_spec_dst == ip("10.0.0.1")
    asking = rhost.inp(eth0, "0.0.0.0", "255.255.255.255")  # DHCP
    assert isinstance(asking, Rtable)
    assert asking.rt_type == rtnl_.RTN_BROADCAST
    assert rhost.cache.stats[0].in_brd == 3


def test_multicast_input_only_where_joined(rhost: RouteHost, eth0: Wire) -> None:
    assert rhost.inp(eth0, "10.0.0.2", "224.1.2.3") == -errno.EINVAL
    assert eth0.ip_ptr is not None
    group = ip("224.1.2.3")
    eth0.ip_ptr.mc_list[group] = IpMcList(eth0.ip_ptr, group)
    rt = rhost.inp(eth0, "10.0.0.2", "224.1.2.3")
    assert isinstance(rt, Rtable)
    assert (rt.rt_type, rt.input_op) == (rtnl_.RTN_MULTICAST, rhost.local)
    assert rhost.cache.stats[0].in_slow_mc == 1
    for saddr in ("224.0.0.9", "255.255.255.255", "127.0.0.1", "0.0.0.0"):
        assert rhost.inp(eth0, saddr, "224.1.2.3") == -errno.EINVAL


def test_no_ipv4_on_the_device(rhost: RouteHost, eth0: Wire) -> None:
    eth0.ip_ptr = None
    assert rhost.inp(eth0, "10.0.0.2", "10.0.0.1") == -errno.EINVAL


def test_rp_filter_is_exdev(rhost: RouteHost, router: tuple[Wire, Wire]) -> None:
    one, _ = router
    rhost.sysctl("conf.all.rp_filter", 1)
    assert rhost.inp(one, "10.1.0.2", "10.0.0.1") == -errno.EXDEV
    assert isinstance(rhost.inp(one, "10.0.0.2", "10.0.0.1"), Rtable)


def test_blackhole_is_silent(rhost: RouteHost, router: tuple[Wire, Wire]) -> None:
    rhost.route("99.0.0.0/8", type=rtnl_.RTN_BLACKHOLE)
    skb = ip_packet("10.0.0.2", "99.0.0.9")
    assert ip_route_input_noref(skb, ip("99.0.0.9"), ip("10.0.0.2"), 0, router[0]) == 0
    assert skb.dst is not None
    skb.dst.input(skb)
    assert rhost.icmp.sent == []


def forwarded(h: RouteHost, dev: Wire, saddr: str, daddr: str) -> SkBuff:
    skb = h.own(ip_packet(saddr, daddr))
    skb.dev = dev
    assert ip_route_input_noref(skb, ip(daddr), ip(saddr), 0, dev) == 0
    return skb


def test_no_redirect_elsewhere(rhost: RouteHost, router: tuple[Wire, Wire]) -> None:
    one, _ = router
    skb = forwarded(rhost, one, "10.0.0.2", "10.1.0.2")
    assert isinstance(skb.dst, Rtable)
    assert not skb.dst.rt_flags & rtnl_.RTCF_DOREDIRECT
    rhost.sysctl("conf.all.send_redirects", 0)
    rhost.sysctl("conf.eth0.send_redirects", 0)
    rhost.route("20.0.0.0/8", gw="10.0.0.254")
    skb = forwarded(rhost, one, "10.0.0.2", "20.0.0.1")
    ip_rt_send_redirect(skb)
    assert rhost.icmp.sent == []
