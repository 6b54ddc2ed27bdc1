cimport cython
from softnet.arch.types cimport i64
from softnet.structs.inetdevice cimport Ipv4Devconf
from softnet.structs.sock cimport Sock

cdef class NetnsIpv4


@cython.final
cdef class NetnsIpv4:
    cdef public Ipv4Devconf devconf_all, devconf_dflt
    cdef public dict inet_addr_lst
    cdef public object fib, rules, route, frags, peers, arp_tbl, tcp_hashinfo
    cdef public object tcp_death_row, udp_table, udplite_table, raw_hash, ping_table
    cdef public Sock icmp_sk, tcp_sock
    cdef public i64 ip_ident, sysctl_ip_default_ttl, sysctl_ip_no_pmtu_disc
    cdef public i64 sysctl_ip_nonlocal_bind, sysctl_ip_dynaddr, ip_forward, local_port_low
    cdef public i64 local_port_high
    cdef public object reserved_ports
    cdef public i64 sysctl_icmp_echo_ignore_all, sysctl_icmp_echo_ignore_broadcasts
    cdef public i64 sysctl_icmp_ignore_bogus_error_responses, sysctl_icmp_ratelimit
    cdef public i64 sysctl_icmp_ratemask, sysctl_icmp_errors_use_inbound_ifaddr
    cdef public i64 ping_group_low, ping_group_high, sysctl_igmp_max_memberships
    cdef public i64 sysctl_igmp_max_msf
    cdef public list sysctl_udp_mem
    cdef public i64 sysctl_udp_rmem_min, sysctl_udp_wmem_min, udp_memory_allocated
    cdef public object tcp
    cdef public i64 raw_sockets
