cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.lock as lock
from softnet.arch.types cimport i64
from softnet.kernel.sched cimport current, might_sleep, schedule
from softnet.kernel.softirq cimport local_bh_disable, local_bh_enable
from softnet.machine.clock cimport RunQueue, Runnable
from softnet.machine.cpu cimport Board, Cpu, set_this_cpu, this_cpu


cdef class RcuHead:
    cdef public RcuHead rcu_next

    cpdef void rcu_func(self) except *


cdef class CallRcu(RcuHead):
    cdef object fn


cdef class RcuState(Runnable):
    cdef public RunQueue rq
    cdef public RcuHead first, last
    cdef public i64 waiting, completed

    @cython.locals(head=RcuHead, following=RcuHead, cpu=Cpu)
    cpdef int process_callbacks(self) except -1
    @cython.locals(last=RcuHead, n=i64)
    cdef int put_back(self, RcuHead head) except -1


@cython.locals(state=RcuState)
cpdef RcuState rcu_state(Board machine)
@cython.locals(cpu=Cpu)
cpdef int rcu_read_lock() except -1
@cython.locals(cpu=Cpu)
cpdef int rcu_read_unlock() except -1
cpdef int rcu_read_lock_bh() except -1
cpdef int rcu_read_unlock_bh() except -1
cpdef bint rcu_read_lock_held() except -1
cpdef object rcu_dereference(object p)
@cython.locals(state=RcuState)
cpdef int call_rcu(RcuHead head, Board machine=*) except -1
@cython.locals(cpu=Cpu)
cpdef int synchronize_rcu() except -1
@cython.locals(cpu=Cpu)
cdef int check_no_reader(Board machine) except -1
