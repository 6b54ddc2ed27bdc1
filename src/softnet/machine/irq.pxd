cimport cython
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.machine.cpu cimport (
    Board,
    Cpu,
    Interrupt,
    irq_enter,
    irq_exit,
    local_irq_disable,
    local_irq_enable,
    set_this_cpu,
    this_cpu,
)
from softnet.machine.event cimport CallEvent, Event

cdef class IrqLine

cdef i64 SPURIOUS_WINDOW, SPURIOUS_MAX


cdef class IrqAction:
    cdef public str name
    cdef public object dev

    cpdef i64 handler(self, i64 irq) except? -1


@cython.final
cdef class IrqDeliver(Event):
    cdef IrqLine line


@cython.final
cdef class IrqLine(Interrupt):
    cdef public i64 irq, depth, seen, unhandled
    cdef public Board board
    cdef public bint level, asserted, in_progress, waiting, shut_off
    cdef public Cpu affinity
    cdef public list actions, counts
    cdef IrqDeliver messenger

    cpdef void raise_irq(self) except *
    cpdef int lower_irq(self) except -1
    cdef int send(self) except -1
    @cython.locals(handled=i64, action=IrqAction)
    cdef int run_handlers(self, Cpu cpu) except -1
    cdef void note_interrupt(self, i64 handled) except *
    cpdef int set_affinity(self, Cpu cpu) except -1


cdef class IrqController:
    cdef public Board board
    cdef public dict lines
    cdef public i64 next_free

    cpdef IrqLine line(self, i64 irq)


@cython.final
cdef class IpiCall(Interrupt):
    cdef Cpu cpu
    cdef object fn
