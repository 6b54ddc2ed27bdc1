"""Asking the forwarding tables.

Linux: fib_lookup() of include/net/ip_fib.h, net/core/fib_rules.c, inet_addr_type() of
fib_frontend.c

The rules are asked in the order of their preference; the first whose selector fits says which table
to look into, or that there is no way. A table that has nothing to say (-EAGAIN) lets the next rule
try."""

from __future__ import annotations

import errno

import softnet.kernel.trace as trace
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtnl
from softnet.structs.fib import FibResult, FibRule, FibTable, NetnsFib
from softnet.structs.flow import Flowi4
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice

NEXT_RULE = -errno.EAGAIN


def fib_of(net: Net) -> NetnsFib:
    """net.ipv4.fib, with its type."""
    fib = net.ipv4.fib
    assert isinstance(fib, NetnsFib)
    return fib


def fib_get_table(net: Net, id: int) -> FibTable | None:
    """fib_get_table(): table `id`; 0 means main."""
    return fib_of(net).tables.get(id or rtnl.RT_TABLE_MAIN)


def fib_lookup(net: Net, flp: Flowi4, res: FibResult) -> int:
    """fib_lookup(): where does flp.daddr go? 0 and res, or a negative errno.

    -ESRCH: no rule knew; a blackhole, unreachable or prohibit route or rule gives its own error.
    """
    if trace.fib_lookup.enabled:
        trace.fib_lookup.fire(None)
    fib = fib_of(net)
    rules = fib.rules
    i = 0
    n = len(rules)
    while i < n:
        rule = rules[i]
        i += 1
        if not fib_rule_match(rule, flp):
            continue
        if rule.action == rtnl.FR_ACT_GOTO:
            if rule.ctarget is not None:
                i = rules.index(rule.ctarget)
            continue
        if rule.action == rtnl.FR_ACT_NOP:
            continue
        err = fib4_rule_action(fib, rule, flp, res)
        if err != NEXT_RULE:
            res.r = rule
            return err
    return -errno.ESRCH


def fib_rule_match(rule: FibRule, flp: Flowi4) -> bool:
    """fib_rule_match(), fib4_rule_match(): does the selector fit?"""
    fits = (
        (rule.iifindex == 0 or rule.iifindex == flp.flowi4_iif)
        and (rule.oifindex == 0 or rule.oifindex == flp.flowi4_oif)
        and (rule.mark ^ flp.flowi4_mark) & rule.mark_mask == 0
        and (flp.saddr ^ rule.src) & rule.srcmask == 0
        and (flp.daddr ^ rule.dst) & rule.dstmask == 0
        and (rule.tos == 0 or rule.tos == flp.flowi4_tos)
    )
    return not fits if rule.flags & rtnl.FIB_RULE_INVERT else fits


def fib4_rule_action(fib: NetnsFib, rule: FibRule, flp: Flowi4, res: FibResult) -> int:
    """fib4_rule_action(): look into the rule's table, or answer the rule's error."""
    if rule.action == rtnl.FR_ACT_TO_TBL:
        tb = fib.tables.get(rule.table)
        return NEXT_RULE if tb is None else tb.lookup(flp, res)
    if rule.action == rtnl.FR_ACT_UNREACHABLE:
        return -errno.ENETUNREACH
    if rule.action == rtnl.FR_ACT_PROHIBIT:
        return -errno.EACCES
    return -errno.EINVAL


def inet_addr_type(net: Net, addr: int) -> int:
    """inet_addr_type(): RTN_LOCAL, _BROADCAST, _MULTICAST or _UNICAST: what addr is to us."""
    return inet_dev_addr_type(net, None, addr)


def inet_dev_addr_type(net: Net, dev: NetDevice | None, addr: int) -> int:
    """inet_dev_addr_type(): the same; an address of another device than dev counts as unicast."""
    if addr & in_.IN_ZERONET_TEST == 0 or addr == in_.INADDR_BROADCAST:
        return rtnl.RTN_BROADCAST
    if addr & in_.IN_CLASSD_TEST == in_.IN_CLASSD_IS:
        return rtnl.RTN_MULTICAST
    local = fib_of(net).local
    if local is None:
        return rtnl.RTN_BROADCAST
    fl4 = Flowi4(addr)
    res = FibResult()
    if local.lookup(fl4, res) == 0 and res.fi is not None:
        nh = res.fi.fib_nh[0]
        if dev is None or dev is nh.nh_dev:
            return res.type
    return rtnl.RTN_UNICAST
