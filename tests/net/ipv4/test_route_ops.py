"""What a route learns and answers: PMTU, redirects, errors."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.neighbour as nud
import softnet.uapi.rtnetlink as rtnl_
import softnet.uapi.snmp as snmp
from softnet.net.core.dst import dst_link_failure, dst_release
from softnet.net.core.neighbour import neigh_add
from softnet.net.ipv4.route import (
    ip_route_input_noref,
    ip_rt_frag_needed,
    ip_rt_redirect,
    ip_rt_send_redirect,
    ip_rt_update_pmtu,
)
from softnet.structs.dst import dst_check
from softnet.structs.headers import ip_hdr
from softnet.structs.route import Rtable
from softnet.structs.skbuff import SkBuff
from tests.net.ipv4.route_kit import MAC_B, RouteHost, Wire, ip, ip_packet, rtnl


@pytest.fixture
def eth0(rhost: RouteHost) -> Wire:
    return rhost.eth("10.0.0.1/24")


@pytest.fixture
def router(rhost: RouteHost) -> tuple[Wire, Wire]:
    one, two = rhost.eth("10.0.0.1/24"), rhost.eth("10.1.0.1/24")
    rhost.sysctl("ip_forward", 1)
    return one, two


def test_no_route_is_an_icmp_error_with_a_bucket(
    rhost: RouteHost, router: tuple[Wire, Wire]
) -> None:
    one, _ = router

    def knock() -> None:
        skb = ip_packet("10.0.0.2", "99.0.0.9")
        skb.dev = one
        assert ip_route_input_noref(skb, ip("99.0.0.9"), ip("10.0.0.2"), 0, one) == 0
        assert skb.dst is not None
        assert skb.dst.error == -errno.ENETUNREACH
        skb.dst.input(skb)

    for _ in range(10):
        knock()
    assert rhost.icmp.sent == [(3, 0, 0)] * 5
    assert rhost.net.mib.ip.get(snmp.IPSTATS_MIB_INNOROUTES) == 10
    rhost.run(ms=2100)
    for _ in range(5):
        knock()
    assert len(rhost.icmp.sent) == 7
    assert rhost.cache.stats[0].in_no_route == 1


@pytest.mark.parametrize(("kind", "code"), [(rtnl_.RTN_PROHIBIT, 13), (rtnl_.RTN_UNREACHABLE, 1)])
def test_kinds_of_no(rhost: RouteHost, router: tuple[Wire, Wire], kind: int, code: int) -> None:
    rhost.route("99.0.0.0/8", type=kind)
    skb = ip_packet("10.0.0.2", "99.0.0.9")
    assert ip_route_input_noref(skb, ip("99.0.0.9"), ip("10.0.0.2"), 0, router[0]) == 0
    assert skb.dst is not None
    skb.dst.input(skb)
    assert rhost.icmp.sent == [(3, code, 0)]


def test_forwarded_packets_ignore_the_mtu_metric(
    rhost: RouteHost, router: tuple[Wire, Wire]
) -> None:
    rhost.route("20.0.0.0/8", gw="10.1.0.254", mx={rtnl_.RTAX_MTU: 1000})
    assert rhost.rt("20.0.0.1").mtu() == 1000
    rt = rhost.inp(router[0], "10.0.0.2", "20.0.0.1")
    assert isinstance(rt, Rtable)
    assert rt.mtu() == 1500


def test_a_locked_mtu_through_a_gateway(rhost: RouteHost, eth0: Wire) -> None:
    lock = 1 << rtnl_.RTAX_MTU
    rhost.route("20.0.0.0/8", gw="10.0.0.254", mx={rtnl_.RTAX_LOCK: lock})
    assert rhost.rt("20.0.0.1").mtu() == 576


def forwarded(h: RouteHost, dev: Wire, saddr: str, daddr: str) -> SkBuff:
    skb = h.own(ip_packet(saddr, daddr))
    skb.dev = dev
    assert ip_route_input_noref(skb, ip(daddr), ip(saddr), 0, dev) == 0
    return skb


def test_redirects_double_their_pause_and_end(rhost: RouteHost, router: tuple[Wire, Wire]) -> None:
    one, _ = router
    rhost.route("20.0.0.0/8", gw="10.0.0.254")
    skb = forwarded(rhost, one, "10.0.0.2", "20.0.0.1")
    rt = skb.dst
    assert isinstance(rt, Rtable)
    assert rt.rt_flags & rtnl_.RTCF_DOREDIRECT
    ip_rt_send_redirect(skb)
    assert rhost.icmp.sent == [(5, 1, ip("10.0.0.254"))]
    ip_rt_send_redirect(skb)
    assert len(rhost.icmp.sent) == 1
    for n in range(1, 9):
        rhost.run(ms=20 << n)
        ip_rt_send_redirect(skb)
        assert len(rhost.icmp.sent) == n
        rhost.run(ms=1)
        ip_rt_send_redirect(skb)
        assert len(rhost.icmp.sent) == n + 1
    rhost.run(ms=15_000)
    ip_rt_send_redirect(skb)
    assert len(rhost.icmp.sent) == 9  # it does not listen
    rhost.run(ms=20_500)
    ip_rt_send_redirect(skb)
    assert len(rhost.icmp.sent) == 10


def redirect(dev: Wire, new_gw: str, old_gw: str = "10.0.0.254", daddr: str = "20.0.0.1") -> None:
    ip_rt_redirect(ip(old_gw), ip(daddr), ip(new_gw), ip("10.0.0.1"), dev)


def test_a_redirect_is_followed(rhost: RouteHost, eth0: Wire) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    with rtnl(rhost.net):
        neigh_add(rhost.arp, ip("10.0.0.253"), eth0, MAC_B, nud.NUD_REACHABLE)
    rt = rhost.rt("20.0.0.1")
    other = rhost.rt("20.0.0.2")
    redirect(eth0, "10.0.0.253")
    assert (rt.rt_gateway, other.rt_gateway) == (ip("10.0.0.253"), ip("10.0.0.254"))
    assert rt.rt_flags & rtnl_.RTCF_REDIRECTED
    n = rt.neighbour
    assert n is not None
    assert n.primary_key == ip("10.0.0.253")
    # The peer remembers, for other questions about the same destination.
    assert rhost.rt("20.0.0.1", tos=0x10).rt_gateway == ip("10.0.0.253")
    # No answers come: doubt it.
    assert rt.ops.negative_advice(rt) is None
    assert dst_check(rt, 0) is None


def test_a_flush_forgets_redirects(rhost: RouteHost, eth0: Wire) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    rhost.rt("20.0.0.1")
    redirect(eth0, "10.0.0.253")
    rhost.sysctl("route.flush", -1)
    assert rhost.rt("20.0.0.1").rt_gateway == ip("10.0.0.254")


@pytest.mark.parametrize(
    ("new_gw", "old_gw"),
    [
        ("10.0.0.254", "10.0.0.254"),
        ("224.0.0.1", "10.0.0.254"),
        ("255.255.255.255", "10.0.0.254"),
        ("0.0.0.1", "10.0.0.254"),
        ("10.0.0.1", "10.0.0.254"),
        ("10.0.0.253", "10.0.0.252"),
    ],
)
def test_redirects_that_are_ignored(rhost: RouteHost, eth0: Wire, new_gw: str, old_gw: str) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    rt = rhost.rt("20.0.0.1")
    redirect(eth0, new_gw, old_gw)
    assert rt.rt_gateway == ip("10.0.0.254")


def test_secure_redirects_without_shared_media(rhost: RouteHost, eth0: Wire) -> None:
    for where in ("all", "eth0"):
        rhost.sysctl(f"conf.{where}.shared_media", 0)
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    rt = rhost.rt("20.0.0.1")
    redirect(eth0, "10.0.0.253")  # no route names it
    assert rt.rt_gateway == ip("10.0.0.254")
    redirect(eth0, "10.9.0.253")  # nor is it here
    assert rt.rt_gateway == ip("10.0.0.254")
    rhost.route("30.0.0.0/8", gw="10.0.0.253")
    rt = rhost.rt("20.0.0.1")
    redirect(eth0, "10.0.0.253")
    assert rt.rt_gateway == ip("10.0.0.253")


def test_accept_redirects_off(rhost: RouteHost, eth0: Wire) -> None:
    for where in ("all", "eth0"):
        rhost.sysctl(f"conf.{where}.accept_redirects", 0)
    rhost.sysctl("conf.all.log_martians", 1)
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    rt = rhost.rt("20.0.0.1")
    redirect(eth0, "10.0.0.253")
    assert rt.rt_gateway == ip("10.0.0.254")
    assert "Redirect from 10.0.0.254 on eth0 about 10.0.0.253 ignored" in rhost.dmesg()


def test_pmtu_is_learned_by_every_route_to_the_peer(rhost: RouteHost, eth0: Wire) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    rt, twin = rhost.rt("20.0.0.1"), rhost.rt("20.0.0.1", tos=0x10)
    stranger = rhost.rt("20.0.0.2")
    ip_rt_update_pmtu(rt, 1400)
    assert rt.mtu() == 1400
    assert dst_check(twin, 0) is twin
    assert (twin.mtu(), stranger.mtu()) == (1400, 1500)
    ip_rt_update_pmtu(rt, 1450)  # no larger one
    assert rt.mtu() == 1400
    ip_rt_update_pmtu(rt, 100)
    assert rt.mtu() == 552


def test_pmtu_expires(rhost: RouteHost, eth0: Wire) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    rt = rhost.rt("20.0.0.1")
    ip_rt_update_pmtu(rt, 1400)
    for _ in range(6):
        rhost.run(ms=99_800)
        assert dst_check(rt, 0) is rt
        assert rt.mtu() == 1400
    rhost.run(ms=2_000)
    assert rt.ops.negative_advice(rt) is rt
    assert rt.mtu() == 1500


def test_pmtu_of_one_route_does_not_write_into_the_fib(rhost: RouteHost, eth0: Wire) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254", mx={rtnl_.RTAX_WINDOW: 99})
    a, b = rhost.rt("20.0.0.1"), rhost.rt("20.0.0.2")
    ip_rt_update_pmtu(a, 1400)
    assert (b.mtu(), b.metric(rtnl_.RTAX_WINDOW)) == (1500, 99)
    assert a.metric(rtnl_.RTAX_WINDOW) == 99
    assert rhost.rt("20.0.0.3").mtu() == 1500


@pytest.mark.parametrize(
    ("told", "length", "learned"),
    [(1400, 1500, 1400), (0, 1500, 1006), (1500, 1500, 1492), (60, 1006, 576), (300, 1500, 552)],
)
def test_frag_needed(rhost: RouteHost, eth0: Wire, told: int, length: int, learned: int) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    rt = rhost.rt("20.0.0.1")
    skb = rhost.own(ip_packet("10.0.0.1", "20.0.0.1", bytes(length - 20)))
    assert ip_rt_frag_needed(rhost.net, ip_hdr(skb), told, eth0) == learned
    assert dst_check(rt, 0) is rt
    assert rt.mtu() == learned


def test_a_router_that_tells_nothing_is_taken_to_count_the_header_twice(
    rhost: RouteHost, eth0: Wire
) -> None:
    skb = rhost.own(ip_packet("10.0.0.1", "20.0.0.1", bytes(1006)))
    assert ip_rt_frag_needed(rhost.net, ip_hdr(skb), 0, eth0) == 576


def test_link_failure_tells_the_sender_and_forgets_the_pmtu(rhost: RouteHost, eth0: Wire) -> None:
    rt = rhost.rt("10.0.0.2")
    ip_rt_update_pmtu(rt, 1400)
    skb = rhost.own(ip_packet("10.0.0.1", "10.0.0.2"))
    skb.dst = rt
    dst_link_failure(skb)
    assert rhost.icmp.sent == [(3, 1, 0)]
    assert rt.mtu() == 1500
    dst_release(None)
