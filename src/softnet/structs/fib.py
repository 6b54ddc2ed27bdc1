"""The forwarding table's nouns: next hops, routes, what a lookup answers, what is asked for.

Linux: include/net/ip_fib.h, net/ipv4/fib_lookup.h, include/net/fib_rules.h

    FibConfig   a route as somebody wants it (netlink, route(8), the kernel itself)
    FibInfo     everything about a route but its destination; shared by all routes that say the same
    FibAlias    ties a FibInfo to one destination, TOS and type; lives in a table
    FibTable    finds the FibAlias of an address; net/ipv4/fib_trie is the only kind
    FibRule     says which table to ask
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.uapi.netlink as netlink
from softnet.structs.dst import dst_default_metrics

if TYPE_CHECKING:
    from softnet.structs.flow import Flowi4
    from softnet.structs.net_namespace import Net
    from softnet.structs.netdevice import NetDevice


class FibNh:
    """struct fib_nh: one next hop of a route."""

    __slots__ = (
        "nh_dev",
        "nh_parent",
        "nh_flags",
        "nh_scope",
        "nh_weight",
        "nh_power",
        "nh_tclassid",
        "nh_oif",
        "nh_gw",
        "nh_saddr",
        "nh_saddr_genid",
    )

    nh_dev: NetDevice | None
    nh_parent: FibInfo | None
    nh_flags: int  # RTNH_F_*
    nh_scope: int
    nh_weight: int
    nh_power: int  # share of the next picks that it still has
    nh_tclassid: int
    nh_oif: int
    nh_gw: int  # 0: the destination is on the link
    nh_saddr: int  # the source address for this hop, as of nh_saddr_genid
    nh_saddr_genid: int

    def __init__(self, oif: int = 0, gw: int = 0, weight: int = 1, flags: int = 0) -> None:
        self.nh_dev = None
        self.nh_parent = None
        self.nh_flags = flags
        self.nh_scope = 0
        self.nh_weight = weight
        self.nh_power = 0
        self.nh_tclassid = 0
        self.nh_oif = oif
        self.nh_gw = gw
        self.nh_saddr = 0
        self.nh_saddr_genid = -1


class FibInfo:
    """struct fib_info."""

    __slots__ = (
        "fib_net",
        "fib_treeref",
        "fib_dead",
        "fib_flags",
        "fib_protocol",
        "fib_scope",
        "fib_prefsrc",
        "fib_priority",
        "fib_metrics",
        "fib_power",
        "fib_nh",
        "fib_nhs",
        "fib_key",
    )

    fib_net: Net
    fib_treeref: int  # aliases that use it
    fib_dead: bool
    fib_flags: int  # RTNH_F_* | RTM_F_*
    fib_protocol: int  # RTPROT_*
    fib_scope: int
    fib_prefsrc: int
    fib_priority: int
    fib_metrics: list[int]  # by RTAX_*; never written once the route is in
    fib_power: int
    fib_nh: list[FibNh]
    fib_nhs: int
    fib_key: object  # its place in the table of all fib_infos

    def __init__(self, net: Net, nhs: list[FibNh]) -> None:
        self.fib_net = net
        self.fib_treeref = 0
        self.fib_dead = False
        self.fib_flags = 0
        self.fib_protocol = 0
        self.fib_scope = 0
        self.fib_prefsrc = 0
        self.fib_priority = 0
        self.fib_metrics = dst_default_metrics()
        self.fib_power = 0
        self.fib_nh = nhs
        self.fib_nhs = len(nhs)
        self.fib_key = None

    def dev(self) -> NetDevice | None:
        """fib_dev: the first next hop's device."""
        nh = self.fib_nh[0]
        return nh.nh_dev


class FibAlias:
    """struct fib_alias."""

    __slots__ = ("fa_info", "fa_tos", "fa_type", "fa_accessed")

    fa_info: FibInfo
    fa_tos: int
    fa_type: int  # RTN_*
    fa_accessed: bool

    def __init__(self, info: FibInfo, tos: int, type: int) -> None:
        self.fa_info = info
        self.fa_tos = tos
        self.fa_type = type
        self.fa_accessed = False


class FibResult:
    """struct fib_result: what fib_lookup() found."""

    __slots__ = ("prefixlen", "nh_sel", "type", "scope", "fi", "table", "fa_head", "r")

    prefixlen: int
    nh_sel: int  # index into fi.fib_nh
    type: int  # RTN_*
    scope: int
    fi: FibInfo | None
    table: FibTable | None
    fa_head: list[FibAlias] | None  # all aliases of that prefix
    r: FibRule | None  # the rule that led to the table

    def __init__(self) -> None:
        self.prefixlen = 0
        self.nh_sel = 0
        self.type = 0
        self.scope = 0
        self.fi = None
        self.table = None
        self.fa_head = None
        self.r = None

    def nh(self) -> FibNh:
        """FIB_RES_NH"""
        return self.fi.fib_nh[self.nh_sel]  # type: ignore[union-attr]  # only after a hit

    def dev(self) -> NetDevice | None:
        """FIB_RES_DEV"""
        return self.nh().nh_dev

    def oif(self) -> int:
        """FIB_RES_OIF"""
        return self.nh().nh_oif

    def gw(self) -> int:
        """FIB_RES_GW"""
        return self.nh().nh_gw


