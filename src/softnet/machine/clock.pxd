cimport cython
from softnet.arch.types cimport i64
from softnet.machine.cpu cimport Board, Cpu, set_this_cpu, this_cpu
from softnet.machine.entropy cimport RandomStream
from softnet.machine.event cimport (
    CallEvent,
    Clock,
    Digest,
    Event,
    EventQueue,
    VirtualClock,
    WorldTap,
)
from softnet.machine.machine cimport Machine

cdef i64 HOUSEKEEPING_TURNS, REAL_POLL_TURNS, DIRECT_SWITCHES


cdef class RealClock(Clock):
    cdef i64 start

    @cython.locals(now=i64)
    cpdef i64 update(self) except? -1


cdef class Runnable:
    cdef public Runnable run_next
    cdef public bint queued
    cdef public Cpu cpu

    cpdef void run(self) except *


@cython.final
cdef class RunQueue:
    cdef public Runnable first, last
    cdef public i64 count, picked, direct
    cdef public RandomStream luck

    cpdef int add(self, Runnable r) except -1
    @cython.locals(r=Runnable)
    cpdef Runnable pop(self)
    @cython.locals(before=Runnable, r=Runnable)
    cpdef Runnable pop_at(self, i64 n)
    @cython.locals(at=Runnable, n=i64)
    cpdef void discard(self, Runnable r) except *


cdef class World:
    cdef public Clock clock
    cdef public EventQueue queue
    cdef public RunQueue runqueue
    cdef public object seed
    cdef public list machines, boards
    cdef public dict names
    cdef public Digest digest
    cdef public list taps
    cdef public object progress
    cdef public i64 livelock_bound
    cdef public bint running, stopping, interrupted
    cdef i64 quiet_since, turns
    cdef double next_progress
    cdef public dict fds
    cdef public object epoll

    @cython.locals(runqueue=RunQueue, r=Runnable, when=i64, virtual=bint)
    cdef object loop(self, i64 limit, object predicate, i64 direct)
    cdef int run_one(self, Runnable r) except -1
    @cython.locals(event=Event, clock=Clock, board=Board)
    cdef bint fire_next(self, i64 now) except -1
    @cython.locals(tap=WorldTap)
    cdef int tell(self, i64 host_id) except -1
    cdef int livelock(self, Event event) except -1
    @cython.locals(busy=i64)
    cdef int housekeeping(self) except -1
    @cython.locals(now=i64, when=i64)
    cdef bint turn_real(self, i64 limit) except -1
    cdef void wait_real(self, i64 when) except *
