"""Policy rules: selectors, order, actions, names that come and go."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.rtnetlink as rtnl_
from softnet.net.core.dev.registry import unregister_netdevice
from softnet.net.ipv4.fib_lookup import fib_lookup, fib_of
from softnet.net.ipv4.fib_rules import fib4_rule_add, fib4_rule_del
from softnet.structs.fib import FibResult, FibRule
from softnet.structs.flow import Flowi4
from tests.net.ipv4.route_kit import RouteHost, fails, ip, rtnl


def rule(h: RouteHost, pref: int, table: int = 0, action: int = 1, **kw: object) -> FibRule:
    r = FibRule(pref, table, action)
    for k, v in kw.items():
        setattr(r, k, ip(v) if isinstance(v, str) and v[0].isdigit() else v)
    with rtnl(h.net):
        return fib4_rule_add(h.net, r)


def gateway(h: RouteHost, daddr: str, saddr: str = "0.0.0.0", **kw: int) -> str | int:
    fl4 = Flowi4(ip(daddr), ip(saddr))
    for k, v in kw.items():
        setattr(fl4, "flowi4_" + k, v)
    res = FibResult()
    err = fib_lookup(h.net, fl4, res)
    return err or ".".join(str(b) for b in res.gw().to_bytes(4, "big"))


@pytest.fixture
def two(rhost: RouteHost) -> RouteHost:
    """Table main goes by .1, table 42 by .2."""
    rhost.eth("10.0.0.9/24")
    rhost.route("0.0.0.0/0", gw="10.0.0.1")
    rhost.route("0.0.0.0/0", gw="10.0.0.2", table=42)
    return rhost


def test_the_three_are_there_from_the_start(rhost: RouteHost) -> None:
    rules = [(r.pref, r.table, r.action) for r in fib_of(rhost.net).rules]
    assert rules == [(0, 255, 1), (32766, 254, 1), (32767, 253, 1)]


@pytest.mark.parametrize(
    ("selector", "fits", "other"),
    [
        ({"src": "10.5.0.0", "src_len": 16}, {"saddr": "10.5.1.1"}, {"saddr": "10.6.1.1"}),
        ({"dst": "20.0.0.0", "dst_len": 8}, {"daddr": "20.1.1.1"}, {"daddr": "21.1.1.1"}),
        ({"tos": 0x10}, {"tos": 0x10}, {"tos": 0x08}),
        ({"mark": 7}, {"mark": 7}, {"mark": 6}),
        ({"mark": 1, "mark_mask": 1}, {"mark": 7}, {"mark": 6}),
        ({"iifname": "eth0"}, {"iif": 2}, {"iif": 3}),
        ({"oifname": "eth0"}, {"oif": 2}, {"oif": 0}),
        (
            {"src": "10.5.0.0", "src_len": 16, "flags": rtnl_.FIB_RULE_INVERT},
            {"saddr": "10.6.1.1"},
            {"saddr": "10.5.1.1"},
        ),
    ],
)
def test_selectors(
    two: RouteHost,
    selector: dict[str, object],
    fits: dict[str, object],
    other: dict[str, object],
) -> None:
    rule(two, 100, 42, **selector)
    assert gateway(two, **{"daddr": "30.1.1.1", **fits}) == "10.0.0.2"  # type: ignore[arg-type]
    assert gateway(two, **{"daddr": "30.1.1.1", **other}) == "10.0.0.1"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (rtnl_.FR_ACT_BLACKHOLE, -errno.EINVAL),
        (rtnl_.FR_ACT_UNREACHABLE, -errno.ENETUNREACH),
        (rtnl_.FR_ACT_PROHIBIT, -errno.EACCES),
    ],
)
def test_actions(two: RouteHost, action: int, error: int) -> None:
    rule(two, 100, action=action, dst="30.0.0.0", dst_len=8)
    assert gateway(two, "30.1.1.1") == error
    assert gateway(two, "31.1.1.1") == "10.0.0.1"


def test_nop_and_goto(two: RouteHost) -> None:
    rule(two, 100, action=rtnl_.FR_ACT_GOTO, target=300)
    rule(two, 200, 42)
    assert gateway(two, "30.1.1.1") == "10.0.0.2"  # nothing at 300 yet
    rule(two, 300, action=rtnl_.FR_ACT_NOP)
    assert gateway(two, "30.1.1.1") == "10.0.0.1"


def test_throw_and_missing_tables_go_on(two: RouteHost) -> None:
    rule(two, 100, 42)
    rule(two, 90, 77)
    two.route("30.0.0.0/8", type=rtnl_.RTN_THROW, table=42)
    assert gateway(two, "30.1.1.1") == "10.0.0.1"
    assert gateway(two, "31.1.1.1") == "10.0.0.2"


def test_no_rule_is_esrch(two: RouteHost) -> None:
    with rtnl(two.net):
        for pref in (0, 32766, 32767):
            fib4_rule_del(two.net, FibRule(pref, 0), ("pref",))
    assert gateway(two, "30.1.1.1") == -errno.ESRCH
    with fails(errno.ENOENT), rtnl(two.net):
        fib4_rule_del(two.net, FibRule(0, 0), ("pref",))


@pytest.mark.parametrize(
    "kw",
    [
        {"src_len": 33},
        {"tos": 0x20},
        {"action": rtnl_.FR_ACT_GOTO, "target": 50},
        {"target": 500},
    ],
)
def test_rules_that_are_refused(rhost: RouteHost, kw: dict[str, int]) -> None:
    with fails(errno.EINVAL):
        rule(rhost, 100, 42, **kw)


def test_default_preference_and_table(rhost: RouteHost) -> None:
    assert rule(rhost, -1, 42).pref == 32765
    assert rule(rhost, -1, 42).pref == 32764
    assert rule(rhost, 5).table == 1
    prefs = [r.pref for r in fib_of(rhost.net).rules]
    assert prefs == sorted(prefs)


def test_a_name_finds_its_device_and_loses_it(two: RouteHost) -> None:
    r = rule(two, 100, 42, iifname="eth1")
    assert r.iifindex == -1
    assert gateway(two, "30.1.1.1") == "10.0.0.1"
    dev = two.eth()
    assert r.iifindex == dev.ifindex
    assert gateway(two, "30.1.1.1", iif=dev.ifindex) == "10.0.0.2"
    with rtnl(two.net):
        unregister_netdevice(dev)
    assert r.iifindex == -1


def test_a_rule_flushes_cached_routes(two: RouteHost) -> None:
    assert two.rt("30.1.1.1").rt_gateway == ip("10.0.0.1")
    rule(two, 100, 42)
    assert two.rt("30.1.1.1").rt_gateway == ip("10.0.0.2")
