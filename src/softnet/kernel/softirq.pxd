cimport cython
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.machine.clock cimport RunQueue, Runnable
from softnet.machine.cpu cimport (
    Cpu,
    SoftirqOps,
    irq_enter,
    irq_exit,
    register_softirq_ops,
    set_this_cpu,
    this_cpu,
)

cdef list softirq_vec


cdef class SoftirqAction:
    cpdef void action(self) except *


@cython.final
cdef class Ksoftirqd(Runnable):
    cdef RunQueue rq


@cython.final
cdef class KernelSoftirqs(SoftirqOps):
    pass


cdef class Tasklet:
    cdef public Tasklet next
    cdef public bint scheduled
    cdef public i64 disabled

    cpdef void func(self) except *


@cython.final
cdef class TaskletQueue:
    cdef list first, last


@cython.final
cdef class TaskletAction(SoftirqAction):
    cdef i64 level, nr


cpdef int open_softirq(i64 nr, SoftirqAction action) except -1
cpdef int raise_softirq(i64 nr) except -1
cpdef int raise_softirq_irqoff(i64 nr) except -1
cpdef int raise_softirq_irqoff_nowake(i64 nr) except -1
cpdef int do_softirq() except -1
@cython.locals(rounds=i64, pending=i64, nr=i64, count=i64, served=bint,
               action=SoftirqAction)
cdef int serve_softirqs(Cpu cpu) except -1
@cython.locals(daemon=Ksoftirqd)
cpdef int wakeup_softirqd(Cpu cpu) except -1
cpdef int local_bh_disable() except -1
cpdef int local_bh_enable() except -1
cpdef int local_bh_enable_nosoftirq() except -1
cpdef int irq_enter_here() except -1
cpdef int irq_exit_here() except -1
@cython.locals(queue=TaskletQueue)
cdef TaskletQueue tasklet_queue(Cpu cpu)
@cython.locals(last=Tasklet)
cdef int tasklet_queue_add(TaskletQueue queue, i64 level, Tasklet t) except -1
cpdef int tasklet_schedule(Tasklet t) except -1
cpdef int tasklet_hi_schedule(Tasklet t) except -1
cpdef int tasklet_disable(Tasklet t) except -1
cpdef int tasklet_enable(Tasklet t) except -1
