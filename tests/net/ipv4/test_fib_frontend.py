"""Routes that addresses imply, validation of sources, the route ioctls, tables."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.rtnetlink as rtnl_
import softnet.uapi.sockios as sockios
from softnet.net.core.skbuff import kfree_skb
from softnet.net.ipv4.devinet import inet_del_addr
from softnet.net.ipv4.fib_frontend import (
    FibSource,
    RtEntry,
    fib_del_route,
    fib_validate_source,
    ip_rt_ioctl,
)
from softnet.net.ipv4.fib_lookup import fib_of, inet_addr_type
from softnet.net.ipv4.fib_trie import FibTrie, fib_table_dump
from softnet.structs.fib import FibAlias, FibConfig, FibNotifier, FibTable
from tests.net.ipv4.route_kit import RouteHost, Wire, fails, ip, ip_packet, rtnl

NAMES = {
    rtnl_.RTN_UNICAST: "unicast",
    rtnl_.RTN_LOCAL: "local",
    rtnl_.RTN_BROADCAST: "broadcast",
    rtnl_.RTN_UNREACHABLE: "unreachable",
}


def routes(h: RouteHost, table: int) -> list[str]:
    """As `ip route show table N`, shortened; without lo."""
    tb = fib_of(h.net).tables[table]
    assert isinstance(tb, FibTrie)
    found = []
    for key, plen, fa in fib_table_dump(tb):
        if key >> 24 == 127:
            continue
        dst = ".".join(str(b) for b in key.to_bytes(4, "big"))
        dev = fa.fa_info.dev()
        src = ".".join(str(b) for b in fa.fa_info.fib_prefsrc.to_bytes(4, "big"))
        found.append(
            f"{NAMES[fa.fa_type]} {dst}/{plen} {dev.name if dev else '-'} "
            f"scope {fa.fa_info.fib_scope} src {src}"
        )
    return found


def test_an_address_makes_its_routes(rhost: RouteHost) -> None:
    rhost.eth("10.0.0.1/24")
    assert routes(rhost, rtnl_.RT_TABLE_LOCAL) == [
        "broadcast 10.0.0.0/32 eth0 scope 253 src 10.0.0.1",
        "local 10.0.0.1/32 eth0 scope 254 src 10.0.0.1",
        "broadcast 10.0.0.255/32 eth0 scope 253 src 10.0.0.1",
    ]
    assert routes(rhost, rtnl_.RT_TABLE_MAIN) == ["unicast 10.0.0.0/24 eth0 scope 253 src 10.0.0.1"]


@pytest.mark.parametrize(
    ("addr", "local", "main"),
    [
        ("10.0.0.2/31", ["local 10.0.0.2/32"], ["unicast 10.0.0.2/31"]),
        ("10.0.0.2/32", ["local 10.0.0.2/32"], []),
        ("0.0.0.9/24", ["local 0.0.0.9/32"], []),
    ],
)
def test_odd_lengths(rhost: RouteHost, addr: str, local: list[str], main: list[str]) -> None:
    rhost.eth(addr)
    assert [r.split(" eth0")[0] for r in routes(rhost, 255)] == local
    assert [r.split(" eth0")[0] for r in routes(rhost, 254)] == main


def test_assigned_broadcast_and_peer(rhost: RouteHost) -> None:
    dev = rhost.eth()
    rhost.addr(dev, "10.0.0.1/24", broadcast=ip("10.0.0.77"))
    assert inet_addr_type(rhost.net, ip("10.0.0.77")) == rtnl_.RTN_BROADCAST
    rhost.addr(dev, "10.5.0.1/32", peer=ip("10.6.0.1"))
    assert "unicast 10.6.0.1/32 eth0 scope 253 src 10.5.0.1" in routes(rhost, 254)
    with rtnl(rhost.net):
        inet_del_addr(rhost.net, dev, ip("10.0.0.1"))
        inet_del_addr(rhost.net, dev, ip("10.5.0.1"))
    assert routes(rhost, 254) == routes(rhost, 255) == []


def test_what_another_address_needs_stays(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24", "10.0.0.1/25")
    before = routes(rhost, 255)
    with rtnl(rhost.net):
        inet_del_addr(rhost.net, dev, ip("10.0.0.1"), 25)
    left = routes(rhost, 255)
    assert [r for r in before if r not in left] == [
        "broadcast 10.0.0.127/32 eth0 scope 253 src 10.0.0.1"
    ]
    assert len(routes(rhost, 254)) == 1


def test_the_subnet_of_a_loopback_is_local(rhost: RouteHost) -> None:
    rhost.addr(rhost.net.loopback_dev, "10.7.0.1/16")
    assert inet_addr_type(rhost.net, ip("10.7.99.99")) == rtnl_.RTN_LOCAL
    assert rhost.rt("10.7.99.99").dev is rhost.net.loopback_dev


def validate(h: RouteHost, dev: Wire, src: str, dst: str = "10.0.0.1") -> int:
    skb = ip_packet(src, dst)
    try:
        return fib_validate_source(skb, ip(src), ip(dst), 0, 0, dev, FibSource())
    finally:
        kfree_skb(skb)


@pytest.mark.parametrize(
    ("rp_filter", "right", "elsewhere", "nowhere"),
    [(0, 1, 0, 0), (1, 1, -errno.EXDEV, -errno.EXDEV), (2, 1, 0, -errno.EXDEV)],
)
def test_rp_filter(
    rhost: RouteHost, rp_filter: int, right: int, elsewhere: int, nowhere: int
) -> None:
    one = rhost.eth("10.0.0.1/24")
    rhost.eth("10.1.0.1/24")
    rhost.sysctl("conf.all.rp_filter", rp_filter)
    assert validate(rhost, one, "10.0.0.9") == right
    assert validate(rhost, one, "10.1.0.9") == elsewhere
    assert validate(rhost, one, "99.0.0.9") == nowhere


def test_behind_a_gateway_is_not_on_the_link(rhost: RouteHost) -> None:
    one = rhost.eth("10.0.0.1/24")
    rhost.route("20.0.0.0/8", gw="10.0.0.254")
    assert validate(rhost, one, "20.0.0.9") == 0
    assert validate(rhost, one, "10.0.0.9") == 1


def test_our_own_address_as_a_source_is_refused(rhost: RouteHost) -> None:
    one = rhost.eth("10.0.0.1/24")
    rhost.eth("10.1.0.1/24")
    assert validate(rhost, one, "10.1.0.1") == -errno.EINVAL
    assert validate(rhost, one, "10.0.0.255") == -errno.EINVAL
    rhost.sysctl("conf.eth0.accept_local", 1)
    assert validate(rhost, one, "10.1.0.1") >= 0


def test_a_device_without_addresses_believes_everything(rhost: RouteHost) -> None:
    rhost.eth("10.0.0.1/24")
    bare = rhost.eth()
    assert validate(rhost, bare, "10.0.0.9") == 0
    rhost.sysctl("conf.all.rp_filter", 1)
    assert validate(rhost, bare, "10.0.0.9") == -errno.EXDEV


def add(h: RouteHost, rt: RtEntry, cmd: int = sockios.SIOCADDRT) -> None:
    with rtnl(h.net):
        ip_rt_ioctl(h.net, cmd, rt)


def test_route_ioctls(rhost: RouteHost) -> None:
    rhost.eth("10.0.0.1/24")
    add(rhost, RtEntry(0, 0, ip("10.0.0.254")))
    assert rhost.rt("8.8.8.8").rt_gateway == ip("10.0.0.254")
    add(rhost, RtEntry(ip("20.0.0.0"), ip("255.0.0.0"), dev="eth0"))
    assert rhost.rt("20.0.0.1").rt_gateway == ip("20.0.0.1")
    reject = RtEntry(ip("20.5.0.0"), ip("255.255.0.0"))
    reject.rt_flags |= rtnl_.RTF_REJECT
    add(rhost, reject)
    assert rhost.out("20.5.0.1") == -errno.ENETUNREACH
    add(rhost, RtEntry(0, 0, ip("10.0.0.254")), sockios.SIOCDELRT)
    assert rhost.out("8.8.8.8") == -errno.ENETUNREACH
    big = RtEntry(ip("30.0.0.0"), ip("255.0.0.0"), ip("10.0.0.254"))
    big.rt_flags |= rtnl_.RTF_MTU | rtnl_.RTF_WINDOW
    big.rt_mtu, big.rt_window, big.rt_metric = 1440, 4096, 6
    add(rhost, big)
    rt = rhost.rt("30.0.0.1")
    assert (rt.metric(rtnl_.RTAX_ADVMSS), rt.metric(rtnl_.RTAX_WINDOW)) == (1400, 4096)


@pytest.mark.parametrize(
    ("rt", "cmd", "error"),
    [
        (RtEntry(ip("10.0.0.1"), ip("255.0.0.0")), sockios.SIOCADDRT, errno.EINVAL),
        (RtEntry(0, ip("255.0.255.0")), sockios.SIOCADDRT, errno.EINVAL),
        (RtEntry(0, 0, ip("9.9.9.9")), sockios.SIOCADDRT, errno.ESRCH),
        (RtEntry(0, 0, dev="eth9"), sockios.SIOCADDRT, errno.ENODEV),
        (RtEntry(0, 0, dev="eth0:9"), sockios.SIOCADDRT, errno.ENODEV),
        (RtEntry(0, 0), sockios.SIOCDELRT, errno.ESRCH),
    ],
)
def test_route_ioctls_that_fail(rhost: RouteHost, rt: RtEntry, cmd: int, error: int) -> None:
    rhost.eth("10.0.0.1/24")
    with fails(error):
        add(rhost, rt, cmd)


def test_deleting_what_is_not_there(rhost: RouteHost) -> None:
    rhost.eth("10.0.0.1/24")
    for cfg in (
        FibConfig(ip("10.0.0.0"), 24, table=99),
        FibConfig(ip("10.0.0.0"), 24, type=rtnl_.RTN_UNREACHABLE, scope=rtnl_.RT_SCOPE_NOWHERE),
        FibConfig(ip("10.0.0.0"), 25, type=0, scope=rtnl_.RT_SCOPE_NOWHERE, protocol=0),
    ):
        with fails(errno.ESRCH), rtnl(rhost.net):
            fib_del_route(rhost.net, cfg)
    assert len(routes(rhost, 254)) == 1


class Heard(FibNotifier):
    def __init__(self) -> None:
        self.events: list[tuple[int, int, int]] = []

    def route(
        self, event: int, key: int, plen: int, fa: FibAlias, tb: FibTable, flags: int
    ) -> None:
        self.events.append((event, key, plen))


def test_whoever_listens_hears_of_routes(rhost: RouteHost) -> None:
    rhost.eth("10.0.0.1/24")
    heard = fib_of(rhost.net).notifier = Heard()
    rhost.route("20.0.0.0/8", gw="10.0.0.254")
    with rtnl(rhost.net):
        cfg = FibConfig(ip("20.0.0.0"), 8, scope=rtnl_.RT_SCOPE_NOWHERE, protocol=0)
        fib_del_route(rhost.net, cfg)
    twenty = ip("20.0.0.0")
    assert heard.events == [(rtnl_.RTM_NEWROUTE, twenty, 8), (rtnl_.RTM_DELROUTE, twenty, 8)]
