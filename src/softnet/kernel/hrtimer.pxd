cimport cython
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.machine.cpu cimport Board, irq_enter, irq_exit, this_cpu
from softnet.machine.event cimport Event


cdef class Hrtimer(Event):
    cdef public Board machine

    cpdef i64 hrtimer_function(self) except? -1
    @cython.locals(when=i64)
    cpdef void fire(self) except *


cdef class CallHrtimer(Hrtimer):
    cdef public object fn


@cython.locals(machine=Board)
cpdef bint hrtimer_start(Hrtimer t, i64 when) except -1
cpdef bint hrtimer_start_relative(Hrtimer t, i64 delay) except -1
cpdef bint hrtimer_cancel(Hrtimer t) except -1
cpdef bint hrtimer_active(Hrtimer t) except -1
@cython.locals(steps=i64)
cpdef i64 hrtimer_forward(Hrtimer t, i64 now, i64 interval) except? -1
