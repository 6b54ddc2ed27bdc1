"""Rtable's own fields: whose metrics they are, and who continues a packet."""

from __future__ import annotations

import pytest

import softnet.arch.const as const
import softnet.uapi.rtnetlink as rtnl
from softnet.structs.dst import DstOps, dst_default_metrics
from softnet.structs.fib import FibInfo, FibNh
from softnet.structs.inetpeer import InetPeer
from softnet.structs.route import (
    DstInput,
    DstOutput,
    Rtable,
    RtIcmpOps,
    rt_register_icmp,
    rt_register_input,
    rt_register_local_out,
    rt_register_output,
    rt_stages,
)
from tests.net.ipv4.route_kit import RouteHost


@pytest.fixture
def rt() -> Rtable:
    with RouteHost() as h:
        return Rtable(DstOps(h.net, 2, 0x0800, 1), h.net.loopback_dev)


def test_nobody_writes_into_the_metrics_of_all(rt: Rtable) -> None:
    rt.metric_set(rtnl.RTAX_WINDOW, 5)
    assert rt.metric(rtnl.RTAX_WINDOW) == 5
    assert dst_default_metrics()[rtnl.RTAX_WINDOW] == 0


def test_nobody_writes_into_the_fib(rt: Rtable) -> None:
    fi = FibInfo(rt.rt_net, [FibNh()])
    fi.fib_metrics = [7] * 17
    rt.fi, rt.metrics = fi, fi.fib_metrics
    rt.metric_set(rtnl.RTAX_WINDOW, 5)
    assert fi.fib_metrics == [7] * 17
    assert (rt.metric(rtnl.RTAX_WINDOW), rt.metric(rtnl.RTAX_RTT)) == (5, 7)
    assert rt.fi is None


def test_a_peer_keeps_what_is_written(rt: Rtable) -> None:
    peer = rt.peer = InetPeer(1)
    rt.metric_set(rtnl.RTAX_RTT, 9)
    assert peer.metrics[rtnl.RTAX_RTT] == 9
    assert not peer.metrics_new
    twin = Rtable(rt.ops, rt.dev)
    twin.peer = peer
    twin.metric_set(rtnl.RTAX_WINDOW, 4)
    assert twin.metric(rtnl.RTAX_RTT) == 9


def test_the_mtu_metric_is_for_what_is_sent_here(rt: Rtable) -> None:
    rt.metric_set(rtnl.RTAX_MTU, 1400)
    assert rt.is_output_route()
    assert rt.mtu() == 1400
    rt.rt_route_iif = 3
    assert rt.is_input_route()
    assert rt.dev is not None
    assert rt.mtu() == rt.dev.mtu
    rt.rt_gateway = 0x0A000001
    assert rt.mtu() == 0  # through a gateway these ops decide


def test_stages_register(rt: Rtable) -> None:
    stages = rt_stages()
    names = ("local", "forward", "mr", "unicast", "mc", "local_out", "icmp")
    before = [getattr(stages, name) for name in names]
    ins, outs, icmp = DstInput(), DstOutput(), RtIcmpOps()
    for kind in (const.RT_INPUT_LOCAL, const.RT_INPUT_FORWARD, const.RT_INPUT_MR):
        rt_register_input(kind, ins)
    for kind in (const.RT_OUTPUT_UNICAST, const.RT_OUTPUT_MC):
        rt_register_output(kind, outs)
    rt_register_local_out(outs)
    rt_register_icmp(icmp)
    assert [getattr(stages, name) for name in names] == [ins] * 3 + [outs] * 3 + [icmp]
    for name, op in zip(names, before, strict=True):
        setattr(stages, name, op)
