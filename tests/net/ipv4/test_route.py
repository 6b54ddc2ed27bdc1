"""Which way packets go: input and output, what is refused, what is learned."""

from __future__ import annotations

import errno

import pytest

import softnet.arch.const as const
import softnet.uapi.neighbour as nud
import softnet.uapi.rtnetlink as rtnl_
import softnet.uapi.snmp as snmp
from softnet.net.core.dev.config import dev_close
from softnet.net.core.dst import dst_link_failure, dst_release
from softnet.net.core.neighbour import neigh_add
from softnet.net.ipv4.route import (
    ip_route_connect,
    ip_route_input_noref,
    ip_route_output_flow,
    ip_route_output_ports,
    ip_rt_frag_needed,
    ip_rt_get_source,
    ip_rt_redirect,
    ip_rt_send_redirect,
    ip_rt_update_pmtu,
    rt_tos2priority,
)
from softnet.net.ipv4.route_proc import (
    ProcRtCache,
    ProcStatRtCache,
    rt_acct_add,
    rt_acct_read,
)
from softnet.structs.dst import dst_check
from softnet.structs.flow import Flowi4
from softnet.structs.headers import ip_hdr
from softnet.structs.igmp import IpMcList
from softnet.structs.net_namespace import Net
from softnet.structs.route import Rtable
from softnet.structs.skbuff import SkBuff
from tests.net.ipv4.route_kit import MAC_B, RouteHost, Wire, ip, ip_packet, rtnl

BRD = rtnl_.RTCF_BROADCAST
MULTI = rtnl_.RTCF_MULTICAST
LOCAL = rtnl_.RTCF_LOCAL


@pytest.fixture
def eth0(rhost: RouteHost) -> Wire:
    return rhost.eth("10.0.0.1/24")


@pytest.fixture
def router(rhost: RouteHost) -> tuple[Wire, Wire]:
    one, two = rhost.eth("10.0.0.1/24"), rhost.eth("10.1.0.1/24")
    rhost.sysctl("ip_forward", 1)
    return one, two


# ---- output


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


def test_the_flow_is_filled_in(rhost: RouteHost, eth0: Wire) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    for _ in range(2):  # slow, then cached
        fl4 = Flowi4()
        rt = ip_route_output_ports(
            rhost.net, fl4, None, ip("8.8.8.8"), 0, 53, 1234, 17, 0, 0
        )
        assert rt is not None
        assert (fl4.saddr, fl4.daddr) == (ip("10.0.0.1"), ip("8.8.8.8"))
    fl4 = Flowi4()
    rt = ip_route_output_flow(rhost.net, fl4, None)
    assert (fl4.saddr, fl4.daddr) == (ip("127.0.0.1"), ip("127.0.0.1"))


def test_connect_asks_for_both_addresses(rhost: RouteHost, eth0: Wire) -> None:
    fl4 = Flowi4()
    rt = ip_route_connect(rhost.net, fl4, ip("10.0.0.2"), 0, 0, 0, 6, 0, 80, None)  # type: ignore[arg-type]
    assert rt is not None
    assert (rt.rt_key_src, fl4.saddr) == (ip("10.0.0.1"), ip("10.0.0.1"))


def test_onlink_tos_skips_gateways(rhost: RouteHost, eth0: Wire) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    assert rhost.out("8.8.8.8", tos=const.RTO_ONLINK) == -errno.ENETUNREACH
    assert rhost.rt("10.0.0.2", tos=const.RTO_ONLINK).rt_gateway == ip("10.0.0.2")


def test_the_same_question_hits_another_does_not(rhost: RouteHost, eth0: Wire) -> None:
    first = rhost.rt("10.0.0.2")
    st = rhost.cache.stats[0]
    assert (st.out_hit, st.out_slow_tot) == (0, 1)
    assert rhost.rt("10.0.0.2") is first
    assert rhost.rt("10.0.0.2", tos=0x02) is first  # ECN bits do not route
    assert st.out_hit == 2
    others = [
        rhost.rt("10.0.0.3"),
        rhost.rt("10.0.0.2", saddr="10.0.0.1"),
        rhost.rt("10.0.0.2", oif=eth0),
        rhost.rt("10.0.0.2", tos=0x10),
    ]
    assert first not in others
    assert len(set(map(id, others))) == 4
    assert rhost.cache.entries == 5


# ---- input


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
def test_martians(
    rhost: RouteHost, eth0: Wire, saddr: str, daddr: str, error: int
) -> None:
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


@pytest.mark.parametrize(
    ("kind", "code"), [(rtnl_.RTN_PROHIBIT, 13), (rtnl_.RTN_UNREACHABLE, 1)]
)
def test_kinds_of_no(
    rhost: RouteHost, router: tuple[Wire, Wire], kind: int, code: int
) -> None:
    rhost.route("99.0.0.0/8", type=kind)
    skb = ip_packet("10.0.0.2", "99.0.0.9")
    assert ip_route_input_noref(skb, ip("99.0.0.9"), ip("10.0.0.2"), 0, router[0]) == 0
    assert skb.dst is not None
    skb.dst.input(skb)
    assert rhost.icmp.sent == [(3, code, 0)]


