cimport cython
from softnet.arch.types cimport i64
from softnet.structs.inet_sock cimport IpOptions
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.sock cimport Sock

cdef class RequestSockOps
cdef class RequestSock
cdef class InetRequestSock
cdef class TcpRequestSock
cdef class ListenSock
cdef class FastopenQueue
cdef class RequestSockQueue


cpdef int init_request_sock(RequestSock req, RequestSockOps ops) except -1
cpdef int init_inet_request_sock(InetRequestSock req, RequestSockOps ops) except -1
cpdef int init_tcp_request_sock(TcpRequestSock req, RequestSockOps ops) except -1
@cython.locals(req=TcpRequestSock)
cpdef TcpRequestSock new_tcp_request_sock(RequestSockOps ops)


cdef class RequestSockOps:
    cdef public i64 family
    cpdef i64 rtx_syn_ack(self, Sock sk, RequestSock req) except? -1
    cpdef void send_ack(self, Sock sk, SkBuff skb, RequestSock req) except *
    cpdef void send_reset(self, Sock sk, SkBuff skb) except *
    cpdef void syn_ack_timeout(self, Sock sk, RequestSock req) except *
    cpdef void destructor(self, RequestSock req) except *


cdef class RequestSock:
    cdef public RequestSock dl_next
    cdef public i64 mss, retrans
    cdef public bint cookie_ts
    cdef public i64 window_clamp, rcv_wnd, ts_recent, expires
    cdef public RequestSockOps rsk_ops
    cdef public Sock sk


cdef class InetRequestSock(RequestSock):
    cdef public i64 loc_port, loc_addr, rmt_addr, rmt_port, snd_wscale, rcv_wscale
    cdef public bint tstamp_ok, sack_ok, wscale_ok, ecn_ok, acked, no_srccheck
    cdef public IpOptions opt
    cdef public i64 slot


@cython.final
cdef class TcpRequestSock(InetRequestSock):
    cdef public i64 rcv_isn, snt_isn, snt_synack, syn_data
    cdef public Sock listener
    cdef public bytes fastopen_cookie


@cython.final
cdef class ListenSock:
    cdef public i64 max_qlen_log
    cdef public bint synflood_warned
    cdef public i64 qlen, qlen_young, clock_hand, hash_rnd, nr_table_entries
    cdef public list syn_table


@cython.final
cdef class FastopenQueue:
    cdef public i64 max_qlen, qlen
    cdef public list rst


@cython.final
cdef class RequestSockQueue:
    cdef public RequestSock rskq_accept_head, rskq_accept_tail
    cdef public i64 rskq_defer_accept
    cdef public ListenSock listen_opt
    cdef public FastopenQueue fastopenq
