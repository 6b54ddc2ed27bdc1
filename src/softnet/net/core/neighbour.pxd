cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.netlink as netlink
cimport softnet.uapi.neighbour as nud
cimport softnet.uapi.rtnetlink as rtnl
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport Timer, del_timer, jiffies, mod_timer, timer_pending
from softnet.net.core.skbuff cimport consume_skb, kfree_skb, skb_copy
from softnet.structs.neighbour cimport (
    NeighMachine,
    Neighbour,
    NeighParms,
    NeighStatistics,
    NeighTable,
    NetEventOps,
    PneighEntry,
)
from softnet.structs.netdevice cimport HeaderOps, NetDevice
from softnet.structs.skbuff cimport SkBuff, SkBuffHead
from softnet.net.core.neigh_state cimport (
    NeighTimerHandler,
    dev_hard_header,
    neigh_app_ns,
    neigh_connected_output,
    neigh_event_send,
    neigh_hh_output,
    neigh_notify,
    neigh_output,
    neigh_purge_queue,
    neigh_resolve_output,
    neigh_slow_output,
    neigh_stats,
    neigh_timer_handler,
    neigh_update,
    neigh_update_notify,
)

@cython.locals(neigh=Neighbour)
cpdef Neighbour neigh_event_ns(NeighTable tbl, bytes lladdr, object saddr, NetDevice dev)

cpdef object neigh_key(NeighTable tbl, object key, NetDevice dev)
@cython.locals(stats=NeighStatistics, n=Neighbour)
cpdef Neighbour neigh_lookup(NeighTable tbl, object key, NetDevice dev)
@cython.locals(stats=NeighStatistics, n=Neighbour)
cpdef Neighbour neigh_lookup_nodev(NeighTable tbl, object key)
cpdef Neighbour neigh_lookup_create(NeighTable tbl, object key, NetDevice dev)
@cython.locals(now=i64, shrunk=i64, n=Neighbour, err=i64, stats=NeighStatistics)
cpdef Neighbour neigh_create(NeighTable tbl, object key, NetDevice dev)
cpdef void neigh_hold(Neighbour neigh) except *
cpdef void neigh_release(Neighbour neigh) except *
@cython.locals(stats=NeighStatistics)
cdef void neigh_unlink(NeighTable tbl, Neighbour n) except *
@cython.locals(n=Neighbour, shrunk=i64, stats=NeighStatistics)
cpdef i64 neigh_forced_gc(NeighTable tbl) except? -1


cdef class NeighGcWork(Timer):
    cdef NeighTable tbl

@cython.locals(work=Timer)
cdef void neigh_gc_start(NeighTable tbl) except *
@cython.locals(now=i64, state=i64, n=Neighbour, p=NeighParms, stats=NeighStatistics)
cpdef void neigh_periodic_work(NeighTable tbl) except *
cdef void neigh_draw_reach_time(NeighTable tbl, NeighParms p) except *
cpdef void neigh_changeaddr(NeighTable tbl, NetDevice dev) except *
@cython.locals(p=PneighEntry, timer=Timer, skb=SkBuff)
cpdef void neigh_ifdown(NeighTable tbl, NetDevice dev) except *
@cython.locals(n=Neighbour, held=bint)
cdef void neigh_flush_dev(NeighTable tbl, NetDevice dev) except *

@cython.locals(p=PneighEntry)
cpdef PneighEntry pneigh_lookup(NeighTable tbl, object key, NetDevice dev, bint creat)
@cython.locals(p=PneighEntry)
cpdef i64 pneigh_delete(NeighTable tbl, object key, NetDevice dev) except? -1
@cython.locals(now=i64, due=i64, timer=Timer)
cpdef void pneigh_enqueue(NeighTable tbl, NeighParms p, SkBuff skb) except *


cdef class NeighProxyTimer(Timer):
    cdef NeighTable tbl

@cython.locals(now=i64, queue=SkBuffHead, soonest=i64, skb=SkBuff, after=SkBuff, dev=NetDevice)
cpdef void neigh_proxy_process(NeighTable tbl) except *

cpdef NeighParms neigh_parms_alloc(NetDevice dev, NeighTable tbl)
cpdef void neigh_parms_release(NeighTable tbl, NeighParms p) except *
cpdef void neigh_table_init(NeighTable tbl) except *
cpdef void neigh_table_clear(NeighTable tbl) except *

