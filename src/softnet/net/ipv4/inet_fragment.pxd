cimport cython
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport Timer, del_timer, jiffies, mod_timer
from softnet.net.core.skbuff cimport kfree_skb
from softnet.structs.net_namespace cimport Net
from softnet.structs.skbuff cimport SkBuff

cdef class InetFragQueue(Timer):
    cdef public NetnsFrags frags_ns
    cdef public i64 hash
    cdef public SkBuff fragments
    cdef public SkBuff fragments_tail
    cdef public i64 stamp
    cdef public i64 len
    cdef public i64 meat
    cdef public i64 last_in

cdef class NetnsFrags:
    cdef public Net net
    cdef public i64 nqueues
    cdef public i64 mem
    cdef public dict lru
    cdef public i64 timeout
    cdef public i64 high_thresh
    cdef public i64 low_thresh
    cdef public list hash
    cdef public i64 rnd
    cdef public i64 secret_interval
    cdef public i64 rebuilt
    cdef public i64 qsize
    cdef public i64 max_dist
    cdef public i64 chain_overflows

@cython.locals(now=i64, q=InetFragQueue)
cpdef i64 inet_frag_secret(NetnsFrags nf) except? -1
@cython.locals(slot=i64, chain=list)
cpdef bint inet_frag_intern(NetnsFrags nf, InetFragQueue q, i64 key) except? -1
cpdef int inet_frag_touch(InetFragQueue q) except -1
@cython.locals(chain=list)
cpdef void inet_frag_kill(InetFragQueue q) except *
cpdef int inet_frag_destroy(InetFragQueue q, i64 reason) except -1
@cython.locals(skb=SkBuff, nxt=SkBuff)
cpdef int inet_frag_purge(InetFragQueue q, i64 reason) except -1
@cython.locals(evicted=i64, q=InetFragQueue)
cpdef i64 inet_frag_evictor(NetnsFrags nf) except? -1
