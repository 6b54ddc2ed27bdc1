cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.neighbour as nud
cimport softnet.uapi.rtnetlink as rtnl
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport Timer, del_timer, jiffies, mod_timer, timer_pending
from softnet.machine.cpu cimport Cpu, this_cpu
from softnet.net.core.dev.xmit cimport dev_queue_xmit
from softnet.net.core.skbuff cimport consume_skb, kfree_skb, skb_copy
from softnet.structs.dst cimport DstEntry
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

cpdef i64 neigh_output(Neighbour neigh, SkBuff skb) except? -1
cpdef i64 neigh_hh_output(Neighbour neigh, SkBuff skb) except? -1
cpdef i64 neigh_slow_output(Neighbour neigh, SkBuff skb) except? -1
@cython.locals(dst=DstEntry)
cpdef i64 neigh_resolve_output(Neighbour neigh, SkBuff skb) except? -1
cpdef i64 neigh_connected_output(Neighbour neigh, SkBuff skb) except? -1
cpdef i64 neigh_compat_output(Neighbour neigh, SkBuff skb) except? -1
cpdef i64 neigh_direct_output(Neighbour neigh, SkBuff skb) except? -1
cpdef i64 neigh_blackhole(Neighbour neigh, SkBuff skb) except? -1
@cython.locals(ops=HeaderOps)
cpdef i64 dev_hard_header(SkBuff skb, NetDevice dev, i64 type, bytes daddr, i64 n) except? -1
cdef void pull_to_network_header(SkBuff skb) except *
@cython.locals(ops=HeaderOps)
cdef void neigh_hh_init(Neighbour neigh, DstEntry dst) except *

cpdef i64 neigh_event_send(Neighbour neigh, SkBuff skb) except? -1
@cython.locals(probe_now=bint, p=NeighParms, state=i64, queue=SkBuffHead, oldest=SkBuff,
               stats=NeighStatistics)
cdef i64 neigh_event_send_in_doubt(Neighbour neigh, SkBuff skb, i64 now) except? -1
@cython.locals(first=SkBuff, skb=SkBuff)
cdef void neigh_probe(Neighbour neigh) except *
@cython.locals(p=NeighParms)
cdef i64 neigh_max_probes(Neighbour neigh) except? -1


@cython.final
cdef class NeighTimerHandler(NeighMachine):
    pass

@cython.locals(now=i64, state=i64, p=NeighParms, notify=bint, expires=i64)
cpdef void neigh_timer_handler(Neighbour neigh) except *
@cython.locals(skb=SkBuff, stats=NeighStatistics)
cdef void neigh_invalidate(Neighbour neigh) except *
cdef void neigh_suspect(Neighbour neigh) except *
cdef void neigh_connect(Neighbour neigh) except *
@cython.locals(dev=NetDevice, old=i64, now=i64, notify=bint, changed=bint, isrouter=i64)
cpdef i64 neigh_update(Neighbour neigh, bytes lladdr, i64 new, i64 flags) except? -1
@cython.locals(now=i64, due=i64)
cdef i64 neigh_update_state(Neighbour neigh, bytes lladdr, i64 old, i64 new, i64 flags,
                            i64 isrouter) except? -1
@cython.locals(skb=SkBuff, dst=DstEntry, n1=Neighbour)
cdef void neigh_send_waiting(Neighbour neigh) except *
@cython.locals(ops=HeaderOps)
cdef void neigh_update_hhs(Neighbour neigh) except *
@cython.locals(cpu=Cpu, i=i64, stats=list)
cpdef NeighStatistics neigh_stats(NeighTable tbl)
@cython.locals(skb=SkBuff)
cpdef void neigh_purge_queue(Neighbour n, i64 reason) except *
@cython.locals(ops=NetEventOps)
cpdef void neigh_update_notify(Neighbour neigh) except *
@cython.locals(ops=NetEventOps)
cpdef void neigh_notify(Neighbour neigh, i64 event) except *
cpdef void neigh_app_ns(Neighbour neigh) except *