def test_blackhole_is_silent(rhost: RouteHost, router: tuple[Wire, Wire]) -> None:
    rhost.route("99.0.0.0/8", type=rtnl_.RTN_BLACKHOLE)
    skb = ip_packet("10.0.0.2", "99.0.0.9")
    assert ip_route_input_noref(skb, ip("99.0.0.9"), ip("10.0.0.2"), 0, router[0]) == 0
    assert skb.dst is not None
    skb.dst.input(skb)
    assert rhost.icmp.sent == []


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


# ---- redirects


def forwarded(h: RouteHost, dev: Wire, saddr: str, daddr: str) -> SkBuff:
    skb = h.own(ip_packet(saddr, daddr))
    skb.dev = dev
    assert ip_route_input_noref(skb, ip(daddr), ip(saddr), 0, dev) == 0
    return skb


def test_redirects_double_their_pause_and_end(
    rhost: RouteHost, router: tuple[Wire, Wire]
) -> None:
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
def test_redirects_that_are_ignored(
    rhost: RouteHost, eth0: Wire, new_gw: str, old_gw: str
) -> None:
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


# ---- PMTU


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
def test_frag_needed(
    rhost: RouteHost, eth0: Wire, told: int, length: int, learned: int
) -> None:
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


def test_link_failure_tells_the_sender_and_forgets_the_pmtu(
    rhost: RouteHost, eth0: Wire
) -> None:
    rt = rhost.rt("10.0.0.2")
    ip_rt_update_pmtu(rt, 1400)
    skb = rhost.own(ip_packet("10.0.0.1", "10.0.0.2"))
    skb.dst = rt
    dst_link_failure(skb)
    assert rhost.icmp.sent == [(3, 1, 0)]
    assert rt.mtu() == 1500
    dst_release(None)


# ---- the rest


def test_options_get_our_address_on_the_way_out(
    rhost: RouteHost, router: tuple[Wire, Wire]
) -> None:
    one, _ = router
    skb = forwarded(rhost, one, "10.0.0.2", "10.1.0.2")
    assert isinstance(skb.dst, Rtable)
    assert ip_rt_get_source(skb, skb.dst) == ip("10.1.0.1")
    out = rhost.rt("10.0.0.9")
    assert ip_rt_get_source(skb, out) == ip("10.0.0.2")


def test_tos_to_priority() -> None:
    table = [rt_tos2priority(tos) for tos in range(0, 32, 2)]
    assert table == [0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4]
    assert rt_tos2priority(0xFF) == 4


def test_routes_of_namespaces_are_apart(rhost: RouteHost, eth0: Wire) -> None:
    other: Net = rhost.new_net()
    rhost.net_init(other)
    assert ip_route_output_flow(other, Flowi4(ip("10.0.0.2")), None) is None
    fl4 = Flowi4(ip("127.0.0.1"))
    rt = ip_route_output_flow(other, fl4, None)
    assert rt is not None
    assert rt.dev is other.loopback_dev


def test_realms_are_accounted(rhost: RouteHost, eth0: Wire) -> None:
    rhost.route("20.0.0.0/8", gw="10.0.0.254", flow=7)
    rt = rhost.rt("20.0.0.1")
    assert rt.tclassid & 0xFFFF == 7
    rt_acct_add(rhost.net, rt.tclassid, 100)
    rt_acct_add(rhost.net, rt.tclassid, 50)
    blob = rt_acct_read(rhost.net)
    assert len(blob) == 4096
    assert blob[7 * 16 : 8 * 16] == bytes([150, 0, 0, 0, 2, 0, 0, 0]) + bytes(8)
    assert blob[:16] == bytes(8) + bytes([150, 0, 0, 0, 2, 0, 0, 0])


def test_proc_rt_cache_is_in_linux_bytes(rhost: RouteHost, eth0: Wire) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    rhost.rt("8.8.8.8")
    rhost.inp(eth0, "10.0.0.2", "10.0.0.1")
    head, *rows = ProcRtCache("net/rt_cache").show(rhost.net).splitlines()
    assert head == (
        "Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT"
        "\tTOS\tHHRef\tHHUptod\tSpecDst"
    ).ljust(127)
    assert sorted(r.rstrip() for r in rows) == [
        "eth0\t08080808\tFE00000A\t       0\t0\t1\t0\t0100000A\t1500\t0\t0\t00\t-1\t0\t0100000A",
        "lo\t0100000A\t0100000A\t84000000\t0\t1\t0\t0200000A\t16436\t0\t0\t00\t-1\t0\t0100000A",
    ]
    stat = ProcStatRtCache("net/stat/rt_cache").show(rhost.net).splitlines()
    assert stat[0].startswith("entries  in_hit in_slow_tot in_slow_mc in_no_route in_brd ")
    assert stat[1].startswith("00000002  00000000 00000001 ")
    assert len(stat[1].split()) == len(stat[0].split()) == 17
