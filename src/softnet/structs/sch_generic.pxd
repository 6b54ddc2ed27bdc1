cimport cython
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.kernel.lock cimport SpinLock
from softnet.structs.netdevice cimport NetdevQueue
from softnet.structs.skbuff cimport SkBuff, SkBuffHead

cdef class Qdisc


cdef class Qdisc:
    cdef public str id
    cdef public i64 handle, parent, flags, state, limit
    cdef public NetdevQueue dev_queue
    cdef public SkBuffHead q
    cdef public SkBuff gso_skb
    cdef public SpinLock lock
    cdef public Qdisc next_sched
    cdef public i64 bytes, packets, drops, requeues, overlimits, backlog, refcnt
    cdef public bint noqueue, running

    cpdef i64 enqueue(self, SkBuff skb) except? -1
    cpdef SkBuff dequeue(self)
    cpdef SkBuff peek(self)
    cpdef i64 drop(self) except? -1
    cpdef void reset(self) except *
    cpdef i64 init(self, object opt) except? -1
    cpdef void destroy(self) except *
    cpdef void attach(self) except *
