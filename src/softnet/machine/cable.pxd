cimport cython
from softnet.arch.types cimport i64
from softnet.machine.entropy cimport RandomStream
from softnet.machine.event cimport Clock, Digest, Event, EventQueue

cdef class Cable
cdef class Direction
cdef class Flight(Event)
cdef class Port

cdef i64 NS_PER_S, SPARES_MAX
cdef i64 DROP_IT, DOUBLE_IT, DAMAGE_IT, DELAY_IT, SWAP_IT


cdef class CablePort:
    cpdef void deliver(self, object frame, object meta) except *
    cpdef void carrier(self, bint up) except *


cdef class CableTap:
    cpdef void on_frame(
        self, i64 when, Direction direction, object frame, object meta, str verdict
    ) except *


cdef class FrameRule:
    cdef public object match
    cdef public i64 nth, action, delay, seen, hits

    cpdef bint strikes(self, object frame) except -1


@cython.final
cdef class Flight(Event):
    cdef Direction direction
    cdef object frame, meta
    cdef i64 epoch
    cdef Flight spare


@cython.final
cdef class Port:
    cdef public Cable cable
    cdef public Direction out
    cdef public i64 host_id
    cdef public CablePort on_receive

    cpdef i64 transmit(self, object frame, object meta=*) except? -2
    cpdef bint carrier_ok(self) except -1
    cpdef int attach(self, CablePort on_receive, i64 host_id) except -1


@cython.final
cdef class Direction:
    cdef public str name
    cdef public Cable cable
    cdef public Clock clock
    cdef public EventQueue queue
    cdef public Port target
    cdef public i64 rate, overhead, delay, jitter, reorder_delay, queue_max
    cdef public double loss, duplicate, reorder, corrupt
    cdef public list rules
    cdef public dict luck, drops
    cdef public i64 busy_until, last_arrival, epoch, extra_delay, in_flight
    cdef public bint cut
    cdef public list held
    cdef public tuple swapped
    cdef public i64 tx_frames, tx_bytes, rx_frames, rx_bytes
    cdef public object starts
    cdef Flight spare
    cdef i64 spares

    @cython.locals(
        now=i64, lost=bint, twice=bint, damaged=bint, late=bint, done_to=i64, wobble=i64,
        done=i64, arrival=i64,
    )
    cpdef i64 transmit(self, object frame, object meta) except? -2
    @cython.locals(start=i64, bits=i64)
    cdef i64 serialize(self, i64 now, i64 length) except? -2
    @cython.locals(flight=Flight)
    cdef int launch(self, object frame, object meta, i64 arrival) except -1
    @cython.locals(cable=Cable, now=i64, lost=bint)
    cdef void arrive(self, Flight flight) except *
    @cython.locals(luck=RandomStream)
    cdef RandomStream stream(self, str impairment)
    @cython.locals(rule=FrameRule, done_to=i64)
    cdef i64 consult(self, object frame) except? -2
    @cython.locals(bit=i64)
    cdef bytes damage(self, object frame)
    cdef int drop(self, i64 now, object frame, object meta, str verdict) except -1
    cdef int count(self, str verdict) except -1
    cdef int forget(self) except -1
    @cython.locals(tap=CableTap)
    cdef int tell(self, i64 now, object frame, object meta, str verdict) except -1


@cython.final
cdef class Cable:
    cdef public str name
    cdef public object seed
    cdef public Clock clock
    cdef public EventQueue queue
    cdef public Digest digest
    cdef public bint up
    cdef public list taps
    cdef public Port a, b
    cdef public Direction ab, ba
