cimport cython
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.kernel.sched cimport Task, current, might_sleep, schedule_timeout
from softnet.kernel.softirq cimport local_bh_disable, local_bh_enable
from softnet.kernel.wait cimport (
    TaskWait,
    WaitQueueHead,
    finish_wait,
    prepare_to_wait_exclusive,
    task_wait,
    wake_up,
)
from softnet.machine.cpu cimport Cpu, local_irq_disable, local_irq_enable, this_cpu

cdef i64 WRITE, READ, SLEEPING


cdef class LockClass:
    cdef public str name
    cdef public i64 usage
    cdef public set after


@cython.final
@cython.freelist(64)
cdef class HeldLock:
    cdef public object lock
    cdef public LockClass cls
    cdef public i64 how, context


@cython.final
cdef class Lockdep:
    cdef public bint enabled
    cdef public dict classes
    cdef public list outside

    cpdef LockClass lock_class(self, str name)
    cpdef list held(self)
    @cython.locals(h=HeldLock)
    cpdef bint is_held(self, object lock) except -1
    @cython.locals(cpu=Cpu, held=list, context=i64, h=HeldLock)
    cdef int acquire(self, object lock, LockClass cls, i64 how) except -1
    @cython.locals(held=list, i=i64, h=HeldLock, cpu=Cpu)
    cdef int release(self, object lock) except -1
    @cython.locals(usage=i64)
    cdef int mark_usage(self, Cpu cpu, LockClass cls, i64 how, i64 context) except -1
    @cython.locals(u=i64)
    cdef int check_usage(self, LockClass cls) except -1
    cdef void add_dependency(self, LockClass outer, LockClass inner) except *


cdef Lockdep lockdep


@cython.final
@cython.freelist(64)
cdef class SpinLock:
    cdef public LockClass cls

    cpdef int lock(self) except -1
    cpdef int unlock(self) except -1
    cpdef int lock_nested(self, i64 subclass) except -1
    cpdef bint trylock(self) except -1
    cpdef int lock_bh(self) except -1
    cpdef int unlock_bh(self) except -1
    cpdef int lock_irq(self) except -1
    cpdef int unlock_irq(self) except -1
    cpdef bint is_held(self) except -1


@cython.final
cdef class RwLock:
    cdef public LockClass cls

    cpdef int read_lock(self) except -1
    cpdef int read_unlock(self) except -1
    cpdef int write_lock(self) except -1
    cpdef int write_unlock(self) except -1
    cpdef int read_lock_bh(self) except -1
    cpdef int read_unlock_bh(self) except -1
    cpdef int write_lock_bh(self) except -1
    cpdef int write_unlock_bh(self) except -1


@cython.final
cdef class SeqLock:
    cdef public LockClass cls
    cdef public i64 sequence

    cpdef int write_lock(self) except -1
    cpdef int write_unlock(self) except -1
    cpdef int write_lock_bh(self) except -1
    cpdef int write_unlock_bh(self) except -1
    cpdef i64 read_begin(self) except? -1
    cpdef bint read_retry(self, i64 start) except -1


@cython.final
cdef class Mutex:
    cdef public LockClass cls
    cdef public bint locked
    cdef public Task owner
    cdef public WaitQueueHead wq

    @cython.locals(me=Task)
    cpdef int lock(self) except -1
    @cython.locals(me=Task)
    cpdef i64 lock_interruptible(self) except? -1
    cpdef bint trylock(self) except -1
    cpdef int unlock(self) except -1
    cpdef bint is_locked(self) except -1
    cpdef bint is_mine(self) except -1
    cdef int take(self, Task me) except -1
    @cython.locals(e=TaskWait)
    cdef int wait(self, Task me, i64 how) except -1
