"""/proc/net/arp and stat/arp_cache, in the bytes that Linux prints.

Linux: arp_seq_show() of net/ipv4/arp.c, neigh_stat_seq_show() of net/core/neighbour.c
"""

from __future__ import annotations

import softnet.uapi.if_arp as if_arp
import softnet.uapi.neighbour as nud
from softnet.fs.proc import ProcEntry, proc_create
from softnet.net.core.neighbour import neigh_stat_show
from softnet.net.ipv4.arp import arp_tbl
from softnet.net.ipv4.fib_proc import net_of
from softnet.net.ipv4.route_cache import format_addr
from softnet.structs.neighbour import Neighbour
from softnet.structs.net_namespace import Net


def arp_state_to_flags(neigh: Neighbour) -> int:
    """arp_state_to_flags(): ATF_* as the old tools know them."""
    if neigh.nud_state & nud.NUD_PERMANENT:
        return if_arp.ATF_PERM | if_arp.ATF_COM
    if neigh.nud_state & nud.NUD_VALID:
        return if_arp.ATF_COM
    return 0


def arp_seq_show(net: Net) -> str:
    """arp_seq_show(): entries that ARP made, then the addresses that we answer for."""
    tbl = arp_tbl(net)
    out = ["IP address       HW type     Flags       HW address            Mask     Device\n"]
    for n in tbl.hash.values():
        if n.nud_state & ~nud.NUD_NOARP == 0:
            continue
        ha = n.ha.hex(":")
        out.append(arp_row(n.primary_key, n.dev.type, arp_state_to_flags(n), ha, n.dev.name))
    for p in tbl.phash.values():
        name = "*" if p.dev is None else p.dev.name
        type = 0 if p.dev is None else p.dev.type
        flags = if_arp.ATF_PUBL | if_arp.ATF_PERM
        out.append(arp_row(p.key, type, flags, "00:00:00:00:00:00", name))
    return "".join(out)


def arp_row(addr: int, type: int, flags: int, ha: str, name: str) -> str:
    """One row."""
    return f"{format_addr(addr):<16} 0x{type:<10x}0x{flags:<10x}{ha}     *        {name}\n"


class ProcArp(ProcEntry):
    """/proc/net/arp"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """arp_seq_show()"""
        return arp_seq_show(net_of(net))


class ProcStatArpCache(ProcEntry):
    """/proc/net/stat/arp_cache"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """neigh_stat_seq_show()"""
        namespace = net_of(net)
        return neigh_stat_show(arp_tbl(namespace), len(namespace.machine.cpus))


def arp_proc_init() -> None:
    """arp_proc_init(): once per process."""
    proc_create(ProcArp("net/arp"))
    proc_create(ProcStatArpCache("net/stat/arp_cache"))
