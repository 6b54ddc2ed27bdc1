cimport cython
cimport softnet.arch.mem as mem
cimport softnet.uapi.e1000 as hw
from softnet.arch.types cimport i64
from softnet.machine.event cimport Clock, Event, EventQueue
from softnet.machine.irq cimport IrqLine

cdef class Interrupts
cdef class ThrottleOver


@cython.final
cdef class Counters:
    cdef object own
    cdef i64 *v

    cpdef void add(self, i64 reg, i64 n) except *
    cpdef i64 get(self, i64 reg) except? -1
    @cython.locals(i=i64, value=i64)
    cpdef i64 take(self, i64 reg) except? -1


@cython.final
cdef class Interrupts:
    cdef public IrqLine line
    cdef public Clock clock
    cdef public EventQueue queue
    cdef public i64 host_id, icr, ims, gap, not_before
    cdef public ThrottleOver throttle

    cpdef void reset(self) except *
    cpdef i64 read(self) except? -1
    cpdef void mask(self, i64 bits) except *
    cpdef void unmask(self, i64 bits) except *
    cpdef void set(self, i64 cause) except *
    cpdef void urgent(self, i64 cause) except *
    cpdef void interrupt(self) except *


cdef class ThrottleOver(Event):
    cdef public Interrupts irq


cdef class DelayTimer(Event):
    cdef public Interrupts irq
    cdef public i64 cause, delay, absolute, quiet_at, limit

    cpdef void begin(self) except *
    cdef void arm(self) except *
    cpdef void expire(self) except *
    cpdef void reset(self) except *
