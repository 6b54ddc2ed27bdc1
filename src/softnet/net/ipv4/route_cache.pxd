cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.rtnetlink as rtnl
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport Timer, jiffies, mod_timer, timer_pending
from softnet.machine.cpu cimport Cpu, in_softirq, this_cpu
from softnet.net.core.neighbour cimport neigh_release
from softnet.net.core.secure_seq cimport jhash_3words
from softnet.net.ipv4.inetpeer cimport inet_getpeer_v4, inet_putpeer
from softnet.structs.dst cimport DstOps
from softnet.structs.inetpeer cimport InetPeer
from softnet.structs.neighbour cimport Neighbour
from softnet.structs.net_namespace cimport Net
from softnet.structs.route cimport Rtable

cdef i64 ONE, LASTUSE_MASK, SCORE_VALUABLE, SCORE_USEFUL, SQRT_TOP_BIT


@cython.final
cdef class RtCacheStat:
    cdef public i64 in_hit, in_slow_tot, in_slow_mc, in_no_route, in_brd, in_martian_dst
    cdef public i64 in_martian_src, out_hit, out_slow_tot, out_slow_mc, gc_total, gc_ignored
    cdef public i64 gc_goal_miss, gc_dst_overflow, in_hlist_search, out_hlist_search


@cython.final
cdef class RtCache:
    cdef public Net net
    cdef public DstOps ops
    cdef public list buckets
    cdef public i64 mask, entries, rt_hash_log, rt_genid, peer_genid, redirect_genid
    cdef public list stats
    cdef public RtCacheStat stat0
    cdef public i64 ncpus
    cdef public i64 ip_rt_max_size, ip_rt_gc_timeout, ip_rt_gc_interval, ip_rt_gc_min_interval
    cdef public i64 ip_rt_redirect_number, ip_rt_redirect_load, ip_rt_redirect_silence
    cdef public i64 ip_rt_error_cost, ip_rt_error_burst, ip_rt_gc_elasticity
    cdef public i64 ip_rt_mtu_expires, ip_rt_min_pmtu, ip_rt_min_advmss, rt_chain_length_max
    cdef public i64 rebuild_count, rebuild_max, last_gc, rover, expire, equilibrium
    cdef public Timer worker
    cdef public i64 worker_rover, worker_last, error
    cdef public dict acct

    @cython.locals(cpu=Cpu, stats=list)
    cpdef RtCacheStat stat(self)

cpdef i64 rt_hash_size_log(i64 ram) except? -1
cpdef RtCache rt_cache_of(Net net)
@cython.locals(rc=RtCache)
cpdef void rt_cache_invalidate(Net net) except *
cpdef void rt_cache_flush(Net net, i64 delay) except *
@cython.locals(i=i64, rth=Rtable, kept=Rtable, following=Rtable)
cpdef void rt_do_flush(RtCache rc) except *
cpdef i64 rt_hash_code(i64 daddr, i64 saddr, i64 idx, i64 genid) except? -1
@cython.locals(n=Neighbour)
cdef void rt_unlink(RtCache rc, i64 i, Rtable prev, Rtable rth) except *
@cython.locals(i=i64, n=Neighbour, worker=Timer)
cpdef void rt_add(RtCache rc, Rtable rt) except *
@cython.locals(old=list, size=i64, i=i64, chain=list, rth=Rtable, k=i64, moved=Rtable, j=i64)
cdef void rt_grow(RtCache rc) except *
@cython.locals(i=i64, prev=Rtable, rth=Rtable, following=Rtable)
cpdef void rt_del(RtCache rc, Rtable rt) except *
cdef bint compare_keys(Rtable a, Rtable b) except -1
cdef bint compare_hash_inputs(Rtable a, Rtable b) except -1
@cython.locals(i=i64, chain_length=i64, min_score=i64, cand=Rtable, cand_prev=Rtable, prev=Rtable,
               rth=Rtable, following=Rtable, score=i64)
cpdef Rtable rt_cache_place(RtCache rc, Rtable rt)
cpdef bint rt_caching(RtCache rc) except -1
cpdef bint rt_valuable(Rtable rth) except -1
@cython.locals(score=i64, local=i64)
cpdef i64 rt_score(Rtable rth) except? -1
@cython.locals(weight=i64, head=Rtable, rth=Rtable)
cpdef i64 rt_chain_weight(RtCache rc, i64 i) except? -1
@cython.locals(aux=Rtable)
cdef i64 has_noalias(Rtable head, Rtable rth) except? -1
@cython.locals(age=i64, brd=i64, fast=bint)
cpdef bint rt_may_expire(RtCache rc, Rtable rth, i64 tmo1, i64 tmo2) except -1
@cython.locals(gone=i64, prev=Rtable, rth=Rtable, following=Rtable)
cdef i64 rt_collect_chain(RtCache rc, i64 i, i64 tmo1, i64 tmo2) except? -1
@cython.locals(stat=RtCacheStat, now=i64, size=i64, goal=i64)
cpdef i64 rt_garbage_collect(RtCache rc) except? -1
cdef bint rt_gc_round(RtCache rc, i64 goal) except -1
cdef void rt_gc_done(RtCache rc) except *


cdef class RtWorker(Timer):
    cdef RtCache rc

@cython.locals(now=i64, delta=i64, size=i64, goal=i64, samples=i64, total=i64, squares=i64, i=i64,
               length=i64, head=Rtable, rth=Rtable, avg=i64, deviation=i64)
cpdef void rt_check_expire(RtCache rc) except *
@cython.locals(r=i64, bit=i64)
cpdef i64 int_sqrt(i64 x) except? -1
@cython.locals(peer=InetPeer)
cpdef InetPeer rt_bind_peer(Rtable rt, i64 daddr, i64 create)
cpdef InetPeer rt_get_peer(Rtable rt)
