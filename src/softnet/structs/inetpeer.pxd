cimport cython
from softnet.arch.types cimport i64

@cython.final
cdef class InetPeer:
    cdef public i64 daddr, refcnt, dtime, rid, ip_id_count, tcp_ts, tcp_ts_stamp
    cdef public list metrics
    cdef public bint metrics_new
    cdef public i64 rate_tokens, rate_last, redirect_genid, pmtu_expires, pmtu_orig, pmtu_learned
    cdef public i64 redirect_learned
