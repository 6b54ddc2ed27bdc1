cimport cython
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.kernel.sched cimport (
    Task,
    need_current,
    schedule_timeout,
    set_current_state,
    wake_up_process,
)

cdef class WaitQueueHead


cdef class WaitQueueEntry:
    cdef public WaitQueueEntry wnext, wprev
    cdef public WaitQueueHead whead
    cdef public i64 wflags

    cpdef i64 func(self, i64 key) except? -1


@cython.final
@cython.freelist(64)
cdef class WaitQueueHead:
    cdef public WaitQueueEntry first, last
    cdef public object name


@cython.final
cdef class TaskWait(WaitQueueEntry):
    cdef Task task


cdef class WaitCondition:
    cpdef bint met(self) except -1


cdef class CallCondition(WaitCondition):
    cdef object fn


@cython.locals(wq=WaitQueueHead)
cpdef WaitQueueHead wait_queue_head(object name)
cdef int init_wait_queue_head(WaitQueueHead wq, object name) except -1
@cython.locals(e=TaskWait)
cpdef TaskWait task_wait(Task task)
cpdef bint waitqueue_active(WaitQueueHead wq) except -1
cpdef int add_wait_queue(WaitQueueHead wq, WaitQueueEntry e) except -1
cpdef int add_wait_queue_exclusive(WaitQueueHead wq, WaitQueueEntry e) except -1
cpdef int add_wait_queue_tail(WaitQueueHead wq, WaitQueueEntry e) except -1
@cython.locals(before=WaitQueueEntry)
cpdef int add_wait_queue_fair(WaitQueueHead wq, WaitQueueEntry e) except -1
cpdef void remove_wait_queue(WaitQueueHead wq, WaitQueueEntry e) except *
cpdef i64 wake_up(WaitQueueHead wq, i64 key=*) except? -1
cpdef i64 wake_up_nr(WaitQueueHead wq, i64 nr, i64 key=*) except? -1
cpdef i64 wake_up_all(WaitQueueHead wq, i64 key=*) except? -1
cpdef i64 wake_up_interruptible(WaitQueueHead wq, i64 key=*) except? -1
cpdef i64 wake_up_interruptible_sync_poll(WaitQueueHead wq, i64 key) except? -1
cpdef i64 wake_up_poll(WaitQueueHead wq, i64 key) except? -1
@cython.locals(e=WaitQueueEntry, entry=WaitQueueEntry, entries=list, woken=i64, counts=bint)
cdef i64 wake_up_common(WaitQueueHead wq, i64 key, i64 nr, bint all_count) except? -1
cpdef int prepare_to_wait(WaitQueueHead wq, WaitQueueEntry e, i64 state) except -1
cpdef int prepare_to_wait_exclusive(WaitQueueHead wq, WaitQueueEntry e, i64 state) except -1
cdef int prepare(WaitQueueHead wq, i64 state) except -1
cpdef int finish_wait(WaitQueueHead wq, WaitQueueEntry e) except -1
cpdef int abort_exclusive_wait(WaitQueueHead wq, WaitQueueEntry e, i64 key=*) except -1
@cython.locals(me=Task, e=TaskWait)
cpdef i64 wait_event(WaitQueueHead wq, WaitCondition condition, i64 timeout_ns=*) except? -2
@cython.locals(me=Task, e=TaskWait)
cpdef void wait_event_uninterruptible(WaitQueueHead wq, WaitCondition condition) except *
@cython.locals(me=Task, e=TaskWait)
cpdef i64 wait_interruptible(WaitQueueHead wq, i64 timeout_ns=*) except? -2
@cython.locals(me=Task, e=TaskWait)
cpdef i64 wait_interruptible_exclusive(WaitQueueHead wq, i64 timeout_ns=*) except? -2
cdef i64 sleep_on(Task me, WaitQueueHead wq, TaskWait e, i64 timeout_ns) except? -2
