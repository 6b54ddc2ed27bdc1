"""/proc/net/route, fib_trie and fib_triestat, in the bytes that Linux prints.

Linux: fib_route_seq_show(), fib_trie_seq_show(), fib_triestat_seq_show() of net/ipv4/fib_trie.c

Addresses in /proc/net/route are network order words printed as numbers by a little-endian machine:
10.0.0.0 is 0000000A. Sizes in fib_triestat are those of 3.2 on x86-64.
"""

from __future__ import annotations

import softnet.uapi.rtnetlink as rtnl
from softnet.fs.proc import ProcEntry, proc_create
from softnet.net.ipv4.fib_lookup import fib_get_table, fib_of
from softnet.net.ipv4.fib_trie import FibTrie, Leaf, RtTrieNode, Tnode, fib_table_dump, mask_pfx
from softnet.net.ipv4.route_cache import format_addr
from softnet.structs.fib import FibAlias
from softnet.structs.inetdevice import inet_make_mask
from softnet.structs.net_namespace import Net

LINE = 127  # bytes of a row, without the newline
SIZEOF_LEAF = 40
SIZEOF_LEAF_INFO = 48
SIZEOF_TNODE = 40
SIZEOF_POINTER = 8
MAX_STAT_DEPTH = 32
SCOPES = {
    rtnl.RT_SCOPE_UNIVERSE: "universe",
    rtnl.RT_SCOPE_SITE: "site",
    rtnl.RT_SCOPE_LINK: "link",
    rtnl.RT_SCOPE_HOST: "host",
    rtnl.RT_SCOPE_NOWHERE: "nowhere",
}
TYPES = (
    "UNSPEC",
    "UNICAST",
    "LOCAL",
    "BROADCAST",
    "ANYCAST",
    "MULTICAST",
    "BLACKHOLE",
    "UNREACHABLE",
    "PROHIBIT",
    "THROW",
    "NAT",
    "XRESOLVE",
)
ROUTE_HEADER = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"


def net_of(net: object) -> Net:
    """The reader's namespace."""
    assert isinstance(net, Net)
    return net


def swapped(addr: int) -> int:
    """A network order word as a little-endian machine reads it."""
    return int.from_bytes(addr.to_bytes(4, "big"), "little")


class ProcNetRoute(ProcEntry):
    """/proc/net/route"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """The table main, without broadcast and multicast routes."""
        tb = fib_get_table(net_of(net), rtnl.RT_TABLE_MAIN)
        rows = [f"{ROUTE_HEADER:<{LINE}}\n"]
        if isinstance(tb, FibTrie):
            for key, plen, fa in fib_table_dump(tb):
                if fa.fa_type not in (rtnl.RTN_BROADCAST, rtnl.RTN_MULTICAST):
                    rows.append(f"{fib_route_row(key, plen, fa):<{LINE}}\n")
        return "".join(rows)


def fib_route_row(key: int, plen: int, fa: FibAlias) -> str:
    """fib_route_seq_show()"""
    fi = fa.fa_info
    nh = fi.fib_nh[0]
    mask = inet_make_mask(plen)
    flags = rtnl.RTF_UP
    if fa.fa_type in (rtnl.RTN_UNREACHABLE, rtnl.RTN_PROHIBIT):
        flags |= rtnl.RTF_REJECT
    if nh.nh_gw:
        flags |= rtnl.RTF_GATEWAY
    if plen == 32:
        flags |= rtnl.RTF_HOST
    advmss = fi.fib_metrics[rtnl.RTAX_ADVMSS]
    return (
        f"{'*' if nh.nh_dev is None else nh.nh_dev.name}\t{swapped(key):08X}\t"
        f"{swapped(nh.nh_gw):08X}\t{flags:04X}\t0\t0\t{fi.fib_priority}\t{swapped(mask):08X}\t"
        f"{advmss + 40 if advmss else 0}\t{fi.fib_metrics[rtnl.RTAX_WINDOW]}\t"
        f"{fi.fib_metrics[rtnl.RTAX_RTT] >> 3}"
    )


def table_name(tb: FibTrie) -> str:
    """fib_table_print()"""
    names = {rtnl.RT_TABLE_LOCAL: "Local:", rtnl.RT_TABLE_MAIN: "Main:"}
    return names.get(tb.tb_id, f"Id {tb.tb_id}:") + "\n"


def tables(net: Net) -> list[FibTrie]:
    """Every table, in the order of the kernel's hash of 256 chains, the newest first in each."""
    found = [tb for tb in fib_of(net).tables.values() if isinstance(tb, FibTrie)]
    found.reverse()
    return sorted(found, key=lambda tb: tb.tb_id & 255)


