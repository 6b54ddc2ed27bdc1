cimport cython
from softnet.arch.types cimport i64
from softnet.machine.cpu cimport Cpu, in_serving_softirq, this_cpu


cdef class TraceEvent:
    cdef public i64 when, cpu, packet, reason
    cdef public str host, function, detail, context
    cdef public object obj


cdef class Tracer:
    cdef public set hosts, packets

    cpdef void event(self, TraceEvent ev) except *
    cpdef bint wants(self, TraceEvent ev) except -1


cdef class TraceBuffer(Tracer):
    cdef public object events
    cdef public i64 limit, lost


@cython.final
cdef class TracePoint:
    cdef public str name
    cdef public bint enabled
    cdef public list tracers

    cpdef int fire(self, object obj, object detail=*, object a=*, object b=*) except -1
    cpdef int drop(self, object skb, i64 reason, object detail=*) except -1
    @cython.locals(tracer=Tracer)
    cdef int tell(self, TraceEvent ev) except -1


@cython.final
cdef class FunctionTrace:
    cdef public bint enabled

    @cython.locals(point=TracePoint)
    cpdef int fire(self, str name, object obj, object detail=*) except -1
