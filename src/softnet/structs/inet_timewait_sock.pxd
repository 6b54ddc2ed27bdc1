cimport cython
from softnet.arch.types cimport i64
from softnet.structs.inet_connection_sock cimport InetBindBucket
from softnet.structs.net_namespace cimport Net

cdef class InetTimewaitSock


@cython.final
cdef class InetTimewaitSock:
    cdef public Net tw_net
    cdef public InetTimewaitSock tw_next, tw_prev
    cdef public i64 tw_hash
    cdef public InetTimewaitSock tw_death_next, tw_death_prev
    cdef public i64 tw_death_slot
    cdef public InetBindBucket tw_tb
    cdef public i64 tw_daddr, tw_rcv_saddr, tw_dport, tw_num, tw_bound_dev_if, tw_substate
    cdef public i64 tw_reuse, tw_reuseport, tw_rcv_wscale, tw_tos
    cdef public bint tw_transparent
    cdef public i64 tw_mark, tw_timeout, tw_ttd, tw_rcv_nxt, tw_snd_nxt, tw_rcv_wnd
    cdef public i64 tw_ts_recent, tw_ts_recent_stamp
    cdef public InetTimewaitSock tw_bind_next, tw_bind_prev
    cdef public bytes tw_md5_key
