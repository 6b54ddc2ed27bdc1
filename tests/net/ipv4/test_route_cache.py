"""The cache's ageing: generations, chains, the collector, the worker."""

from __future__ import annotations

import pytest

import softnet.arch.const as const
from softnet.kernel.timer import jiffies
from softnet.net.core.dev.config import dev_close
from softnet.net.ipv4.route_cache import (
    int_sqrt,
    rt_bind_peer,
    rt_cache_flush,
    rt_cache_invalidate,
    rt_del,
    rt_garbage_collect,
    rt_hash_size_log,
)
from softnet.structs.dst import dst_check
from softnet.structs.route import Rtable
from tests.net.ipv4.route_kit import RouteHost, Wire, ip, rtnl


@pytest.fixture
def eth0(rhost: RouteHost) -> Wire:
    return rhost.eth("10.0.0.1/8")


def fill(h: RouteHost, count: int, net: str = "10.1") -> list[Rtable]:
    return [h.rt(f"{net}.{n // 250}.{n % 250 + 1}") for n in range(count)]


@pytest.mark.parametrize(
    ("ram", "log"), [(128 << 20, 10), (512 << 20, 14), (1 << 30, 15), (64 << 30, 19), (0, 4)]
)
def test_the_hash_follows_the_memory(ram: int, log: int) -> None:
    assert rt_hash_size_log(ram) == log


def test_the_defaults_are_those_of_3_2(rhost: RouteHost) -> None:
    rc = rhost.cache
    size = 1 << rc.rt_hash_log
    assert (rc.ops.gc_thresh, rc.ip_rt_max_size) == (size, 16 * size)
    hz = const.HZ
    assert (rc.ip_rt_gc_timeout, rc.ip_rt_gc_interval, rc.ip_rt_gc_min_interval) == (
        300 * hz,
        60 * hz,
        hz // 2,
    )
    assert (rc.ip_rt_redirect_load, rc.ip_rt_redirect_silence) == (20, 20480)
    assert (rc.ip_rt_min_pmtu, rc.ip_rt_mtu_expires) == (552, 600 * hz)


def test_an_idle_cache_is_small_and_grows(rhost: RouteHost, eth0: Wire) -> None:
    rc = rhost.cache
    assert len(rc.buckets) == 16
    routes = fill(rhost, 100)
    assert len(rc.buckets) == 128
    assert [rhost.rt(f"10.1.0.{n + 1}") for n in range(100)] == routes
    assert rc.stats[0].out_hit == 100
    assert rc.entries == 100


def test_a_flush_makes_every_entry_stale(rhost: RouteHost, eth0: Wire) -> None:
    rt = rhost.rt("10.1.0.1")
    genid = rhost.cache.rt_genid
    rt_cache_flush(rhost.net, -1)
    assert rhost.cache.rt_genid != genid
    assert rhost.cache.entries == 1  # still there, but of no use
    assert dst_check(rt, 0) is None
    again = rhost.rt("10.1.0.1")
    assert again is not rt
    assert dst_check(again, 0) is again
    rt_cache_flush(rhost.net, 0)
    assert rhost.cache.entries == 0


def test_stale_entries_go_as_they_are_met(rhost: RouteHost, eth0: Wire) -> None:
    rhost.cache.rt_hash_log = 0  # one chain for all
    rhost.cache.buckets, rhost.cache.mask = [None], 0
    fill(rhost, 5)
    rt_cache_invalidate(rhost.net)
    rhost.rt("10.1.0.1")
    assert rhost.cache.entries == 1


def test_peers_are_held_while_cached(rhost: RouteHost, eth0: Wire) -> None:
    rt = rhost.rt("10.1.0.1")
    assert rt_bind_peer(rt, rt.rt_dst, 0) is None
    peer = rt_bind_peer(rt, rt.rt_dst, 1)
    assert peer is not None
    assert peer.refcnt == 1
    twin = rhost.rt("10.1.0.1", tos=0x10)
    assert twin.peer is peer
    assert peer.refcnt == 2
    rt_cache_flush(rhost.net, 0)
    assert peer.refcnt == 0


def one_chain(h: RouteHost) -> None:
    h.cache.rt_hash_log = 0
    h.cache.buckets, h.cache.mask = [None], 0


def chain(h: RouteHost) -> list[int]:
    found = []
    rth = h.cache.buckets[0]
    while rth is not None:
        found.append(rth.rt_dst & 0xFF)
        rth = rth.rt_next
    return found


