cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.rtnetlink as rtnl
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport jiffies
from softnet.net.core.neighbour cimport neigh_output
from softnet.net.core.skbuff cimport kfree_skb
from softnet.structs.dst cimport DstEntry
from softnet.structs.neighbour cimport Neighbour
from softnet.structs.route cimport DstInput, DstOutput
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.sock cimport Sock

cpdef i64 dst_input(SkBuff skb) except? -1
cpdef i64 dst_output(SkBuff skb) except? -1
@cython.locals(n=Neighbour)
cpdef i64 dst_neigh_output(DstEntry dst, SkBuff skb) except? -1
@cython.locals(n=Neighbour)
cpdef void dst_confirm(DstEntry dst) except *
cpdef DstEntry dst_hold(DstEntry dst)
cpdef void dst_release(DstEntry dst) except *
cpdef DstEntry dst_use(DstEntry dst)
cpdef void dst_free(DstEntry dst) except *
cpdef bint dst_metric_locked(DstEntry dst, i64 metric) except? -1
cpdef i64 dst_feature(DstEntry dst, i64 feature) except? -1
cpdef void dst_set_expires(DstEntry dst, i64 timeout) except *
@cython.locals(dst=DstEntry)
cpdef void dst_link_failure(SkBuff skb) except *
cpdef void dst_update_pmtu(DstEntry dst, i64 mtu) except *
@cython.locals(dst=DstEntry, ndst=DstEntry)
cpdef void dst_negative_advice(Sock sk) except *
cpdef i64 dst_discard(SkBuff skb) except? -1


@cython.final
cdef class DstDiscardInput(DstInput):
    pass


@cython.final
cdef class DstDiscardOutput(DstOutput):
    pass
