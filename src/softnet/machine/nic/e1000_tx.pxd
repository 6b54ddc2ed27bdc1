cimport cython
cimport softnet.arch.mem as mem
cimport softnet.machine.nic.e1000_offload as offload
cimport softnet.uapi.e1000 as hw
from softnet.arch.types cimport i64, u8
from softnet.machine.cable cimport Port
from softnet.machine.event cimport Event
from softnet.machine.memory cimport Memory
from softnet.machine.nic.e1000_core cimport Counters, DelayTimer, Interrupts
from softnet.machine.nic.packet_ids cimport PacketIds

cdef class TxEngine

cdef i64 TX_FIFO, FCS_LEN, BROADCAST, LEGACY_LEN_MASK, CABLE_QUEUE
cdef bytearray NO_RING


cdef class TxDone(Event):
    cdef public TxEngine tx


@cython.final
cdef class TxWaiting:
    cdef i64 when, desc, size
    cdef bint ide


@cython.final
cdef class TxEngine:
    cdef public Memory memory
    cdef public Port port
    cdef public Interrupts irq
    cdef public Counters stats
    cdef public DelayTimer timer
    cdef public TxDone done
    cdef public i64 fifo, tctl
    cdef public bint link_up
    cdef public i64 base, length
    cdef public bytearray ring
    cdef u8 *ptr
    cdef public i64 count, head, tail
    cdef public offload.TxContext ctx
    cdef public object waiting
    cdef public i64 fifo_used
    cdef public PacketIds ids

    cpdef void reset(self) except *
    cpdef void set_ring(self, i64 base, i64 length) except *
    cdef bint find_ring(self) except -1
    @cython.locals(o=i64, lower=i64)
    cpdef void run(self) except *
    cdef i64 after(self, i64 i) except? -1
    @cython.locals(ring='u8 *', first=i64, last=i64, extended=i64, mask=i64, size=i64, cmd=i64,
                   cut=bint, room=i64, buf=bytes, frame='u8 *', upper=i64, meta=object, done=i64,
                   cso=i64)
    cdef bint packet(self, i64 lower) except -1
    @cython.locals(i=i64, n=i64, o=i64, size=i64)
    cdef void gather(self, u8 *frame, i64 first, i64 last, i64 mask) except *
    @cython.locals(ctx=offload.TxContext, count=i64, done=i64, i=i64, piece=bytes)
    cdef i64 segments(self, u8 *frame, i64 size, i64 popts, object meta) except? -1
    @cython.locals(everybody=bint, done=i64)
    cdef i64 send(self, bytes frame, const u8 *p, i64 n, object meta) except? -1
    cdef void report(self, i64 done, i64 desc, i64 size, bint ide) except *
    cdef void write_back(self, i64 desc, bint ide) except *
    @cython.locals(now=i64, first=TxWaiting)
    cpdef void frames_left(self) except *
