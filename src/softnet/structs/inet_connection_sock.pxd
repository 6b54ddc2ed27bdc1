cimport cython
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport Timer
from softnet.structs.inet_sock cimport InetSock, init_inet_sock
from softnet.structs.inet_timewait_sock cimport InetTimewaitSock
from softnet.structs.net_namespace cimport Net
from softnet.structs.request_sock cimport RequestSock, RequestSockQueue
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.sock cimport Proto, Sock

cdef class InetBindBucket
cdef class InetConnectionSockAfOps
cdef class InetConnectionSock


@cython.final
cdef class InetBindBucket:
    cdef public i64 port, fastreuse
    cdef public bint fastreuseport
    cdef public i64 fastuid, num_owners
    cdef public Sock owners
    cdef public InetTimewaitSock tw_owners


cdef class InetConnectionSockAfOps:
    cdef public i64 net_header_len
    cpdef i64 queue_xmit(self, SkBuff skb) except? -1
    cpdef void send_check(self, InetConnectionSock sk, SkBuff skb) except *
    cpdef i64 rebuild_header(self, InetConnectionSock sk) except? -1
    cpdef i64 conn_request(self, InetConnectionSock sk, SkBuff skb) except? -1
    cpdef InetConnectionSock syn_recv_sock(self, InetConnectionSock sk, SkBuff skb, RequestSock req)
    cpdef bint remember_stamp(self, InetConnectionSock sk) except -1


cdef class InetConnectionSock(InetSock):
    cdef public RequestSockQueue icsk_accept_queue
    cdef public InetBindBucket icsk_bind_hash
    cdef public i64 icsk_hashed, icsk_timeout
    cdef public Timer icsk_retransmit_timer, icsk_delack_timer
    cdef public i64 icsk_rto, icsk_pmtu_cookie
    cdef public object icsk_ca_priv
    cdef public InetConnectionSockAfOps icsk_af_ops
    cdef public i64 icsk_ca_state, icsk_retransmits, icsk_pending, icsk_backoff
    cdef public i64 icsk_syn_retries, icsk_probes_out, icsk_ext_hdr_len, icsk_ack_pending
    cdef public i64 icsk_ack_quick
    cdef public bint icsk_ack_pingpong, icsk_ack_blocked
    cdef public i64 icsk_ack_ato, icsk_ack_timeout, icsk_ack_lrcvtime, icsk_ack_last_seg_size
    cdef public i64 icsk_ack_rcv_mss
    cdef public bint icsk_mtup_enabled
    cdef public i64 icsk_mtup_search_high, icsk_mtup_search_low, icsk_mtup_probe_size
    cdef public i64 icsk_user_timeout
    cpdef int ack_init(self) except -1
    cpdef int schedule_ack(self) except -1
    cpdef bint ack_scheduled(self) except -1
    cpdef bint in_pingpong_mode(self) except -1
    cpdef bint accept_queue_is_full(self) except -1

cpdef RequestSockQueue icsk_queue(InetConnectionSock icsk)
cpdef int init_inet_connection_sock(
    InetConnectionSock sk, Proto prot, Net net, i64 family
) except -1
