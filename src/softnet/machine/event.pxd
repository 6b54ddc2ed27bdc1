cimport cython
from softnet.arch.types cimport i64


cdef class Clock:
    cdef public i64 now
    cdef public bint virtual

    cpdef i64 update(self) except? -1


cdef class VirtualClock(Clock):
    pass


cdef class Event:
    cdef public i64 when, host_id, seq, index
    cdef public bint pending

    cpdef void fire(self) except *


cdef class WorldTap:
    cpdef void after_event(self, i64 host_id) except *


@cython.final
cdef class CallEvent(Event):
    cdef public object fn


cdef bint event_before(Event a, Event b) except -1


@cython.final
cdef class EventQueue:
    cdef public list heap
    cdef public i64 seq, fired, floor

    cpdef int push(self, Event event, i64 when, i64 host_id) except -1
    cpdef bint cancel(self, Event event) except -1
    cpdef int move(self, Event event, i64 when) except -1
    @cython.locals(event=Event)
    cpdef Event pop_due(self, i64 now)
    @cython.locals(event=Event)
    cpdef i64 next_when(self) except? -1
    cpdef i64 pending_count(self) except? -1
    @cython.locals(last=Event, i=i64)
    cdef void remove(self, Event event) except *
    @cython.locals(heap=list, parent=Event, j=i64)
    cdef int sift_up(self, Event event, i64 i) except -1
    @cython.locals(heap=list, child=Event, other=Event, n=i64, j=i64)
    cdef int sift_down(self, Event event, i64 i) except -1


cdef class Digest:
    cdef public dict chains
