"""/proc/net/snmp, netstat, sockstat, raw and icmp.

Linux: net/ipv4/proc.c. Names and their order are in uapi/snmp_names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.uapi.snmp as snmp
import softnet.uapi.snmp_names as names
from softnet.fs.proc import ProcEntry, proc_create
from softnet.kernel.era import era_has
from softnet.net.ipv4.inet_fragment import NetnsFrags
from softnet.net.ipv4.inet_timewait_sock import InetTimewaitDeathRow
from softnet.net.ipv4.ping import ping_seq_show
from softnet.net.ipv4.raw import raw_seq_show
from softnet.structs.net_namespace import Net
from softnet.structs.sock import ProtoMem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from softnet.structs.net_namespace import SnmpMib

PERLINE = 16  # ICMP types to a line of IcmpMsg


def mib_lines(title: str, rows: Sequence[tuple[str, int]], mib: SnmpMib) -> str:
    """Two lines: the names, the values."""
    head = " ".join(name for name, _ in rows)
    values = " ".join(str(mib.get(index)) for _, index in rows)
    return f"{title}: {head}\n{title}: {values}\n"


def icmp_put(net: Net) -> str:
    """icmp_put(): the "Icmp:" lines of RFC 2011, from the counters by type."""
    mib = net.mib.icmp
    known_in = " ".join(f"In{name}" for name, _ in names.ICMPMIBMAP)
    known_out = " ".join(f"Out{name}" for name, _ in names.ICMPMIBMAP)
    values = [mib.get(snmp.ICMP_MIB_INMSGS), mib.get(snmp.ICMP_MIB_INERRORS)]
    values += [net.mib.icmpmsg_in.get(type, 0) for _, type in names.ICMPMIBMAP]
    values += [mib.get(snmp.ICMP_MIB_OUTMSGS), mib.get(snmp.ICMP_MIB_OUTERRORS)]
    values += [net.mib.icmpmsg_out.get(type, 0) for _, type in names.ICMPMIBMAP]
    return (
        f"Icmp: InMsgs InErrors {known_in} OutMsgs OutErrors {known_out}\n"
        f"Icmp: {' '.join(map(str, values))}\n"
    )


def icmpmsg_put(net: Net) -> str:
    """icmpmsg_put(): the types that were met, sixteen to a line."""
    rows = [(f"InType{type}", net.mib.icmpmsg_in[type]) for type in sorted(net.mib.icmpmsg_in)]
    rows += [(f"OutType{type}", net.mib.icmpmsg_out[type]) for type in sorted(net.mib.icmpmsg_out)]
    out = []
    for at in range(0, len(rows), PERLINE):
        some = rows[at : at + PERLINE]
        out.append(f"IcmpMsg: {' '.join(name for name, _ in some)}\n")
        out.append(f"IcmpMsg: {' '.join(str(count) for _, count in some)}\n")
    return "".join(out)


def snmp_seq_show(net: Net) -> str:
    """snmp_seq_show()"""
    ipv4 = net.ipv4
    head = " ".join(name for name, _ in names.SNMP4_IPSTATS)
    values = " ".join(str(net.mib.ip.get(index)) for _, index in names.SNMP4_IPSTATS)
    forwarding = 1 if ipv4.devconf_all.forwarding else 2
    return (
        f"Ip: Forwarding DefaultTTL {head}\n"
        f"Ip: {forwarding} {ipv4.sysctl_ip_default_ttl} {values}\n"
        + icmp_put(net)
        + icmpmsg_put(net)
        + mib_lines("Tcp", names.SNMP4_TCP, net.mib.tcp)
        + mib_lines("Udp", names.SNMP4_UDP, net.mib.udp)
        + mib_lines("UdpLite", names.SNMP4_UDP, net.mib.udplite)
    )


def netstat_seq_show(net: Net) -> str:
    """netstat_seq_show(): what the host's era counts, and what an extension counted so far."""
    rows = list(names.SNMP4_NET)
    if era_has(net.era, "RFC5961"):
        rows += names.SNMP4_NET_STABLE
    all_of_them = era_has(net.era, "later_counters")
    rows += [row for row in names.SNMP4_NET_LATER if all_of_them or net.mib.net.get(row[1])]
    return mib_lines("TcpExt", rows, net.mib.net) + mib_lines(
        "IpExt", names.SNMP4_IPEXTSTATS, net.mib.ip
    )


def sockstat_seq_show(net: Net) -> str:
    """sockstat_seq_show(): sockets and memory (pages, but bytes for fragments)."""
    frags = net.ipv4.frags
    assert isinstance(frags, NetnsFrags)
    tcp = net.core.prot_mem.get("TCP", ProtoMem())
    udp = net.core.prot_mem.get("UDP", ProtoMem())
    row = net.ipv4.tcp_death_row
    timewait = row.tw_count if isinstance(row, InetTimewaitDeathRow) else 0
    used = net.sockets
    return (
        f"sockets: used {sum(used.values())}\n"
        f"TCP: inuse {used.get('TCP', 0)} orphan {tcp.orphan_count} tw {timewait}"
        f" alloc {tcp.sockets_allocated} mem {tcp.allocated}\n"
        f"UDP: inuse {used.get('UDP', 0)} mem {udp.allocated}\n"
        f"UDPLITE: inuse {used.get('UDP-Lite', 0)}\n"
        f"RAW: inuse {used.get('RAW', 0)}\n"
        f"FRAG: inuse {frags.nqueues} memory {frags.mem}\n"
    )


class ProcSnmp(ProcEntry):
    """/proc/net/snmp"""

    __slots__ = ()

    def show(self, net: object) -> str:
        assert isinstance(net, Net)
        return snmp_seq_show(net)


class ProcNetstat(ProcEntry):
    """/proc/net/netstat"""

    __slots__ = ()

    def show(self, net: object) -> str:
        assert isinstance(net, Net)
        return netstat_seq_show(net)


class ProcSockstat(ProcEntry):
    """/proc/net/sockstat"""

    __slots__ = ()

    def show(self, net: object) -> str:
        assert isinstance(net, Net)
        return sockstat_seq_show(net)


class ProcRaw(ProcEntry):
    """/proc/net/raw"""

    __slots__ = ()

    def show(self, net: object) -> str:
        assert isinstance(net, Net)
        return raw_seq_show(net)


class ProcIcmp(ProcEntry):
    """/proc/net/icmp"""

    __slots__ = ()

    def show(self, net: object) -> str:
        assert isinstance(net, Net)
        return ping_seq_show(net)


def ip_proc_init() -> None:
    """Once per process."""
    proc_create(ProcSnmp("net/snmp"))
    proc_create(ProcNetstat("net/netstat"))
    proc_create(ProcSockstat("net/sockstat"))
    proc_create(ProcRaw("net/raw"))
    proc_create(ProcIcmp("net/icmp"))
