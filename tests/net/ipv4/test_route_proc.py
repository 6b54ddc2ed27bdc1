"""/proc/net/rt_cache, stat/rt_cache, rt_acct."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.route_proc import (
    ProcRtCache,
    ProcStatRtCache,
    rt_acct_add,
    rt_acct_read,
)
from tests.net.ipv4.route_kit import RouteHost, Wire


@pytest.fixture
def eth0(rhost: RouteHost) -> Wire:
    return rhost.eth("10.0.0.1/24")


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
