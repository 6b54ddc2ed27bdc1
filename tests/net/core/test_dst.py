"""What every layer may do with a destination."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

import softnet.arch.const as const
import softnet.uapi.rtnetlink as rtnl_
from softnet.kernel.timer import jiffies
from softnet.net.core.dst import (
    DstDiscardInput,
    DstDiscardOutput,
    dst_confirm,
    dst_discard,
    dst_feature,
    dst_free,
    dst_hold,
    dst_input,
    dst_link_failure,
    dst_metric_locked,
    dst_negative_advice,
    dst_neigh_output,
    dst_output,
    dst_release,
    dst_set_expires,
    dst_update_pmtu,
    dst_use,
)
from softnet.structs.dst import DstEntry, dst_check
from softnet.structs.neighbour import Neighbour
from softnet.structs.sock import Proto, Sock
from tests.net.ipv4.route_kit import RouteHost, ip_packet


@pytest.fixture
def h() -> Iterator[RouteHost]:
    with RouteHost() as host:
        host.eth("10.0.0.1/24")
        yield host


def test_input_and_output_go_where_the_route_says(h: RouteHost) -> None:
    skb = ip_packet("10.0.0.1", "10.0.0.1")
    skb.dst = h.rt("10.0.0.1")
    assert dst_input(skb) == 0
    assert h.local.got == [skb]
    other = ip_packet("10.0.0.1", "10.0.0.2")
    other.dst = h.rt("10.0.0.2")
    assert dst_output(other) == 0
    assert h.unicast.got == [other]


def test_the_discarding_ends_consume(h: RouteHost) -> None:
    assert dst_discard(ip_packet("10.0.0.1", "10.0.0.2")) == 0
    assert DstDiscardInput().input(ip_packet("10.0.0.1", "10.0.0.2")) == 0
    assert DstDiscardOutput().output(ip_packet("10.0.0.1", "10.0.0.2")) == 0


def test_without_a_next_hop_there_is_no_sending(h: RouteHost) -> None:
    lost = DstEntry(h.cache.ops, None)
    assert dst_neigh_output(lost, ip_packet("10.0.0.1", "10.0.0.2")) == -errno.EINVAL


def test_confirming_a_next_hop(h: RouteHost) -> None:
    rt = h.rt("10.0.0.2")
    n = rt.neighbour
    assert isinstance(n, Neighbour)
    h.run(ms=1234)
    dst_confirm(rt)
    assert n.confirmed == jiffies()
    dst_confirm(None)
    dst_confirm(DstEntry(h.cache.ops, None))


def test_holding(h: RouteHost) -> None:
    rt = h.rt("10.0.0.2")
    assert dst_hold(rt) is rt
    assert rt.refcnt == 1
    dst_release(rt)
    dst_release(rt)
    assert rt.refcnt == 0
    dst_release(None)
    uses = rt.use
    h.run(ms=10)
    assert dst_use(rt) is rt
    assert (rt.use, rt.lastuse) == (uses + 1, jiffies())


def test_a_freed_one_is_found_stale(h: RouteHost) -> None:
    rt = h.rt("10.0.0.2")
    assert dst_check(rt, 0) is rt
    dst_free(rt)
    assert rt.obsolete == const.DST_OBSOLETE_DEAD
    assert dst_check(rt, 0) is None


def test_locked_metrics_and_features(h: RouteHost) -> None:
    lock = 1 << rtnl_.RTAX_MTU
    mx = {rtnl_.RTAX_LOCK: lock, rtnl_.RTAX_FEATURES: rtnl_.RTAX_FEATURE_ECN}
    h.route("20.0.0.0/8", gw="10.0.0.254", mx=mx)
    rt = h.rt("20.0.0.1")
    assert dst_metric_locked(rt, rtnl_.RTAX_MTU)
    assert not dst_metric_locked(rt, rtnl_.RTAX_RTT)
    assert dst_feature(rt, rtnl_.RTAX_FEATURE_ECN)
    assert not dst_feature(rt, rtnl_.RTAX_FEATURE_SACK)


def test_the_sooner_expiry_stands(h: RouteHost) -> None:
    rt = h.rt("10.0.0.2")
    now = jiffies()
    for timeout, expires in ((500, 500), (900, 500), (100, 100)):
        dst_set_expires(rt, timeout)
        assert rt.expires == now + expires


def test_news_go_to_the_protocol(h: RouteHost) -> None:
    rt = h.rt("10.0.0.2")
    dst_update_pmtu(rt, 1000)
    assert rt.mtu() == 1000
    skb = h.own(ip_packet("10.0.0.1", "10.0.0.2"))
    dst_link_failure(skb)
    assert h.icmp.sent == []  # it has no route
    skb.dst = rt
    dst_link_failure(skb)
    assert h.icmp.sent == [(3, 1, 0)]


def test_a_socket_gives_up_a_doubtful_route(h: RouteHost) -> None:
    sk = Sock(Proto("none"), h.net, 2)
    dst_negative_advice(sk)
    rt = h.rt("10.0.0.2")
    sk.sk_dst_cache = dst_hold(rt)
    dst_negative_advice(sk)
    assert sk.sk_dst_cache is rt
    rt.rt_flags |= rtnl_.RTCF_REDIRECTED
    dst_negative_advice(sk)
    assert sk.sk_dst_cache is None
    assert rt.refcnt == 0