class ProcFibTrie(ProcEntry):
    """/proc/net/fib_trie"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """Each table as a tree."""
        out: list[str] = []
        for tb in tables(net_of(net)):
            if tb.trie is not None:
                out.append(table_name(tb))
                trie_show(tb.trie, 1 if isinstance(tb.trie, Tnode) else 0, out)
        return "".join(out)


def trie_show(n: RtTrieNode, depth: int, out: list[str]) -> None:
    """fib_trie_seq_show(): n and what is below it."""
    if isinstance(n, Leaf):
        indent = "   " * depth
        out.append(f"{indent}  |-- {format_addr(n.key)}\n")
        for li in n.infos:
            for fa in li.falh:
                scope = fa.fa_info.fib_scope
                name = SCOPES.get(scope, f"scope={scope}")
                tos = f" tos={fa.fa_tos}" if fa.fa_tos else ""
                out.append(f"{indent}     /{li.plen} {name} {TYPES[fa.fa_type]}{tos}\n")
        return
    assert isinstance(n, Tnode)
    prefix = format_addr(mask_pfx(n.key, n.pos))
    indent = "   " * (depth - 1)
    out.append(f"{indent}  +-- {prefix}/{n.pos} {n.bits} {n.full_children} {n.empty_children}\n")
    for child in n.child:
        if child is not None:
            trie_show(child, depth + 1 if isinstance(child, Tnode) else depth, out)


class TrieStat:
    """struct trie_stat"""

    __slots__ = (
        "leaves",
        "maxdepth",
        "nodesizes",
        "nullpointers",
        "pointers",
        "prefixes",
        "tnodes",
        "totdepth",
    )

    totdepth: int
    maxdepth: int
    tnodes: int
    leaves: int
    nullpointers: int
    pointers: int
    prefixes: int
    nodesizes: list[int]  # tnodes by bits

    def __init__(self) -> None:
        self.totdepth = 0
        self.maxdepth = 0
        self.tnodes = 0
        self.leaves = 0
        self.nullpointers = 0
        self.pointers = 0
        self.prefixes = 0
        self.nodesizes = [0] * MAX_STAT_DEPTH


def trie_collect_stats(n: RtTrieNode | None, depth: int, s: TrieStat) -> None:
    """trie_collect_stats()"""
    if isinstance(n, Leaf):
        s.leaves += 1
        s.totdepth += depth
        s.maxdepth = max(s.maxdepth, depth)
        s.prefixes += len(n.infos)
    elif isinstance(n, Tnode):
        s.tnodes += 1
        s.nodesizes[n.bits] += 1
        s.pointers += n.size
        for child in n.child:
            if child is None:
                s.nullpointers += 1
            else:
                trie_collect_stats(child, depth + 1, s)


class ProcFibTriestat(ProcEntry):
    """/proc/net/fib_triestat"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """Sizes and shapes."""
        out = [
            f"Basic info: size of leaf: {SIZEOF_LEAF} bytes, size of tnode: {SIZEOF_TNODE} bytes.\n"
        ]
        for tb in tables(net_of(net)):
            out.append(table_name(tb))
            s = TrieStat()
            trie_collect_stats(tb.trie, 0, s)
            out.append(trie_stat_text(s))
        return "".join(out)


def trie_stat_text(s: TrieStat) -> str:
    """trie_show_stats()"""
    average = s.totdepth * 100 // s.leaves if s.leaves else 0
    size = SIZEOF_LEAF * s.leaves + SIZEOF_LEAF_INFO * s.prefixes + SIZEOF_TNODE * s.tnodes
    size += SIZEOF_POINTER * s.pointers
    kinds = "".join(f"  {bits}: {n}" for bits, n in enumerate(s.nodesizes) if n)
    return (
        f"\tAver depth:     {average // 100}.{average % 100:02d}\n"
        f"\tMax depth:      {s.maxdepth}\n"
        f"\tLeaves:         {s.leaves}\n"
        f"\tPrefixes:       {s.prefixes}\n"
        f"\tInternal nodes: {s.tnodes}\n"
        f"\t{kinds}\n"
        f"\tPointers: {s.pointers}\n"
        f"Null ptrs: {s.nullpointers}\n"
        f"Total size: {(size + 1023) // 1024}  kB\n"
    )


def fib_proc_init() -> None:
    """fib_proc_init(): once per process."""
    proc_create(ProcNetRoute("net/route"))
    proc_create(ProcFibTrie("net/fib_trie"))
    proc_create(ProcFibTriestat("net/fib_triestat"))
