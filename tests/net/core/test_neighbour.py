"""The table of neighbours: lookups, collectors, proxies, administration."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

import softnet.uapi.neighbour as nud
from softnet.net.core.neighbour import (
    neigh_add,
    neigh_changeaddr,
    neigh_create,
    neigh_delete,
    neigh_forced_gc,
    neigh_ifdown,
    neigh_lookup,
    neigh_lookup_nodev,
    neigh_output,
    neigh_stat_show,
    neigh_table_clear,
    neigh_update,
    pneigh_lookup,
)
from softnet.structs.neighbour import Neighbour
from tests.net.ipv4.route_kit import MAC_A, MAC_B, RouteHost, Wire, fails, ip, ip_packet, rtnl

PEER = ip("10.0.0.2")


OVERRIDE = nud.NEIGH_UPDATE_F_OVERRIDE


ADMIN = nud.NEIGH_UPDATE_F_ADMIN


@pytest.fixture
def h() -> Iterator[RouteHost]:
    with RouteHost() as host:
        yield host


@pytest.fixture
def dev(h: RouteHost) -> Wire:
    return h.eth("10.0.0.1/24")


def entry(h: RouteHost, dev: Wire, addr: int = PEER) -> Neighbour:
    n = neigh_create(h.arp, addr, dev)
    assert n is not None
    return n


def reachable(h: RouteHost, dev: Wire) -> Neighbour:
    n = entry(h, dev)
    assert neigh_update(n, MAC_B, nud.NUD_REACHABLE, OVERRIDE) == 0
    return n


def test_permanent_entries_never_age(h: RouteHost, dev: Wire) -> None:
    n = entry(h, dev)
    neigh_update(n, MAC_B, nud.NUD_PERMANENT, ADMIN | OVERRIDE)
    h.run(ms=1_000_000)
    assert n.nud_state == nud.NUD_PERMANENT
    assert neigh_lookup(h.arp, PEER, dev) is n


def test_periodic_collector_drops_what_nobody_uses(h: RouteHost, dev: Wire) -> None:
    n = reachable(h, dev)
    held = entry(h, dev, ip("10.0.0.3"))
    neigh_update(held, MAC_B, nud.NUD_STALE, OVERRIDE)
    held.refcnt += 1
    h.run(ms=200_000)
    assert neigh_lookup(h.arp, PEER, dev) is None
    assert n.dead
    assert neigh_lookup(h.arp, ip("10.0.0.3"), dev) is held
    assert h.arp.stats[0].periodic_gc_runs > 5
    assert h.arp.stats[0].destroys == 1


def test_an_empty_table_keeps_no_timer(h: RouteHost, dev: Wire) -> None:
    reachable(h, dev)
    h.run(ms=300_000)
    runs = h.arp.stats[0].periodic_gc_runs
    assert h.arp.entries == 0
    h.run(ms=300_000)
    assert h.arp.stats[0].periodic_gc_runs == runs


def test_reachable_time_is_drawn_anew_between_half_and_one_and_a_half(h: RouteHost) -> None:
    dev = h.eth("10.0.0.1/24")
    seen = set()
    for _ in range(12):
        reachable(h, dev) if not h.arp.entries else None
        h.run(ms=200_000)
        assert dev.ip_ptr is not None
        parms = dev.ip_ptr.arp_parms
        seen.add(parms.reachable_time)  # type: ignore[attr-defined]
    assert len(seen) > 3
    assert all(15_000 <= t < 45_000 for t in seen)


def test_thresholds(h: RouteHost, dev: Wire) -> None:
    h.arp.gc_thresh2, h.arp.gc_thresh3 = 4, 6
    held = []
    for n in range(6):
        neigh = entry(h, dev, ip("10.0.0.10") + n)
        neigh.refcnt += 1
        held.append(neigh)
    assert neigh_create(h.arp, ip("10.0.0.99"), dev) is None
    assert h.arp.error == -errno.ENOBUFS
    assert h.arp.stats[0].forced_gc_runs > 0
    held[0].refcnt -= 1
    assert neigh_create(h.arp, ip("10.0.0.99"), dev) is not None
    assert held[0].dead
    # Between the second and the third threshold collecting happens every five seconds.
    runs = h.arp.stats[0].forced_gc_runs
    for neigh in held[1:4]:
        neigh.refcnt -= 1
    assert neigh_forced_gc(h.arp) == 1
    assert h.arp.stats[0].forced_gc_runs == runs + 1


def test_device_down_forgets_and_blackholes(h: RouteHost, dev: Wire) -> None:
    reachable(h, dev)
    rt = h.rt("10.0.0.2")
    n = rt.neighbour
    assert isinstance(n, Neighbour)
    neigh_ifdown(h.arp, dev)
    assert h.arp.entries == 0
    skb = ip_packet("10.0.0.1", "10.0.0.2")
    skb.dst = rt
    assert neigh_output(n, skb) == -errno.ENETDOWN
    assert dev.sent == []


def test_a_new_mac_of_ours_forgets_that_devices_entries(h: RouteHost, dev: Wire) -> None:
    other = h.eth("10.1.0.1/24")
    reachable(h, dev)
    entry(h, other, ip("10.1.0.2"))
    neigh_changeaddr(h.arp, dev)
    assert [n.dev for n in h.arp.hash.values()] == [other]
    neigh_table_clear(h.arp)


def test_lookup_counts(h: RouteHost, dev: Wire) -> None:
    st = h.arp.stats[0]
    base = (st.lookups, st.hits)
    entry(h, dev)
    assert neigh_lookup(h.arp, ip("10.0.0.77"), dev) is None
    assert neigh_lookup_nodev(h.arp, PEER) is neigh_lookup(h.arp, PEER, dev)
    assert (st.lookups, st.hits) == (base[0] + 3, base[1] + 2)


def test_neigh_add_and_delete_as_ip_neigh_does(h: RouteHost, dev: Wire) -> None:
    with rtnl(h.net):
        neigh_add(h.arp, PEER, dev, MAC_B, nud.NUD_PERMANENT)
        n = neigh_lookup(h.arp, PEER, dev)
        assert n is not None
        assert (n.nud_state, n.ha) == (nud.NUD_PERMANENT, MAC_B)
        for nlflags, error in ((0x600, errno.EEXIST), (0, None)):
            if error is None:
                neigh_add(h.arp, PEER, dev, MAC_A, nud.NUD_PERMANENT, nlflags=nlflags)
                assert n.ha == MAC_B  # not without NLM_F_REPLACE
                continue
            with fails(error):
                neigh_add(h.arp, PEER, dev, MAC_A, nud.NUD_PERMANENT, nlflags=nlflags)
        neigh_delete(h.arp, PEER, dev)
        assert n.nud_state == nud.NUD_FAILED
        cases = [
            (ip("10.0.0.88"), dev, MAC_B, 0, errno.ENOENT),
            (PEER, None, MAC_B, 0x400, errno.EINVAL),
            (PEER, dev, b"xx", 0x400, errno.EINVAL),
        ]
        for key, where, ha, nlflags, error in cases:
            with fails(error):
                neigh_add(h.arp, key, where, ha, nud.NUD_STALE, nlflags=nlflags)
        with fails(errno.ENOENT):
            neigh_delete(h.arp, ip("10.0.0.88"), dev)


def test_proxy_entries(h: RouteHost, dev: Wire) -> None:
    with rtnl(h.net):
        neigh_add(h.arp, ip("10.9.0.1"), dev, None, 0, flags=nud.NTF_PROXY)
        neigh_add(h.arp, ip("10.9.0.2"), None, None, 0, flags=nud.NTF_PROXY)
    assert pneigh_lookup(h.arp, ip("10.9.0.1"), dev, False) is not None
    assert pneigh_lookup(h.arp, ip("10.9.0.1"), None, False) is None
    assert pneigh_lookup(h.arp, ip("10.9.0.2"), dev, False) is not None
    with rtnl(h.net):
        neigh_delete(h.arp, ip("10.9.0.1"), dev, nud.NTF_PROXY)
        with fails(errno.ENOENT):
            neigh_delete(h.arp, ip("10.9.0.1"), dev, nud.NTF_PROXY)


def test_stat_rows_are_in_linux_bytes(h: RouteHost, dev: Wire) -> None:
    entry(h, dev)
    head, row, row2 = neigh_stat_show(h.arp, 2).splitlines()
    assert head == (
        "entries  allocs destroys hash_grows  lookups hits  res_failed  rcv_probes_mcast "
        "rcv_probes_ucast  periodic_gc_runs forced_gc_runs unresolved_discards"
    )
    assert row.startswith("00000001  00000001 00000000 00000000  ")
    assert row2 == (
        "00000001  00000000 00000000 00000000  00000000 00000000  00000000  00000000 00000000  "
        "00000000 00000000 00000000"
    )
