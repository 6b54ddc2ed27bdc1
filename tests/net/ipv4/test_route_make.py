"""Making a route and putting it into the cache."""

from __future__ import annotations

import errno

import pytest

import softnet.arch.const as const
from softnet.net.ipv4.route_cache import (
    rt_cache_flush,
    rt_caching,
)
from softnet.structs.neighbour import Neighbour
from softnet.structs.route import Rtable
from tests.net.ipv4.route_kit import RouteHost, Wire


@pytest.fixture
def eth0(rhost: RouteHost) -> Wire:
    return rhost.eth("10.0.0.1/8")


def neighbour(rt: Rtable) -> Neighbour:
    n = rt.neighbour
    assert isinstance(n, Neighbour)
    return n


def fill(h: RouteHost, count: int, net: str = "10.1") -> list[Rtable]:
    return [h.rt(f"{net}.{n // 250}.{n % 250 + 1}") for n in range(count)]


def test_cached_routes_hold_their_neighbours(rhost: RouteHost, eth0: Wire) -> None:
    rt = rhost.rt("10.1.0.1")
    n = neighbour(rt)
    assert n.refcnt == 2
    rhost.rt("10.1.0.1", tos=0x10)
    assert n.refcnt == 3
    rt_cache_flush(rhost.net, 0)
    assert n.refcnt == 1


def test_after_too_many_rebuilds_nothing_is_cached(rhost: RouteHost, eth0: Wire) -> None:
    rhost.cache.rebuild_count = 5
    assert not rt_caching(rhost.cache)
    rt = rhost.rt("10.1.0.1")
    assert rt.flags & const.DST_NOCACHE
    assert rhost.cache.entries == 0
    assert neighbour(rt).refcnt == 1
    rhost.sysctl("rt_cache_rebuild_count", -1)
    assert not rhost.rt("10.1.0.1").flags & const.DST_NOCACHE


def test_what_is_in_use_right_now_is_not_collected(rhost: RouteHost, eth0: Wire) -> None:
    rc = rhost.cache
    rhost.arp.gc_thresh2 = rhost.arp.gc_thresh3 = 5000
    rc.ops.gc_thresh, rc.ip_rt_max_size, rc.rt_hash_log = 8, 16, 3
    fill(rhost, 16)
    assert rhost.out("10.2.0.1") == -errno.ENOBUFS
    assert rc.stats[0].gc_dst_overflow == 1
    assert "dst cache overflow" in rhost.dmesg()
    rhost.run(ms=1)
    assert isinstance(rhost.out("10.2.0.1"), Rtable)


def test_a_full_neighbour_table_is_enobufs(rhost: RouteHost, eth0: Wire) -> None:
    rhost.arp.gc_thresh2 = rhost.arp.gc_thresh3 = 8
    rhost.cache.ip_rt_gc_min_interval = 1 << 30
    for n in range(8):
        rhost.rt(f"10.1.0.{n + 1}")
    for n in rhost.arp.hash.values():
        n.refcnt += 1  # somebody else holds it
    assert rhost.out("10.1.0.77") == -errno.ENOBUFS
    assert "Neighbour table overflow" in rhost.dmesg()
    for n in rhost.arp.hash.values():
        n.refcnt -= 1
    rt_cache_flush(rhost.net, 0)
    assert isinstance(rhost.out("10.1.0.77"), Rtable)
