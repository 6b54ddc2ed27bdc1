cimport cython
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.machine.clock cimport RunQueue, Runnable, World
from softnet.machine.cpu cimport Board, Cpu, in_atomic, set_this_cpu, this_cpu
from softnet.machine.event cimport Clock, Event, EventQueue

cdef class Task


cdef class SwitchHooks:
    cpdef void on_switch_in(self, Task task) except *
    cpdef void on_switch_out(self, Task task) except *


@cython.final
cdef class SleepTimer(Event):
    cdef Task task


cdef class Task(Runnable):
    cdef public RunQueue rq
    cdef public Board machine
    cdef public i64 pid, tid, state
    cdef public str name
    cdef public bint woken, keep_exception, signalled
    cdef object fn
    cdef tuple args
    cdef readonly object glet  # a greenlet while it lives
    cdef object resume
    cdef public object value, exception, killed
    cdef public list joiners, held_locks
    cdef SleepTimer timer
    cdef public SwitchHooks hooks
    cdef public object wait_channel, files, nsproxy, sighand, tstate, kernel, usr

    @cython.locals(cpu=Cpu)
    cdef int switch_to(self) except -1
    cdef int enter(self) except -1
    @cython.locals(cpu=Cpu)
    cdef int leave(self) except -1
    cdef int exit(self) except -1
    @cython.locals(task=Task)
    cdef int bury(self) except -1
    cpdef bint finished(self) except -1
    cpdef bint signal_pending(self) except -1
    cpdef int signal_wake_up(self) except -1
    cpdef int raise_if_killed(self) except -1


@cython.final
cdef class SchedState:
    cdef Task current
    cdef object hub, failure
    cdef Runnable handoff


cdef SchedState state


cdef class Sched:
    cdef public Board machine
    cdef public dict tasks
    cdef public i64 last_pid, next_cpu
    cdef public SwitchHooks hooks

    cpdef i64 alloc_pid(self) except? -1


@cython.locals(sched=Sched)
cpdef Sched sched_of(Board machine)
cpdef Task current()
cpdef Task need_current()
cpdef bint wake_up_process(Task task) except -1
cpdef int set_current_state(i64 new) except -1
@cython.locals(me=Task, rq=RunQueue)
cpdef int schedule() except -1
@cython.locals(runnable=Runnable, task=Task)
cdef void give_way(Task me, RunQueue rq) except *
cdef int complain_atomic(Task me) except -1
cpdef int might_sleep() except -1
@cython.locals(me=Task, clock=Clock, queue=EventQueue, timer=SleepTimer, deadline=i64, left=i64)
cpdef i64 schedule_timeout(i64 timeout_ns) except? -2
@cython.locals(me=Task)
cpdef i64 nsleep(i64 ns) except? -2
@cython.locals(me=Task, ns=i64)
cpdef int msleep(i64 ms) except -1
cpdef int cond_resched() except -1
