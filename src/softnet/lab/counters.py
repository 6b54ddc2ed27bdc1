"""Which counters of a host moved: what a drop leaves in /proc/net/snmp, netstat, the devices' statistics.

    counters = Counters(host)
    ...
    counters.moved()        {"TcpExt.ListenDrops": 1}

Only those that tell of trouble: what counts traffic moves with every packet.
"""

from __future__ import annotations

import softnet.uapi.snmp as snmp
import softnet.uapi.snmp_names as names
from softnet.host import Host
from softnet.net.ipv4.arp import arp_tbl

TRAFFIC = (
    "InReceives", "ForwDatagrams", "InDelivers", "OutRequests", "ReasmReqds", "ReasmOKs",
    "FragOKs", "FragCreates", "InMcastPkts", "OutMcastPkts", "InBcastPkts", "OutBcastPkts",
    "InOctets", "OutOctets", "InMcastOctets", "OutMcastOctets", "InBcastOctets",
    "OutBcastOctets", "RtoAlgorithm", "RtoMin", "RtoMax", "MaxConn", "ActiveOpens",
    "PassiveOpens", "CurrEstab", "InSegs", "OutSegs", "InDatagrams", "OutDatagrams", "TW",
    "DelayedACKs", "TCPPrequeued", "TCPDirectCopyFromBacklog", "TCPDirectCopyFromPrequeue",
    "TCPHPHits", "TCPHPHitsToUser", "TCPPureAcks", "TCPHPAcks", "TCPOrigDataSent",
    "TCPAutoCorking", "TCPRcvCoalesce",
)  # fmt: skip
DEVICE = (
    "rx_errors", "tx_errors", "rx_dropped", "tx_dropped", "rx_length_errors", "rx_over_errors",
    "rx_crc_errors", "rx_frame_errors", "rx_fifo_errors", "rx_missed_errors", "tx_aborted_errors",
    "tx_carrier_errors", "tx_fifo_errors",
)  # fmt: skip
ARP = ("unres_discards", "res_failed")  # of /proc/net/stat/arp_cache


class Counters:
    """The counters of a host, as they were when one looked last."""

    __slots__ = ("host", "last")

    def __init__(self, host: Host) -> None:
        self.host = host
        self.last = self.look()

    def look(self) -> list[int]:
        """Their values: of ROWS, of ARP, then of DEVICE for each device."""
        net = self.host.net
        arp = arp_tbl(net).stats
        mibs = {name: getattr(net.mib, name) for name in MIBS}
        found: list[int] = [mibs[mib].get(index) for mib, _, index in ROWS]
        found += [sum(getattr(cpu, name) for cpu in arp) for name in ARP]
        for dev in net.dev_base:
            found += [getattr(dev.stats, name) for name in DEVICE]
        return found

    def moved(self) -> dict[str, int]:
        """By how much each moved since the last look."""
        before, now = self.last, self.look()
        self.last = now
        if before == now or len(before) != len(now):  # a device came or went
            return {}
        return {
            self.name(i): y - x for i, (x, y) in enumerate(zip(before, now, strict=True)) if x != y
        }

    def name(self, at: int) -> str:
        """TcpExt.ListenDrops, eth0.rx_dropped"""
        if at < len(ROWS):
            return ROWS[at][1]
        at -= len(ROWS)
        if at < len(ARP):
            return f"arp_cache.{ARP[at]}"
        device, which = divmod(at - len(ARP), len(DEVICE))
        return f"{self.host.net.dev_base[device].name}.{DEVICE[which]}"


def rows() -> list[tuple[str, str, int]]:
    """The attribute of the MIB, the counter's name, its place there."""
    groups = (
        ("ip", "Ip", names.SNMP4_IPSTATS),
        ("ip", "IpExt", names.SNMP4_IPEXTSTATS),
        ("tcp", "Tcp", names.SNMP4_TCP),
        ("udp", "Udp", names.SNMP4_UDP),
        ("icmp", "Icmp", (("InErrors", snmp.ICMP_MIB_INERRORS),)),
        ("net", "TcpExt", names.SNMP4_NET + names.SNMP4_NET_STABLE + names.SNMP4_NET_LATER),
    )
    return [
        (mib, f"{group}.{name}", index)
        for mib, group, table in groups
        for name, index in table
        if name not in TRAFFIC
    ]


ROWS = rows()
MIBS = sorted({mib for mib, _, _ in ROWS})
