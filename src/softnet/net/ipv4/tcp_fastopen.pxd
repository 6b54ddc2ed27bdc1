cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64, u8
from softnet.kernel.timer cimport jiffies
from softnet.net.core.secure_seq cimport hsiphash_3words
from softnet.net.core.sock cimport sock_put
from softnet.structs.netns_tcp cimport NetnsTcp
from softnet.structs.request_sock cimport FastopenQueue, TcpRequestSock
from softnet.structs.tcp cimport TcpSock

cdef i64 TCP_FASTOPEN_COOKIE_MIN, TCP_FASTOPEN_COOKIE_MAX, FASTOPEN_CACHE_MAX, RST_PENALTY
cdef i64 EXP_BASE, BASE


@cython.final
cdef class TcpFastopenRequest:
    cdef public bytes cookie
    cdef public object iov
    cdef public i64 off, size, copied


@cython.final
cdef class FastopenMetrics:
    cdef public i64 mss
    cdef public bytes cookie
    cdef public i64 syn_loss, last_syn_loss

cpdef bytes fastopen_cookie(bytes cookie)
cpdef bytes fastopen_option(bytes cookie, bint exp)
cpdef bytes tcp_fastopen_syn_option(TcpSock tp)
cpdef bytes tcp_fastopen_cookie_gen(TcpSock tp, i64 addr)
cpdef FastopenMetrics tcp_fastopen_cache_get(TcpSock tp)
cpdef int tcp_fastopen_cache_set(TcpSock tp, i64 mss, bytes cookie, bint syn_lost) except -1
cpdef bint has_fastopen(TcpSock tp, str name) except -1
cpdef FastopenQueue fastopen_queue(TcpSock tp)
cpdef bint fastopen_has_room(FastopenQueue fastopenq) except -1
cpdef int reqsk_fastopen_remove(TcpSock tp, TcpRequestSock req, bint reset) except -1
