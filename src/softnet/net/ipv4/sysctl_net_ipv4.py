"""The tunables net.ipv4.* of datagrams: IP, ICMP, IGMP, UDP, fragments, peers, ports.

Linux: net/ipv4/sysctl_net_ipv4.c, and the tables of ip_fragment.c and icmp.c. Devices', routing's and
TCP's rows stand beside their owners.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
from softnet.kernel.sysctl import CallRow, IntRow, IntVecRow, JiffiesRow, MsJiffiesRow, RangeRow
from softnet.net.ipv4.inet_fragment import NetnsFrags
from softnet.net.ipv4.inetpeer import InetPeerBase

if TYPE_CHECKING:
    from softnet.kernel.sysctl import SysctlTable
    from softnet.structs.net_namespace import Net
    from softnet.structs.netns_ipv4 import NetnsIpv4

TTL_MAX = 255
PORT_MAX = 0xFFFF


def ipv4_sysctl_net_init(net: Net) -> None:
    """ipv4_sysctl_init_net(): the rows are made when they are first looked at."""
    net.sysctl.later(lambda: register_rows(net))


def register_rows(net: Net) -> None:
    """Every row of net.ipv4 that is not TCP's or routing's."""
    table = net.sysctl
    ipv4 = net.ipv4
    register_ip(table, ipv4)
    register_icmp_igmp_udp(table, ipv4)
    frags = ipv4.frags
    assert isinstance(frags, NetnsFrags)
    register_frags(table, frags)
    peers = ipv4.peers
    assert isinstance(peers, InetPeerBase)
    table.register("net.ipv4.inet_peer_threshold", IntRow(peers, "inet_peer_threshold"))
    table.register("net.ipv4.inet_peer_minttl", JiffiesRow(peers, "inet_peer_minttl"))
    table.register("net.ipv4.inet_peer_maxttl", JiffiesRow(peers, "inet_peer_maxttl"))


def register_ip(table: SysctlTable, ipv4: NetnsIpv4) -> None:
    """IP itself, and the choice of local ports."""
    ttl = IntRow(ipv4, "sysctl_ip_default_ttl", 1, TTL_MAX)
    table.register("net.ipv4.ip_default_ttl", ttl)
    for name in ("ip_no_pmtu_disc", "ip_nonlocal_bind", "ip_dynaddr"):
        table.register(f"net.ipv4.{name}", IntRow(ipv4, f"sysctl_{name}"))
    ports = RangeRow(ipv4, "local_port_low", "local_port_high", 1, PORT_MAX)
    table.register("net.ipv4.ip_local_port_range", ports)
    reserved = CallRow(
        lambda: format_ports(ipv4.reserved_ports),
        lambda text: set_reserved_ports(ipv4, text),
    )
    table.register("net.ipv4.ip_local_reserved_ports", reserved)


def register_icmp_igmp_udp(table: SysctlTable, ipv4: NetnsIpv4) -> None:
    """The protocols'."""
    for name in (
        "icmp_echo_ignore_all",
        "icmp_echo_ignore_broadcasts",
        "icmp_ignore_bogus_error_responses",
        "icmp_errors_use_inbound_ifaddr",
        "icmp_ratemask",
        "igmp_max_memberships",
        "igmp_max_msf",
    ):
        table.register(f"net.ipv4.{name}", IntRow(ipv4, f"sysctl_{name}"))
    table.register("net.ipv4.icmp_ratelimit", MsJiffiesRow(ipv4, "sysctl_icmp_ratelimit"))
    groups = CallRow(
        lambda: f"{ipv4.ping_group_low}\t{ipv4.ping_group_high}",
        lambda text: set_ping_group_range(ipv4, text),
    )
    table.register("net.ipv4.ping_group_range", groups)
    table.register("net.ipv4.udp_mem", IntVecRow(ipv4, "sysctl_udp_mem", 0))
    table.register("net.ipv4.udp_rmem_min", IntRow(ipv4, "sysctl_udp_rmem_min", 0))
    table.register("net.ipv4.udp_wmem_min", IntRow(ipv4, "sysctl_udp_wmem_min", 0))


def register_frags(table: SysctlTable, frags: NetnsFrags) -> None:
    """Reassembly's."""
    table.register("net.ipv4.ipfrag_high_thresh", IntRow(frags, "high_thresh"))
    table.register("net.ipv4.ipfrag_low_thresh", IntRow(frags, "low_thresh"))
    table.register("net.ipv4.ipfrag_time", JiffiesRow(frags, "timeout"))
    table.register("net.ipv4.ipfrag_secret_interval", JiffiesRow(frags, "secret_interval"))
    table.register("net.ipv4.ipfrag_max_dist", IntRow(frags, "max_dist", 0))


def set_ping_group_range(ipv4: NetnsIpv4, text: str) -> None:
    """ipv4_ping_group_range(): two groups; an empty range, as "1 0", lets nobody."""
    words = text.split()
    if len(words) != 2 or not all(w.isascii() and w.isdigit() for w in words):
        raise OSError(22, "Invalid argument")
    low, high = int(words[0]), int(words[1])
    if low > const.U32_MAX or high > const.U32_MAX:
        raise OSError(22, "Invalid argument")
    if high < low:
        low, high = 1, 0
    ipv4.ping_group_low = low
    ipv4.ping_group_high = high


def set_reserved_ports(ipv4: NetnsIpv4, text: str) -> None:
    """proc_do_large_bitmap(): "8080,9000-9010": ports that are never chosen by themselves."""
    ports: set[int] = set()
    for part in text.replace("\n", "").split(","):
        if not part.strip():
            continue
        low, dash, high = part.strip().partition("-")
        if not low.isdigit() or (dash and not high.isdigit()):
            raise OSError(22, "Invalid argument")
        first, last = int(low), int(high or low)
        if first > last or last > PORT_MAX:
            raise OSError(22, "Invalid argument")
        ports.update(range(first, last + 1))
    ipv4.reserved_ports = ports


def format_ports(ports: set[int]) -> str:
    """The same as text, in ranges."""
    out: list[str] = []
    first = last = -1
    for port in [*sorted(ports), -1]:
        if port == last + 1 and last >= 0:
            last = port
            continue
        if first >= 0:
            out.append(str(first) if first == last else f"{first}-{last}")
        first = last = port
    return ",".join(out)
