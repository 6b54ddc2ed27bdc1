"""Policy rules: which table answers which question.

Linux: net/core/fib_rules.c, net/ipv4/fib_rules.c

Three are there from the start: 0 looks into `local`, 32766 into `main`, 32767 into `default`.
fib_lookup() asks them.

    rule = FibRule(100, 42); rule.src, rule.src_len = 0x0A000000, 8
    fib4_rule_add(net, rule)                 ip rule add from 10.0.0.0/8 lookup 42 pref 100
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtnl
from softnet.net.core.dev.netdev_chain import NetdevNotifier, register_netdevice_notifier
from softnet.net.ipv4.fib_lookup import fib_of
from softnet.net.ipv4.route_cache import rt_cache_flush
from softnet.structs.fib import FibRule
from softnet.structs.inetdevice import inet_make_mask
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice

PREF_MAIN = 0x7FFE
PREF_DEFAULT = 0x7FFF


def fib4_rule_add(net: Net, rule: FibRule) -> FibRule:
    """fib_nl_newrule(): add rule; pref -1 puts it before all but the first.

    Table 0 for a table rule takes the first free one. OSError: EINVAL (lengths, TOS, a goto that
    leads back), ENOBUFS (no table is free).
    """
    fib = fib_of(net)
    if not 0 <= rule.src_len <= 32 or not 0 <= rule.dst_len <= 32:
        raise OSError(errno.EINVAL, "Invalid argument")
    if rule.tos & ~in_.IPTOS_TOS_MASK:
        raise OSError(errno.EINVAL, "Invalid argument")
    if rule.pref < 0:
        rule.pref = fib_default_rule_pref(net)
    if rule.action == rtnl.FR_ACT_GOTO:
        if rule.target <= rule.pref:
            raise OSError(errno.EINVAL, "Invalid argument")
    elif rule.target:
        raise OSError(errno.EINVAL, "Invalid argument")
    if rule.action == rtnl.FR_ACT_TO_TBL and rule.table == rtnl.RT_TABLE_UNSPEC:
        rule.table = fib_empty_table(net)
    rule.srcmask = inet_make_mask(rule.src_len)
    rule.dstmask = inet_make_mask(rule.dst_len)
    if rule.mark and not rule.mark_mask:
        rule.mark_mask = const.U32_MAX
    rule.iifindex = name_to_index(net, rule.iifname, 0)
    rule.oifindex = name_to_index(net, rule.oifname, 0)
    at = 0
    while at < len(fib.rules) and fib.rules[at].pref <= rule.pref:
        at += 1
    fib.rules = [*fib.rules[:at], rule, *fib.rules[at:]]
    resolve_gotos(net)
    fib.notifier.rule(rtnl.RTM_NEWRULE, net, rule)
    rt_cache_flush(net, -1)
    return rule


def fib4_rule_del(net: Net, asked: FibRule, fields: tuple[str, ...]) -> None:
    """fib_nl_delrule(): delete the first rule that is like `asked` in these fields.

    OSError: ENOENT, or EPERM for a permanent one.
    """
    fib = fib_of(net)
    for rule in fib.rules:
        if any(getattr(rule, f) != getattr(asked, f) for f in fields):
            continue
        if rule.flags & rtnl.FIB_RULE_PERMANENT:
            raise OSError(errno.EPERM, "Operation not permitted")
        fib.rules = [r for r in fib.rules if r is not rule]
        resolve_gotos(net)
        fib.notifier.rule(rtnl.RTM_DELRULE, net, rule)
        rt_cache_flush(net, -1)
        return
    raise OSError(errno.ENOENT, "No such file or directory")


def fib_default_rule_pref(net: Net) -> int:
    """fib_default_rule_pref(): one less than the second rule's; 0 when that is not possible."""
    rules = fib_of(net).rules
    return rules[1].pref - 1 if len(rules) > 1 and rules[1].pref else 0


def fib_empty_table(net: Net) -> int:
    """fib_empty_table(): the number of the first table that does not exist."""
    tables = fib_of(net).tables
    for id in range(1, rtnl.RT_TABLE_LOCAL + 1):
        if id not in tables:
            return id
    raise OSError(errno.ENOBUFS, "No buffer space available")


def resolve_gotos(net: Net) -> None:
    """Let every goto know the rule it means; one whose target is missing falls through."""
    rules = fib_of(net).rules
    for rule in rules:
        if rule.action == rtnl.FR_ACT_GOTO:
            rule.ctarget = next((r for r in rules if r.pref == rule.target), None)


def name_to_index(net: Net, name: str, unset: int) -> int:
    """The index a rule's device name stands for now: -1 while there is no such device."""
    if not name:
        return unset
    dev = net.dev_by_name.get(name)
    return -1 if dev is None else dev.ifindex


class FibRulesNetdevEvent(NetdevNotifier):
    """fib_rules_event(): names find their devices, and lose them."""

    __slots__ = ()

    def netdev_event(self, event: int, dev: NetDevice) -> int:
        """Attach or detach the rules that name dev."""
        if dev.nd_net.ipv4 is None or dev.nd_net.ipv4.fib is None:
            return const.NOTIFY_DONE
        for rule in fib_of(dev.nd_net).rules:
            if event in (const.NETDEV_REGISTER, const.NETDEV_CHANGENAME):
                if rule.iifname == dev.name:
                    rule.iifindex = dev.ifindex
                if rule.oifname == dev.name:
                    rule.oifindex = dev.ifindex
            elif event == const.NETDEV_UNREGISTER:
                if rule.iifindex == dev.ifindex:
                    rule.iifindex = -1
                if rule.oifindex == dev.ifindex:
                    rule.oifindex = -1
        return const.NOTIFY_DONE


def fib4_rules_init() -> None:
    """Once per process."""
    register_netdevice_notifier(FibRulesNetdevEvent())


def fib4_rules_net_init(net: Net) -> None:
    """fib4_rules_init(): the three default rules."""
    fib_of(net).rules = [
        FibRule(0, rtnl.RT_TABLE_LOCAL),
        FibRule(PREF_MAIN, rtnl.RT_TABLE_MAIN),
        FibRule(PREF_DEFAULT, rtnl.RT_TABLE_DEFAULT),
    ]
