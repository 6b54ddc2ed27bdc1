cimport cython
from softnet.arch.types cimport i64
from softnet.structs.neighbour cimport Neighbour
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.skbuff cimport SkBuff

cdef class DstOps
cdef class DstEntry


cdef class DstOps:
    cdef public Net net
    cdef public i64 family, protocol, gc_thresh, entries

    cpdef i64 gc(self) except? -1
    cpdef DstEntry check(self, DstEntry dst, i64 cookie)
    cpdef i64 default_advmss(self, DstEntry dst) except? -1
    cpdef i64 default_mtu(self, DstEntry dst) except? -1
    cpdef DstEntry negative_advice(self, DstEntry dst)
    cpdef void link_failure(self, SkBuff skb) except *
    cpdef void update_pmtu(self, DstEntry dst, i64 mtu) except *
    cpdef i64 local_out(self, SkBuff skb) except? -1
    cpdef object neigh_lookup(self, DstEntry dst, i64 daddr)


cdef class DstEntry:
    cdef public NetDevice dev
    cdef public DstOps ops
    cdef public list metrics
    cdef public i64 expires
    cdef public Neighbour neighbour
    cdef public i64 error, obsolete, flags, header_len, trailer_len, tclassid, refcnt, use
    cdef public i64 lastuse
    cdef public DstEntry next

    cpdef i64 input(self, SkBuff skb) except? -1
    cpdef i64 output(self, SkBuff skb) except? -1
    cpdef i64 metric(self, i64 index) except? -1
    cpdef void metric_set(self, i64 index, i64 value) except *
    cpdef i64 mtu(self) except? -1
    cpdef i64 advmss(self) except? -1

cdef list NO_METRICS

cpdef list dst_default_metrics()

cpdef DstEntry dst_check(DstEntry dst, i64 cookie)