class FibConfig:
    """struct fib_config: a route to add or delete. Addresses are host integers.

    FibConfig(dst=0x0A000000, dst_len=8, gw=0xC0A80101) is `ip route add 10.0.0.0/8 via
    192.168.1.1`."""

    __slots__ = (
        "fc_dst_len",
        "fc_tos",
        "fc_protocol",
        "fc_scope",
        "fc_type",
        "fc_table",
        "fc_dst",
        "fc_gw",
        "fc_oif",
        "fc_flags",
        "fc_priority",
        "fc_prefsrc",
        "fc_mx",
        "fc_mp",
        "fc_flow",
        "fc_nlflags",
    )

    fc_dst_len: int
    fc_tos: int
    fc_protocol: int
    fc_scope: int
    fc_type: int
    fc_table: int
    fc_dst: int
    fc_gw: int
    fc_oif: int
    fc_flags: int  # RTNH_F_* | RTM_F_*
    fc_priority: int
    fc_prefsrc: int
    fc_mx: dict[int, int]  # RTAX_* -> value
    fc_mp: list[FibNh] | None  # multipath: nh_oif, nh_gw, nh_weight, nh_flags of each
    fc_flow: int
    fc_nlflags: int  # NLM_F_*

    def __init__(
        self,
        dst: int = 0,
        dst_len: int = 0,
        gw: int = 0,
        oif: int = 0,
        type: int = 1,
        table: int = 254,
        scope: int = 0,
        protocol: int = 3,
    ) -> None:
        self.fc_dst_len = dst_len
        self.fc_tos = 0
        self.fc_protocol = protocol
        self.fc_scope = scope
        self.fc_type = type
        self.fc_table = table
        self.fc_dst = dst
        self.fc_gw = gw
        self.fc_oif = oif
        self.fc_flags = 0
        self.fc_priority = 0
        self.fc_prefsrc = 0
        self.fc_mx = {}
        self.fc_mp = None
        self.fc_flow = 0
        self.fc_nlflags = netlink.NLM_F_CREATE | netlink.NLM_F_EXCL


class FibTable:
    """struct fib_table."""

    __slots__ = ("tb_id", "tb_default", "tb_num_default", "net")

    tb_id: int
    tb_default: int  # which default route was good last
    tb_num_default: int  # how many default routes there are
    net: Net

    def __init__(self, net: Net, id: int) -> None:
        self.tb_id = id
        self.tb_default = -1
        self.tb_num_default = 0
        self.net = net

    def lookup(self, flp: Flowi4, res: FibResult) -> int:
        """fib_table_lookup(): 0 and res filled, or -errno; -EAGAIN: ask the next table."""
        return -11


class FibRule:
    """struct fib_rule with IPv4's part, struct fib4_rule."""

    __slots__ = (
        "pref",
        "action",
        "flags",
        "table",
        "target",
        "iifindex",
        "oifindex",
        "iifname",
        "oifname",
        "mark",
        "mark_mask",
        "ctarget",
        "src",
        "src_len",
        "srcmask",
        "dst",
        "dst_len",
        "dstmask",
        "tos",
        "tclassid",
    )

    pref: int
    action: int  # FR_ACT_*
    flags: int  # FIB_RULE_*
    table: int
    target: int  # FR_ACT_GOTO: the preference to go on at
    iifindex: int  # 0 any, -1 a name that has no device now
    oifindex: int
    iifname: str
    oifname: str
    mark: int
    mark_mask: int
    ctarget: FibRule | None  # the rule that target means
    src: int
    src_len: int
    srcmask: int
    dst: int
    dst_len: int
    dstmask: int
    tos: int
    tclassid: int

    def __init__(self, pref: int, table: int, action: int = 1, flags: int = 0) -> None:
        self.pref = pref
        self.action = action
        self.flags = flags
        self.table = table
        self.target = 0
        self.iifindex = 0
        self.oifindex = 0
        self.iifname = ""
        self.oifname = ""
        self.mark = 0
        self.mark_mask = 0
        self.ctarget = None
        self.src = 0
        self.src_len = 0
        self.srcmask = 0
        self.dst = 0
        self.dst_len = 0
        self.dstmask = 0
        self.tos = 0
        self.tclassid = 0


class FibNotifier:
    """Who wants to hear of routes and rules that come and go: rtnetlink registers one."""

    __slots__ = ()

    def route(
        self, event: int, key: int, plen: int, fa: FibAlias, tb: FibTable, flags: int
    ) -> None:
        """rtmsg_fib(): event RTM_NEWROUTE or RTM_DELROUTE; flags NLM_F_REPLACE or 0."""

    def rule(self, event: int, net: Net, rule: FibRule) -> None:
        """notify_rule_change(): event RTM_NEWRULE or RTM_DELRULE."""


class NetnsFib:
    """One namespace's tables and rules (net->ipv4.fib_*)."""

    __slots__ = (
        "net",
        "tables",
        "rules",
        "info_hash",
        "local",
        "main",
        "dflt",
        "addr_genid",
        "notifier",
    )

    net: Net
    tables: dict[int, FibTable]  # by id
    rules: list[FibRule]  # by preference
    info_hash: dict[object, FibInfo]  # every live fib_info by what it says
    local: FibTable
    main: FibTable
    dflt: FibTable
    addr_genid: int  # dev_addr_genid: bumped when an address comes or goes
    notifier: FibNotifier

    def __init__(self, net: Net) -> None:
        self.net = net
        self.tables = {}
        self.rules = []
        self.info_hash = {}
        self.local = None  # type: ignore[assignment]  # ip_fib_net_init() sets the three
        self.main = None  # type: ignore[assignment]  # likewise
        self.dflt = None  # type: ignore[assignment]  # likewise
        self.addr_genid = 0
        self.notifier = FibNotifier()
