"""The nouns of the forwarding table."""

from __future__ import annotations

import errno

import softnet.uapi.netlink as netlink
from softnet.structs.dst import dst_default_metrics
from softnet.structs.fib import (
    FibAlias,
    FibConfig,
    FibInfo,
    FibNh,
    FibNotifier,
    FibResult,
    FibRule,
    FibTable,
    NetnsFib,
)
from softnet.structs.flow import Flowi4
from tests.net.ipv4.route_kit import RouteHost


def test_a_result_speaks_of_the_chosen_hop() -> None:
    with RouteHost() as h:
        hops = [FibNh(3, 0x0A000001), FibNh(4, 0x0A000002)]
        hops[1].nh_dev = h.net.loopback_dev
        res = FibResult()
        res.fi = FibInfo(h.net, hops)
        assert res.fi.dev() is None
        assert (res.oif(), res.gw(), res.dev()) == (3, 0x0A000001, None)
        res.nh_sel = 1
        assert res.nh() is hops[1]
        assert (res.oif(), res.gw(), res.dev()) == (4, 0x0A000002, h.net.loopback_dev)
        assert res.fi.fib_metrics is dst_default_metrics()


def test_a_route_is_made_and_must_be_new_unless_said_otherwise() -> None:
    assert FibConfig().fc_nlflags == netlink.NLM_F_CREATE | netlink.NLM_F_EXCL


def test_an_empty_table_sends_on_to_the_next_and_nobody_listens() -> None:
    with RouteHost() as h:
        tb = FibTable(h.net, 9)
        assert tb.lookup(Flowi4(1), FibResult()) == -errno.EAGAIN
        fib = NetnsFib(h.net)
        assert isinstance(fib.notifier, FibNotifier)
        fa = FibAlias(FibInfo(h.net, [FibNh()]), 0, 1)
        fib.notifier.route(24, 0, 0, fa, tb, 0)
        fib.notifier.rule(32, h.net, FibRule(1, 2))
