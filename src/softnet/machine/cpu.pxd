cimport cython
from softnet.arch.types cimport i64
from softnet.machine.entropy cimport RandomStream
from softnet.machine.event cimport Clock, EventQueue

cdef class Cpu


cdef class Interrupt:
    cpdef void deliver(self) except *


cdef class Ticks:
    cdef public Clock clock
    cdef i64 read_ns, read_jiffies


cdef class Board:
    cdef public str name
    cdef public i64 host_id
    cdef public object world
    cdef public Clock clock
    cdef public EventQueue queue
    cdef public list cpus
    cdef public Cpu boot_cpu
    cdef public RandomStream random
    cdef public Ticks timers
    cdef public object hrtimers, sched, rcu, log, sysctl, workqueue, init_net, kernel
    cdef public object console


@cython.final
cdef class Cpu:
    cdef public i64 id
    cdef public Board machine
    cdef public i64 softirq_pending, softirq_count, hardirq_count, preempt_count
    cdef public i64 irqs_disabled, rcu_nesting
    cdef public list irq_pending
    cdef public object current, softnet, ksoftirqd, tasklets
    cdef public list held_locks
    cdef public dict percpu

    cpdef bint idle(self) except -1


cdef class SoftirqOps:
    cpdef void invoke_softirq(self, Cpu cpu) except *


@cython.final
cdef class CpuState:
    cdef Cpu cpu
    cdef SoftirqOps softirq_ops


cdef CpuState state

cpdef Cpu this_cpu()
cpdef Cpu set_this_cpu(Cpu cpu)
cpdef i64 smp_processor_id() except? -1
cpdef bint in_irq() except -1
cpdef bint in_softirq() except -1
cpdef bint in_serving_softirq() except -1
cpdef bint in_interrupt() except -1
cpdef bint in_task() except -1
cpdef bint in_atomic() except -1
cpdef int preempt_disable() except -1
cpdef int preempt_enable() except -1
cpdef int local_irq_disable() except -1
cpdef int local_irq_enable() except -1
@cython.locals(waiting=list, interrupt=Interrupt)
cdef int deliver_pending(Cpu cpu) except -1
cpdef int irq_enter(Cpu cpu) except -1
cpdef int irq_exit(Cpu cpu) except -1
cpdef int register_softirq_ops(SoftirqOps ops) except -1


cdef class OnCpu:
    cdef Cpu cpu, previous
