"""Routes of packets made here."""

from __future__ import annotations

import errno

import pytest

import softnet.arch.const as const
import softnet.uapi.rtnetlink as rtnl_
from softnet.net.core.dev.config import dev_close
from softnet.net.ipv4.route import (
    ip_route_output_flow,
)
from softnet.structs.flow import Flowi4
from softnet.structs.igmp import IpMcList
from tests.net.ipv4.route_kit import RouteHost, Wire, ip, ip_packet, rtnl

BRD = rtnl_.RTCF_BROADCAST


MULTI = rtnl_.RTCF_MULTICAST


LOCAL = rtnl_.RTCF_LOCAL


@pytest.fixture
def eth0(rhost: RouteHost) -> Wire:
    return rhost.eth("10.0.0.1/24")


def test_a_host_on_the_link(rhost: RouteHost, eth0: Wire) -> None:
    rt = rhost.rt("10.0.0.2")
    assert (rt.dev, rt.rt_gateway, rt.rt_src) == (eth0, ip("10.0.0.2"), ip("10.0.0.1"))
    assert (rt.rt_type, rt.rt_flags, rt.rt_iif) == (rtnl_.RTN_UNICAST, 0, eth0.ifindex)
    assert rt.output_op is rhost.unicast
    assert (rt.mtu(), rt.advmss()) == (1500, 1460)
    skb = ip_packet("10.0.0.1", "10.0.0.2")
    assert rt.output(skb) == 0
    assert rhost.unicast.got == [skb]


def test_a_host_behind_a_gateway(rhost: RouteHost, eth0: Wire) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    rt = rhost.rt("8.8.8.8")
    assert (rt.dev, rt.rt_gateway, rt.rt_dst) == (eth0, ip("10.0.0.254"), ip("8.8.8.8"))
    assert rt.neighbour is rhost.rt("9.9.9.9").neighbour


def test_ourselves_by_loopback(rhost: RouteHost, eth0: Wire) -> None:
    rt = rhost.rt("10.0.0.1")
    assert rt.dev is rhost.net.loopback_dev
    assert (rt.rt_type, rt.rt_src) == (rtnl_.RTN_LOCAL, ip("10.0.0.1"))
    assert rt.rt_flags & LOCAL
    assert rt.input_op is rhost.local
    assert rt.mtu() == 16436
    any_ = rhost.rt("0.0.0.0")
    assert (any_.rt_dst, any_.rt_src) == (ip("127.0.0.1"), ip("127.0.0.1"))


def test_broadcast_is_delivered_here_too(rhost: RouteHost, eth0: Wire) -> None:
    rt = rhost.rt("10.0.0.255")
    assert rt.rt_flags & (BRD | LOCAL) == BRD | LOCAL
    assert (rt.output_op, rt.input_op) == (rhost.mc, rhost.local)
    assert rt.rt_spec_dst == ip("10.0.0.1")
    limited = rhost.rt("255.255.255.255", oif=eth0)
    assert (limited.rt_type, limited.rt_src) == (rtnl_.RTN_BROADCAST, ip("10.0.0.1"))
    assert rhost.out("255.255.255.255") == -errno.ENETUNREACH


def test_multicast(rhost: RouteHost, eth0: Wire) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    rt = rhost.rt("224.1.2.3")
    assert (rt.rt_type, rt.rt_gateway) == (rtnl_.RTN_MULTICAST, ip("224.1.2.3"))  # no gateway
    assert rt.rt_flags & (MULTI | LOCAL) == MULTI
    assert rt.output_op is rhost.unicast
    assert eth0.ip_ptr is not None
    eth0.ip_ptr.mc_list[ip("224.1.2.4")] = IpMcList(eth0.ip_ptr, ip("224.1.2.4"))
    joined = rhost.rt("224.1.2.4")
    assert joined.rt_flags & (MULTI | LOCAL) == MULTI | LOCAL
    assert joined.output_op is rhost.mc
    two = rhost.eth("10.1.0.1/24")
    assert rhost.rt("224.0.0.5", oif=two).rt_src == ip("10.1.0.1")
    assert rhost.rt("224.1.2.3", saddr="10.1.0.1").dev is two  # bound to an address


def test_the_given_source_must_be_ours(rhost: RouteHost, eth0: Wire) -> None:
    rhost.eth("10.1.0.1/24")
    assert rhost.rt("10.0.0.2", saddr="10.1.0.1").rt_src == ip("10.1.0.1")
    for bad in ("10.0.0.9", "224.0.0.1", "255.255.255.255", "0.0.0.5"):
        assert rhost.out("10.0.0.2", saddr=bad) == -errno.EINVAL
    fl4 = Flowi4(ip("10.0.0.2"), ip("99.0.0.9"))
    fl4.flowi4_flags = const.FLOWI_FLAG_ANYSRC
    assert ip_route_output_flow(rhost.net, fl4, None) is not None
    assert rhost.out("10.0.0.2", saddr="127.0.0.1") == -errno.EINVAL  # not off this host


def test_the_given_device(rhost: RouteHost, eth0: Wire) -> None:
    two = rhost.eth("10.1.0.1/24")
    rt = rhost.rt("99.0.0.9", oif=two)  # no route, but the user knows
    assert (rt.dev, rt.rt_gateway, rt.rt_src) == (two, ip("99.0.0.9"), ip("10.1.0.1"))
    fl4 = Flowi4(ip("99.0.0.9"), oif=99)
    assert ip_route_output_flow(rhost.net, fl4, None) is None
    assert fl4.error == -errno.ENODEV
    with rtnl(rhost.net):
        dev_close(two)
    assert rhost.out("99.0.0.9", oif=two) == -errno.ENETUNREACH


def test_no_way(rhost: RouteHost, eth0: Wire) -> None:
    assert rhost.out("99.0.0.9") == -errno.ENETUNREACH
    rhost.route("99.0.0.0/8", type=rtnl_.RTN_PROHIBIT)
    assert rhost.out("99.0.0.9") == -errno.ENETUNREACH  # whatever kind of no it is, in 3.2
    assert rhost.out("0.0.0.7") == -errno.ENETUNREACH


def test_onlink_tos_skips_gateways(rhost: RouteHost, eth0: Wire) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    assert rhost.out("8.8.8.8", tos=const.RTO_ONLINK) == -errno.ENETUNREACH
    assert rhost.rt("10.0.0.2", tos=const.RTO_ONLINK).rt_gateway == ip("10.0.0.2")
