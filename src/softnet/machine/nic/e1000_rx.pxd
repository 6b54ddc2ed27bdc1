cimport cython
cimport softnet.arch.mem as mem
cimport softnet.machine.nic.e1000_offload as offload
cimport softnet.uapi.e1000 as hw
cimport softnet.uapi.if_ether as if_ether
from softnet.arch.types cimport i64, u8
from softnet.machine.memory cimport Memory
from softnet.machine.nic.e1000_core cimport Counters, DelayTimer, Interrupts
from softnet.machine.nic.packet_ids cimport PacketIds

cdef i64 RX_FIFO, FCS_LEN, NO_ADDR, BROADCAST, STATUS_SHIFT, DONE, LAST
cdef tuple HASH_SHIFTS
cdef bytearray NO_RING


@cython.final
cdef class RxWaiting:
    cdef object frame, meta


@cython.final
cdef class RxEngine:
    cdef public Memory memory
    cdef public Interrupts irq
    cdef public Counters stats
    cdef public DelayTimer timer
    cdef public i64 rctl, rxcsum
    cdef public bint link_up
    cdef public i64 base, length
    cdef public bytearray ring
    cdef u8 *ptr
    cdef public i64 count, size, longest, few, head, tail
    cdef public object waiting
    cdef public i64 fifo_used
    cdef public PacketIds ids
    cdef public i64 ra0
    cdef public list ra, mta

    cpdef void reset(self) except *
    cpdef void set_ring(self, i64 base, i64 length) except *
    @cython.locals(rdmts=i64)
    cdef bint find_ring(self) except -1
    @cython.locals(shift=i64)
    cpdef void write_rctl(self, i64 value) except *
    cpdef void write_ra(self, i64 i, i64 addr) except *
    cpdef void write_mta(self, i64 i, i64 value) except *
    @cython.locals(n=i64, p='const u8 *', dst=i64)
    cpdef void receive(self, object frame, object meta) except *
    @cython.locals(rctl=i64, shift=i64, bits=i64, word=i64)
    cdef bint accepts(self, i64 dst) except -1
    @cython.locals(left=i64, needed=i64, found=i64, size=i64, o=i64, everybody=bint)
    cdef bint store(self, object frame, const u8 *p, i64 n, object meta) except -1
    cdef i64 after(self, i64 i) except? -1
    @cython.locals(off=i64, o=i64)
    cdef i64 store_parts(self, object frame, i64 n) except? -1
    cdef void hold(self, object frame, i64 n, object meta) except *
    @cython.locals(stored=bint, first=RxWaiting, n=i64)
    cpdef void drain(self) except *
