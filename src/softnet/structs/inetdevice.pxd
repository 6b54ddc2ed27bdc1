cimport cython
from softnet.arch.types cimport i64
from softnet.structs.neighbour cimport NeighParms
from softnet.structs.netdevice cimport NetDevice

cdef class Ipv4Devconf
cdef class InIfaddr
cdef class InDevice


@cython.final
cdef class Ipv4Devconf:
    cdef public i64 forwarding, mc_forwarding, accept_redirects, secure_redirects
    cdef public i64 send_redirects, shared_media, rp_filter, accept_source_route
    cdef public i64 bootp_relay, log_martians, tag, arp_filter, medium_id, disable_xfrm
    cdef public i64 disable_policy, force_igmp_version, arp_announce, arp_ignore
    cdef public i64 promote_secondaries, arp_accept, arp_notify, accept_local
    cdef public i64 src_valid_mark, proxy_arp, proxy_arp_pvlan
    cdef public frozenset state


@cython.final
cdef class InIfaddr:
    cdef public InDevice ifa_dev
    cdef public i64 ifa_local, ifa_address, ifa_mask, ifa_broadcast, ifa_anycast
    cdef public i64 ifa_scope, ifa_flags, ifa_prefixlen
    cdef public str ifa_label


@cython.final
cdef class InDevice:
    cdef public NetDevice dev
    cdef public bint dead
    cdef public list ifa_list
    cdef public dict mc_list
    cdef public i64 mc_count, mr_v1_seen, mr_v2_seen, mr_maxdelay, mr_qrv
    cdef public bint mr_gq_running
    cdef public object mr_gq_timer
    cdef public i64 mr_ifc_count
    cdef public object mr_ifc_timer
    cdef public list mc_tomb
    cdef public NeighParms arp_parms
    cdef public Ipv4Devconf cnf

cpdef i64 inet_make_mask(i64 plen) except? -1
