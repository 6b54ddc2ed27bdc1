"""The cache's fast path, and routes as transports ask for them."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.route import (
    ip_route_connect,
    ip_route_input_noref,
    ip_route_output_flow,
    ip_route_output_ports,
    ip_rt_get_source,
    rt_tos2priority,
)
from softnet.structs.flow import Flowi4
from softnet.structs.net_namespace import Net
from softnet.structs.route import Rtable
from softnet.structs.skbuff import SkBuff
from tests.net.ipv4.route_kit import RouteHost, Wire, ip, ip_packet


@pytest.fixture
def eth0(rhost: RouteHost) -> Wire:
    return rhost.eth("10.0.0.1/24")


@pytest.fixture
def router(rhost: RouteHost) -> tuple[Wire, Wire]:
    one, two = rhost.eth("10.0.0.1/24"), rhost.eth("10.1.0.1/24")
    rhost.sysctl("ip_forward", 1)
    return one, two


def test_the_flow_is_filled_in(rhost: RouteHost, eth0: Wire) -> None:
    rhost.route("0.0.0.0/0", gw="10.0.0.254")
    for _ in range(2):  # slow, then cached
        fl4 = Flowi4()
        rt = ip_route_output_ports(rhost.net, fl4, None, ip("8.8.8.8"), 0, 53, 1234, 17, 0, 0)
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


def forwarded(h: RouteHost, dev: Wire, saddr: str, daddr: str) -> SkBuff:
    skb = h.own(ip_packet(saddr, daddr))
    skb.dev = dev
    assert ip_route_input_noref(skb, ip(daddr), ip(saddr), 0, dev) == 0
    return skb


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
