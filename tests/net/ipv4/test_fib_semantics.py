"""What makes a route sound, and what becomes of routes when devices and addresses go."""

from __future__ import annotations

import errno
from collections import Counter

import pytest

import softnet.uapi.neighbour as nud
import softnet.uapi.rtnetlink as rtnl_
from softnet.net.core.dev.config import dev_close, dev_open
from softnet.net.core.neighbour import neigh_add
from softnet.net.ipv4.devinet import inet_del_addr
from softnet.net.ipv4.fib_lookup import fib_lookup, fib_of
from softnet.net.ipv4.fib_semantics import fib_select_multipath
from softnet.net.ipv4.fib_trie import FibTrie, fib_table_dump
from softnet.structs.fib import FibNh, FibResult
from softnet.structs.flow import Flowi4
from tests.net.ipv4.route_kit import MAC_B, RouteHost, Wire, ip, rtnl


def main_routes(h: RouteHost) -> list[tuple[int, int]]:
    tb = fib_of(h.net).main
    assert isinstance(tb, FibTrie)
    return [(k, p) for k, p, _ in fib_table_dump(tb)]


def refused(h: RouteHost, dst: str, **kw: object) -> int:
    try:
        h.route(dst, **kw)
    except OSError as e:
        return e.errno or 0
    return 0


def lookup(h: RouteHost, addr: str, oif: Wire | None = None) -> FibResult:
    res = FibResult()
    fl4 = Flowi4(ip(addr), oif=0 if oif is None else oif.ifindex)
    assert fib_lookup(h.net, fl4, res) == 0
    return res


