cimport cython
cimport softnet.arch.const as const
cimport softnet.machine.cpu as cpu_
from softnet.arch.types cimport i64
from softnet.kernel.softirq cimport SoftirqAction, open_softirq, raise_softirq
from softnet.machine.cpu cimport Board, Cpu, Ticks, irq_enter, irq_exit, this_cpu
from softnet.machine.event cimport Event, EventQueue

cdef class TimerBase

cdef i64 TV1_SLOTS, TVN_SLOTS, TV1_BITS, TVN_BITS, LEVELS, WORK_SLOT, WHEEL_SPAN, FAR


cdef class Timer:
    cdef public i64 expires
    cdef public TimerBase base
    cdef Timer tnext, tprev
    cdef i64 tslot
    cdef public i64 torder

    cpdef void function(self) except *
    cpdef bint timer_pending(self) except -1


cpdef int init_timer(Timer t) except -1


cdef class CallTimer(Timer):
    cdef public object fn


@cython.final
cdef class TimerEvent(Event):
    cdef TimerBase base


@cython.final
cdef class TimerSoftirq(SoftirqAction):
    pass


@cython.final
cdef class TimerBase(Ticks):
    cdef public Board machine
    cdef public EventQueue queue
    cdef public TimerEvent event
    cdef public i64 timer_jiffies, offset, count, near, armed_for
    cdef public bint running
    cdef list slots, slot_min
    cdef bytearray busy
    cdef i64 order

    @cython.locals(now=i64)
    cpdef i64 jiffies(self) except? -1
    @cython.locals(now=i64)
    cdef int add(self, Timer t, i64 expires) except -1
    @cython.locals(delta=i64, shift=i64, first=i64, slot=i64)
    cdef void place(self, Timer t) except *
    @cython.locals(head=Timer, last=Timer)
    cdef int hang(self, Timer t, i64 slot) except -1
    @cython.locals(slot=i64, head=Timer, following=Timer, before=Timer)
    cdef int unhang(self, Timer t) except -1
    cdef int remove(self, Timer t) except -1
    @cython.locals(best=i64, at=i64, i=i64, level=i64, first=i64, here=i64)
    cpdef i64 next_expiry(self) except? -1
    @cython.locals(i=i64)
    cdef i64 busy_level(self, i64 level) except? -2
    @cython.locals(i=i64)
    cdef i64 first_busy(self, i64 first, i64 size, i64 start) except? -2
    @cython.locals(at=i64, shift=i64, first=i64, slot=i64, t=Timer, following=Timer)
    cdef void jump(self, i64 to) except *
    @cython.locals(now=i64, upcoming=i64)
    cpdef int run_timers(self) except -1
    @cython.locals(t=Timer, following=Timer, work=list, in_order=bint)
    cdef void collect(self, i64 slot) except *
    @cython.locals(t=Timer, count=i64)
    cdef int run_work(self) except -1
    @cython.locals(when=i64)
    cdef int arm(self, i64 expires) except -1
    @cython.locals(t=Timer, found=list)
    cpdef list pending(self)


cdef bint timer_before(Timer a, Timer b) except -1
@cython.locals(base=TimerBase)
cpdef TimerBase timer_base(Board machine)
@cython.locals(cpu=Cpu)
cpdef i64 jiffies() except? -1
@cython.locals(ticks=i64)
cdef i64 read_ticks(Board machine) except? -1
@cython.locals(base=TimerBase)
cpdef bint mod_timer(Timer t, i64 expires) except -1
cpdef bint mod_timer_pending(Timer t, i64 expires) except -1
cpdef int add_timer(Timer t) except -1
@cython.locals(base=TimerBase)
cpdef bint del_timer(Timer t) except -1
cpdef bint timer_pending(Timer t) except -1
cpdef i64 round_jiffies(i64 j) except? -1
cpdef i64 round_jiffies_up(i64 j) except? -1
@cython.locals(now=i64)
cpdef i64 round_jiffies_relative(i64 delta) except? -1
@cython.locals(rest=i64, rounded=i64)
cdef i64 round_common(i64 j, bint up) except? -1
cpdef i64 msecs_to_jiffies(i64 ms) except? -1
cpdef i64 jiffies_to_msecs(i64 j) except? -1
cpdef i64 nsecs_to_jiffies(i64 ns) except? -1
cpdef i64 jiffies_to_nsecs(i64 j) except? -1
