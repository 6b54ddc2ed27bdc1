cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.neighbour as nud
from softnet.arch.types cimport i64, u8
from softnet.kernel.timer cimport Timer
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.skbuff cimport SkBuff, SkBuffHead

cdef class NeighParms
cdef class NeighStatistics
cdef class NeighOps
cdef class Neighbour
cdef class PneighEntry
cdef class NeighMachine
cdef class NeighTable
cdef class NetEventOps


@cython.final
cdef class NeighParms:
    cdef public NetDevice dev
    cdef public NeighTable tbl
    cdef public bint dead
    cdef public i64 base_reachable_time, retrans_time, gc_staletime, reachable_time
    cdef public i64 delay_probe_time, queue_len, ucast_probes, app_probes, mcast_probes
    cdef public i64 anycast_delay, proxy_delay, proxy_qlen, locktime

    cpdef void copy_from(self, NeighParms other) except *


@cython.final
cdef class NeighStatistics:
    cdef public i64 allocs, destroys, hash_grows, res_failed, lookups, hits, rcv_probes_mcast
    cdef public i64 rcv_probes_ucast, periodic_gc_runs, forced_gc_runs, unres_discards


cdef class NeighOps:
    cdef public i64 family, output, connected_output

    cpdef void solicit(self, Neighbour neigh, SkBuff skb) except *
    cpdef void error_report(self, Neighbour neigh, SkBuff skb) except *


cdef class Neighbour(Timer):
    cdef public i64 nud_state, hh_len
    cdef public bytes hh
    cdef const u8 *hh_ptr
    cdef public NetDevice dev
    cdef public i64 confirmed, output
    cdef public NeighTable tbl
    cdef public NeighParms parms
    cdef public object primary_key
    cdef public i64 updated, used, flags, type, probes, refcnt, hh_type
    cdef public bint dead
    cdef public bytes ha
    cdef public NeighOps ops
    cdef public SkBuffHead arp_queue

    cpdef void set_hh(self, bytes hh) except *


@cython.final
cdef class PneighEntry:
    cdef public object key
    cdef public NetDevice dev
    cdef public i64 flags


cdef class NeighMachine:
    cpdef void timer(self, Neighbour neigh) except *


cdef class NeighTable:
    cdef public Net net
    cdef public i64 family, key_len
    cdef public str id
    cdef public NeighOps ops
    cdef public NeighParms parms
    cdef public list parms_list
    cdef public i64 gc_interval, gc_thresh1, gc_thresh2, gc_thresh3, last_flush, last_rand
    cdef public Timer gc_work, proxy_timer
    cdef public SkBuffHead proxy_queue
    cdef public i64 entries
    cdef public dict hash, phash
    cdef public list stats
    cdef public NeighMachine machine
    cdef public i64 error

    cpdef i64 constructor(self, Neighbour neigh) except? -1
    cpdef i64 pconstructor(self, PneighEntry pneigh) except? -1
    cpdef void pdestructor(self, PneighEntry pneigh) except *
    cpdef void proxy_redo(self, SkBuff skb) except *


cdef class NetEventOps:
    cpdef void neigh_update(self, Neighbour neigh) except *
    cpdef void neigh_notify(self, Neighbour neigh, i64 event) except *