def test_a_gateway_must_be_on_a_link(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    assert refused(rhost, "20.0.0.0/8", gw="11.0.0.1") == errno.ESRCH
    rhost.route("20.0.0.0/8", gw="10.0.0.254")
    # Reached by a gateway itself: not nearer than the route that wants it.
    assert refused(rhost, "30.0.0.0/8", gw="20.0.0.1") == errno.ESRCH
    assert refused(rhost, "30.0.0.0/8", gw="10.0.0.255") == errno.EINVAL
    rhost.route("30.0.0.0/8", gw="10.0.0.1")  # one of our own: strange, but Linux lets it be
    nh = lookup(rhost, "20.1.1.1").nh()
    assert (nh.nh_dev, nh.nh_oif, nh.nh_scope) == (dev, dev.ifindex, rtnl_.RT_SCOPE_LINK)


def test_onlink_believes_the_administrator(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    onlink = rtnl_.RTNH_F_ONLINK
    rhost.route("20.0.0.0/8", gw="99.0.0.1", oif=dev, flags=onlink)
    assert rhost.rt("20.1.1.1").rt_gateway == ip("99.0.0.1")
    assert refused(rhost, "21.0.0.0/8", gw="10.0.0.1", oif=dev, flags=onlink) == errno.EINVAL
    assert refused(rhost, "21.0.0.0/8", gw="99.0.0.1", oif=77, flags=onlink) == errno.ENODEV
    with rtnl(rhost.net):
        dev_close(dev)
    assert refused(rhost, "21.0.0.0/8", gw="99.0.0.1", oif=dev, flags=onlink) == errno.ENETDOWN


def test_direct_routes_need_a_device_that_is_up(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    assert refused(rhost, "20.0.0.0/8", oif=99) == errno.ENODEV
    with rtnl(rhost.net):
        dev_close(dev)
    assert refused(rhost, "20.0.0.0/8", oif=dev) == errno.ENETDOWN


@pytest.mark.parametrize(
    "kw",
    [
        {"type": rtnl_.RTN_BLACKHOLE, "oif": 1},
        {"type": rtnl_.RTN_UNREACHABLE, "gw": "10.0.0.9"},
        {"type": rtnl_.RTN_MAX + 1},
        {"type": rtnl_.RTN_LOCAL, "scope": rtnl_.RT_SCOPE_UNIVERSE, "oif": 1},
        {"type": rtnl_.RTN_NAT, "oif": 1},
        {"scope": rtnl_.RT_SCOPE_NOWHERE, "oif": 1},
        {"scope": rtnl_.RT_SCOPE_HOST, "gw": "10.0.0.9"},
        {"prefsrc": "10.0.0.77", "oif": 1},
        {"mx": {99: 1}, "oif": 1},
        {"mp": []},
    ],
)
def test_what_makes_no_sense_is_einval(rhost: RouteHost, kw: dict[str, object]) -> None:
    rhost.eth("10.0.0.1/24")
    assert refused(rhost, "20.0.0.0/8", **kw) == errno.EINVAL


def test_routes_that_say_the_same_share(rhost: RouteHost) -> None:
    rhost.eth("10.0.0.1/24")
    before = len(fib_of(rhost.net).info_hash)
    rhost.route("20.0.0.0/8", gw="10.0.0.254")
    rhost.route("30.0.0.0/8", gw="10.0.0.254")
    rhost.route("40.0.0.0/8", gw="10.0.0.254", mx={rtnl_.RTAX_MTU: 1400})
    infos = [lookup(rhost, a).fi for a in ("20.0.0.1", "30.0.0.1", "40.0.0.1")]
    assert infos[0] is infos[1]
    assert infos[0] is not infos[2]
    assert infos[0] is not None
    assert infos[0].fib_treeref == 2
    assert len(fib_of(rhost.net).info_hash) == before + 2


def test_metrics_are_cut_to_a_datagrams_size(rhost: RouteHost) -> None:
    rhost.eth("10.0.0.1/24")
    rhost.route("20.0.0.0/8", gw="10.0.0.254", mx={2: 70000, 8: 70000, 3: 70000})
    fi = lookup(rhost, "20.0.0.1").fi
    assert fi is not None
    assert fi.fib_metrics[rtnl_.RTAX_MTU] == 65520
    assert fi.fib_metrics[rtnl_.RTAX_ADVMSS] == 65495
    assert fi.fib_metrics[rtnl_.RTAX_WINDOW] == 70000
    rt = rhost.rt("20.0.0.1")
    assert rt.mtu() == 0xFFF0
    assert rt.advmss() == 65495


def test_prefsrc_is_the_source(rhost: RouteHost) -> None:
    rhost.eth("10.0.0.1/24", "10.9.9.9/32")
    rhost.route("20.0.0.0/8", gw="10.0.0.254", prefsrc="10.9.9.9")
    assert rhost.rt("20.0.0.1").rt_src == ip("10.9.9.9")


def test_a_route_goes_with_its_preferred_source(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24", "10.9.9.9/32")
    rhost.route("20.0.0.0/8", gw="10.0.0.254", prefsrc="10.9.9.9")
    with rtnl(rhost.net):
        inet_del_addr(rhost.net, dev, ip("10.9.9.9"))
    assert main_routes(rhost) == [(ip("10.0.0.0"), 24)]


def test_device_down_takes_its_routes_up_brings_the_connected_ones(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    rhost.route("20.0.0.0/8", gw="10.0.0.254")
    with rtnl(rhost.net):
        dev_close(dev)
    assert main_routes(rhost) == []
    assert rhost.rt("10.0.0.1").rt_type == rtnl_.RTN_LOCAL  # our address stays ours
    assert rhost.out("10.0.0.2") == -errno.ENETUNREACH
    with rtnl(rhost.net):
        dev_open(dev)
    assert main_routes(rhost) == [(ip("10.0.0.0"), 24)]


def multipath(h: RouteHost) -> tuple[Wire, Wire]:
    a = h.eth("10.0.0.1/24")
    b = h.eth("10.1.0.1/24")
    h.route(
        "20.0.0.0/8",
        mp=[FibNh(a.ifindex, ip("10.0.0.254"), 3), FibNh(b.ifindex, ip("10.1.0.254"), 1)],
    )
    return a, b


def test_multipath_deals_by_weight(rhost: RouteHost) -> None:
    a, b = multipath(rhost)
    picks: Counter[object] = Counter()
    for _ in range(40):
        res = lookup(rhost, "20.1.1.1")
        fib_select_multipath(res)
        picks[res.dev()] += 1
    assert picks == {a: 30, b: 10}


def test_two_hosts_of_one_seed_pick_alike() -> None:
    runs = []
    for _ in range(2):
        with RouteHost(seed=5) as h:
            multipath(h)
            runs.append([h.rt(f"20.0.0.{n}").rt_gateway for n in range(1, 30)])
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 2


def test_multipath_lives_as_long_as_one_hop_does(rhost: RouteHost) -> None:
    a, b = multipath(rhost)
    with rtnl(rhost.net):
        dev_close(a)
    assert {rhost.rt(f"20.0.0.{n}").dev for n in range(1, 20)} == {b}
    with rtnl(rhost.net):
        dev_open(a)
    assert {rhost.rt(f"20.0.0.{n}").dev for n in range(1, 30)} == {a, b}
    with rtnl(rhost.net):
        dev_close(a)
        dev_close(b)
    assert rhost.out("20.0.0.1") == -errno.ENETUNREACH


def test_a_named_device_chooses_the_hop(rhost: RouteHost) -> None:
    a, b = multipath(rhost)
    assert rhost.rt("20.0.0.1", oif=b).rt_gateway == ip("10.1.0.254")
    assert rhost.rt("20.0.0.1", oif=a).rt_gateway == ip("10.0.0.254")


def test_several_default_routes_go_round_a_dead_gateway(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    rhost.route("0.0.0.0/0", gw="10.0.0.101")
    rhost.route("0.0.0.0/0", gw="10.0.0.102", nlflags=0xC00)
    alive = "10.0.0.102"
    neigh_add(rhost.arp, ip(alive), dev, MAC_B, nud.NUD_REACHABLE)
    neigh_add(rhost.arp, ip("10.0.0.101"), dev, MAC_B, nud.NUD_FAILED)
    assert {rhost.rt(f"30.0.0.{n}").rt_gateway for n in range(1, 6)} == {ip(alive)}
