cimport cython
from softnet.arch.types cimport i64
from softnet.structs.dst cimport DstEntry
from softnet.structs.net_namespace cimport Net
from softnet.structs.sock cimport Proto, Sock, init_sock

cdef class IpOptions
cdef class InetCork
cdef class InetSock


@cython.final
cdef class IpOptions:
    cdef public i64 faddr, nexthop, optlen, srr, rr, ts
    cdef public bint is_strictroute, srr_is_hit, is_changed, rr_needaddr, ts_needtime
    cdef public bint ts_needaddr
    cdef public i64 router_alert, cipso
    cdef public bytearray data


@cython.final
cdef class InetCork:
    cdef public i64 flags, addr
    cdef public IpOptions opt
    cdef public i64 fragsize, length
    cdef public DstEntry dst
    cdef public i64 tx_flags, saddr
    cdef public object page


cdef class InetSock(Sock):
    cdef public i64 inet_daddr, inet_rcv_saddr, inet_saddr, inet_dport, inet_num
    cdef public i64 inet_sport, inet_id
    cdef public IpOptions inet_opt
    cdef public i64 uc_ttl, cmsg_flags, tos, min_ttl, mc_ttl, pmtudisc
    cdef public bint recverr, is_icsk, freebind, hdrincl, mc_loop, transparent, mc_all
    cdef public bint nodefrag
    cdef public i64 mc_index, mc_addr
    cdef public list mc_list
    cdef public InetCork cork
    cdef public bint defer_connect

cpdef int init_inet_sock(InetSock sk, Proto prot, Net net, i64 family) except -1
