"""/proc/net/rt_cache and stat/rt_cache, in the bytes that Linux prints; rt_acct.

Linux: rt_cache_seq_show(), rt_cpu_seq_show() and rt_acct_proc_show() of net/ipv4/route.c
"""

from __future__ import annotations

import softnet.uapi.neighbour as nud
import softnet.uapi.rtnetlink as rtnl
from softnet.fs.proc import ProcEntry, proc_create
from softnet.net.ipv4.arp_proc import arp_proc_init
from softnet.net.ipv4.fib_proc import LINE, net_of, swapped
from softnet.net.ipv4.route_cache import RtCacheStat, rt_cache_of
from softnet.structs.neighbour import Neighbour
from softnet.structs.net_namespace import Net
from softnet.structs.route import Rtable

RT_CACHE_HEADER = (
    "Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT\t"
    "TOS\tHHRef\tHHUptod\tSpecDst"
)
RT_STAT_HEADER = (
    "entries  in_hit in_slow_tot in_slow_mc in_no_route in_brd in_martian_dst in_martian_src  "
    "out_hit out_slow_tot out_slow_mc  gc_total gc_ignored gc_goal_miss gc_dst_overflow "
    "in_hlist_search out_hlist_search\n"
)
RT_ACCT_REALMS = 256


class ProcRtCache(ProcEntry):
    """/proc/net/rt_cache"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """Every entry of this generation, by bucket from the last to the first."""
        rc = rt_cache_of(net_of(net))
        rows = [f"{RT_CACHE_HEADER:<{LINE}}\n"]
        for i in range(rc.mask, -1, -1):
            rth = rc.buckets[i]
            while rth is not None:
                if rth.rt_genid == rc.rt_genid:
                    rows.append(f"{rt_cache_row(rth):<{LINE}}\n")
                rth = rth.rt_next
        return "".join(rows)


def rt_cache_row(r: Rtable) -> str:
    """rt_cache_seq_show()"""
    n: Neighbour | None = r.neighbour
    uptodate = 1 if n is not None and n.nud_state & nud.NUD_CONNECTED else 0
    advmss = r.advmss()
    irtt = (r.metric(rtnl.RTAX_RTT) >> 3) + r.metric(rtnl.RTAX_RTTVAR)
    return (
        f"{'*' if r.dev is None else r.dev.name}\t{swapped(r.rt_dst):08X}\t"
        f"{swapped(r.rt_gateway):08X}\t{r.rt_flags:8X}\t{r.refcnt}\t{r.use}\t0\t"
        f"{swapped(r.rt_src):08X}\t{advmss + 40 if advmss else 0}\t"
        f"{r.metric(rtnl.RTAX_WINDOW)}\t{irtt}\t"
        f"{r.rt_key_tos:02X}\t-1\t{uptodate}\t{swapped(r.rt_spec_dst):08X}"
    )


class ProcStatRtCache(ProcEntry):
    """/proc/net/stat/rt_cache"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """A row for each CPU, numbers in hexadecimal."""
        namespace = net_of(net)
        rc = rt_cache_of(namespace)
        while len(rc.stats) < len(namespace.machine.cpus):
            rc.stats.append(RtCacheStat())
        rows = [rt_stat_row(rc.entries, st) for st in rc.stats]
        return RT_STAT_HEADER + "".join(rows)


def rt_stat_row(entries: int, st: RtCacheStat) -> str:
    """rt_cpu_seq_show()"""
    return (
        f"{entries:08x}  {st.in_hit:08x} {st.in_slow_tot:08x} {st.in_slow_mc:08x} "
        f"{st.in_no_route:08x} {st.in_brd:08x} {st.in_martian_dst:08x} {st.in_martian_src:08x}  "
        f"{st.out_hit:08x} {st.out_slow_tot:08x} {st.out_slow_mc:08x}  {st.gc_total:08x} "
        f"{st.gc_ignored:08x} {st.gc_goal_miss:08x} {st.gc_dst_overflow:08x} "
        f"{st.in_hlist_search:08x} {st.out_hlist_search:08x}\n"
    )


def rt_acct_add(net: Net, tclassid: int, length: int) -> None:
    """ip_rcv_finish()'s accounts: a packet of `length` bytes from one realm to another."""
    acct = rt_cache_of(net).acct
    to = acct.setdefault(tclassid & 0xFF, [0, 0, 0, 0])
    to[0] += length
    to[1] += 1
    from_ = acct.setdefault(tclassid >> 16 & 0xFF, [0, 0, 0, 0])
    from_[2] += length
    from_[3] += 1


def rt_acct_read(net: Net) -> bytes:
    """/proc/net/rt_acct: for each of 256 realms bytes and packets out, then in, as words."""
    acct = rt_cache_of(net).acct
    none = [0, 0, 0, 0]
    return b"".join(
        (v & 0xFFFFFFFF).to_bytes(4, "little")
        for realm in range(RT_ACCT_REALMS)
        for v in acct.get(realm, none)
    )


def route_proc_init() -> None:
    """ip_rt_proc_init() and the ARP table's files: once per process."""
    proc_create(ProcRtCache("net/rt_cache"))
    proc_create(ProcStatRtCache("net/stat/rt_cache"))
    arp_proc_init()
