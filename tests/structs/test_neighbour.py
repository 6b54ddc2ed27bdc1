"""Neighbours' own fields."""

from __future__ import annotations

import pytest

from softnet.kernel.timer import jiffies, mod_timer
from softnet.structs.neighbour import (
    Neighbour,
    NeighMachine,
    NeighOps,
    NeighParms,
    NeighTable,
    NetEventOps,
    PneighEntry,
)
from tests.net.ipv4.route_kit import RouteHost


class Ticked(NeighMachine):
    def __init__(self) -> None:
        self.got: list[Neighbour] = []

    def timer(self, neigh: Neighbour) -> None:
        self.got.append(neigh)


def table(h: RouteHost) -> NeighTable:
    return NeighTable(h.net, 2, 4, "test_cache", NeighOps(2, 0, 1))


def test_parms_are_those_of_arp_and_can_be_copied() -> None:
    with RouteHost() as h:
        tbl = table(h)
        p = tbl.parms
        assert (p.base_reachable_time, p.retrans_time, p.gc_staletime) == (30000, 1000, 60000)
        assert (p.delay_probe_time, p.queue_len, p.locktime) == (5000, 3, 1000)
        assert (p.ucast_probes, p.mcast_probes, p.app_probes) == (3, 3, 0)
        assert (p.anycast_delay, p.proxy_delay, p.proxy_qlen) == (1000, 800, 64)
        assert (tbl.gc_interval, tbl.gc_thresh1, tbl.gc_thresh2, tbl.gc_thresh3) == (
            30000,
            128,
            512,
            1024,
        )
        p.queue_len = 9
        own = NeighParms(tbl, h.net.loopback_dev)
        own.copy_from(p)
        assert (own.queue_len, own.dev) == (9, h.net.loopback_dev)


def test_a_neighbour_is_its_own_timer() -> None:
    with RouteHost() as h:
        tbl = table(h)
        tbl.machine = ticked = Ticked()
        n = Neighbour(tbl, 0x0A000001, h.net.loopback_dev)
        mod_timer(n, jiffies() + 50)
        h.run(ms=49)
        assert ticked.got == []
        h.run(ms=2)
        assert ticked.got == [n]


def test_a_header_is_kept_with_its_length() -> None:
    with RouteHost() as h:
        n = Neighbour(table(h), 0x0A000001, h.net.loopback_dev)
        assert (n.hh_len, n.ha) == (0, bytes(6))
        n.set_hh(b"x" * 14)
        assert (n.hh, n.hh_len) == (b"x" * 14, 14)


def test_what_a_protocol_need_not_say() -> None:
    with RouteHost() as h:
        tbl = table(h)
        n = Neighbour(tbl, 1, h.net.loopback_dev)
        assert tbl.constructor(n) == tbl.pconstructor(PneighEntry(1, None)) == 0
        tbl.pdestructor(PneighEntry(1, None))
        tbl.ops.solicit(n, None)
        NetEventOps().neigh_update(n)
        NetEventOps().neigh_notify(n, 28)
        NeighMachine().timer(n)
        with pytest.raises(AssertionError):
            tbl.proxy_redo(None)  # type: ignore[arg-type]  # it must not come to that
