"""struct netns_ipv4: one namespace's IPv4 state and the net.ipv4.* tunables.

Linux: include/net/netns/ipv4.h, net/ipv4/sysctl_net_ipv4.c

Every tunable of /proc/sys/net/ipv4 is a field in the kernel's name; the sysctl rows point at them.
The tables that one file owns (socket hashes, fib, route cache, fragments) are slots that its
xxx_net_init() fills. Times are in jiffies (HZ 1000) unless the name says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softnet.structs.inetdevice import InIfaddr, Ipv4Devconf
    from softnet.structs.sock import Sock

HZ = 1000


class NetnsIpv4:
    """struct netns_ipv4."""

    __slots__ = (
        "devconf_all",
        "devconf_dflt",
        "inet_addr_lst",
        "fib",
        "rules",
        "route",
        "frags",
        "peers",
        "arp_tbl",
        "tcp_hashinfo",
        "tcp_death_row",
        "udp_table",
        "udplite_table",
        "raw_hash",
        "raw_sockets",
        "ping_table",
        "icmp_sk",
        "tcp_sock",
        "ip_ident",
        "sysctl_ip_default_ttl",
        "sysctl_ip_no_pmtu_disc",
        "sysctl_ip_nonlocal_bind",
        "sysctl_ip_dynaddr",
        "ip_forward",
        "local_port_low",
        "local_port_high",
        "reserved_ports",
        "sysctl_icmp_echo_ignore_all",
        "sysctl_icmp_echo_ignore_broadcasts",
        "sysctl_icmp_ignore_bogus_error_responses",
        "sysctl_icmp_ratelimit",
        "sysctl_icmp_ratemask",
        "sysctl_icmp_errors_use_inbound_ifaddr",
        "ping_group_low",
        "ping_group_high",
        "sysctl_igmp_max_memberships",
        "sysctl_igmp_max_msf",
        "sysctl_udp_mem",
        "sysctl_udp_rmem_min",
        "sysctl_udp_wmem_min",
        "udp_memory_allocated",
        "tcp",
    )

    devconf_all: Ipv4Devconf
    devconf_dflt: Ipv4Devconf
    inet_addr_lst: dict[int, list[InIfaddr]]  # every address of every device, by ifa_local
    fib: object  # fib_frontend: tables by id
    rules: object  # fib_rules
    route: object  # route: the cache and its tunables
    frags: object  # ip_fragment
    peers: object  # inetpeer
    arp_tbl: object  # arp: NeighTable
    tcp_hashinfo: object  # inet_hashtables
    tcp_death_row: object  # inet_timewait_sock
    udp_table: object
    udplite_table: object
    raw_hash: object
    raw_sockets: int  # how many are in it: the fast path asks no more
    ping_table: object
    icmp_sk: Sock | None
    tcp_sock: Sock | None  # for resets and ACKs that no socket sends
    ip_ident: int
    sysctl_ip_default_ttl: int
    sysctl_ip_no_pmtu_disc: int
    sysctl_ip_nonlocal_bind: int
    sysctl_ip_dynaddr: int
    ip_forward: int
    local_port_low: int
    local_port_high: int
    reserved_ports: set[int]
    sysctl_icmp_echo_ignore_all: int
    sysctl_icmp_echo_ignore_broadcasts: int
    sysctl_icmp_ignore_bogus_error_responses: int
    sysctl_icmp_ratelimit: int
    sysctl_icmp_ratemask: int
    sysctl_icmp_errors_use_inbound_ifaddr: int
    ping_group_low: int
    ping_group_high: int
    sysctl_igmp_max_memberships: int
    sysctl_igmp_max_msf: int
    sysctl_udp_mem: list[int]
    sysctl_udp_rmem_min: int
    sysctl_udp_wmem_min: int
    udp_memory_allocated: int
    tcp: object  # TcpSysctls, net/ipv4/tcp

    def __init__(self, all_conf: Ipv4Devconf, dflt_conf: Ipv4Devconf) -> None:
        self.devconf_all = all_conf
        self.devconf_dflt = dflt_conf
        self.inet_addr_lst = {}
        self.fib = None
        self.rules = None
        self.route = None
        self.frags = None
        self.peers = None
        self.arp_tbl = None
        self.tcp_hashinfo = None
        self.tcp_death_row = None
        self.udp_table = None
        self.udplite_table = None
        self.raw_hash = None
        self.raw_sockets = 0
        self.ping_table = None
        self.icmp_sk = None
        self.tcp_sock = None
        self.ip_ident = 0
        self.sysctl_ip_default_ttl = 64
        self.sysctl_ip_no_pmtu_disc = 0
        self.sysctl_ip_nonlocal_bind = 0
        self.sysctl_ip_dynaddr = 0
        self.ip_forward = 0
        self.local_port_low = 32768
        self.local_port_high = 61000
        self.reserved_ports = set()
        self.sysctl_icmp_echo_ignore_all = 0
        self.sysctl_icmp_echo_ignore_broadcasts = 1
        self.sysctl_icmp_ignore_bogus_error_responses = 1
        self.sysctl_icmp_ratelimit = HZ
        self.sysctl_icmp_ratemask = 0x1818
        self.sysctl_icmp_errors_use_inbound_ifaddr = 0
        self.ping_group_low = 1
        self.ping_group_high = 0
        self.sysctl_igmp_max_memberships = 20
        self.sysctl_igmp_max_msf = 10
        self.sysctl_udp_mem = [0, 0, 0]  # udp_init() computes it from the RAM size
        self.sysctl_udp_rmem_min = 4096
        self.sysctl_udp_wmem_min = 4096
        self.udp_memory_allocated = 0
        self.tcp = None