def test_a_chain_longer_than_elasticity_loses_its_oldest(rhost: RouteHost, eth0: Wire) -> None:
    one_chain(rhost)
    for n in range(12):
        rhost.rt(f"10.1.0.{n + 1}")
        rhost.run(ms=5)
    assert chain(rhost) == [12, 11, 10, 9, 8, 7, 6, 5, 4]
    rhost.rt("10.1.0.4")  # a hit makes it young
    rhost.run(ms=5)
    rhost.rt("10.1.0.13")
    assert 4 in chain(rhost)
    assert 5 not in chain(rhost)


def test_valuable_entries_are_the_last_to_go(rhost: RouteHost, eth0: Wire) -> None:
    one_chain(rhost)
    first = rhost.rt("10.1.0.1")
    first.ops.update_pmtu(first, 1000)
    for n in range(1, 14):
        rhost.run(ms=5)
        rhost.rt(f"10.1.0.{n + 1}")
    assert 1 in chain(rhost)


def test_colliding_keys_end_in_a_rebuild(rhost: RouteHost, eth0: Wire) -> None:
    one_chain(rhost)
    rc = rhost.cache
    genid = rc.rt_genid
    for n in range(25):
        rhost.rt(f"10.1.0.{n + 1}").refcnt += 1  # held: it cannot be the victim
    assert rc.rt_genid != genid
    assert rc.rebuild_count == 1
    assert rc.entries < 25


def test_the_worker_forgets_what_was_not_used(rhost: RouteHost, eth0: Wire) -> None:
    fill(rhost, 40)
    assert rhost.cache.entries == 40
    rhost.run(ms=250_000)
    kept = rhost.rt("10.1.0.7")
    rhost.run(ms=350_000)
    assert rhost.cache.entries < 10
    rhost.run(ms=600_000)
    assert rhost.cache.entries == 0
    assert dst_check(kept, 0) is None


def test_use_by_a_holder_counts_as_use(rhost: RouteHost, eth0: Wire) -> None:
    rt = rhost.rt("10.1.0.7")
    for _ in range(20):
        rhost.run(ms=60_000)
        assert dst_check(rt, 0) is rt
    assert rhost.rt("10.1.0.7") is rt


def test_the_collector_makes_room_above_the_threshold(rhost: RouteHost, eth0: Wire) -> None:
    rc = rhost.cache
    rhost.arp.gc_thresh2 = rhost.arp.gc_thresh3 = 5000
    rc.ops.gc_thresh, rc.ip_rt_max_size, rc.rt_hash_log = 32, 64, 5
    for n in range(200):
        rhost.run(ms=10)
        rhost.rt(f"10.1.0.{n + 1}")
    assert rc.stats[0].gc_total > 0
    assert rc.entries <= 65
    rhost.run(ms=600)
    before = rc.stats[0].gc_ignored
    rc.ip_rt_max_size = 1000
    rt_garbage_collect(rc)
    assert rc.stats[0].gc_ignored == before
    rt_garbage_collect(rc)
    assert rc.stats[0].gc_ignored == before + 1


def test_deleting_one(rhost: RouteHost, eth0: Wire) -> None:
    rt, other = rhost.rt("10.1.0.1"), rhost.rt("10.1.0.2")
    rt_del(rhost.cache, rt)
    assert rt.obsolete == const.DST_OBSOLETE_DEAD
    assert rhost.rt("10.1.0.1") is not rt
    assert rhost.rt("10.1.0.2") is other


def test_a_device_that_goes_down_takes_its_routes(rhost: RouteHost, eth0: Wire) -> None:
    rt = rhost.rt("10.1.0.1")
    with rtnl(rhost.net):
        dev_close(eth0)
    assert rhost.cache.entries == 0
    assert dst_check(rt, 0) is None
    assert rhost.arp.entries == 0
    assert jiffies() >= 0


@pytest.mark.parametrize("x", [0, 1, 2, 3, 4, 99, 100, 10**12])
def test_int_sqrt(x: int) -> None:
    r = int_sqrt(x)
    assert r * r <= x < (r + 1) * (r + 1)


def test_runs_with_one_seed_are_alike() -> None:
    seen = []
    for _ in range(2):
        with RouteHost(seed=9) as h:
            h.eth("10.0.0.1/8")
            fill(h, 50)
            seen.append([[b.rt_dst for b in h.cache.buckets if b is not None], h.cache.rt_genid])
    assert seen[0] == seen[1]
    assert ip("10.1.0.1")
