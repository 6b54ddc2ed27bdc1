cimport cython
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64
from softnet.kernel.minmax cimport Minmax

cdef i64 MIN_RTT_WINDOW


@cython.final
cdef class TcpRack:
    cdef public i64 xmit_ns, end_seq, rtt_ns
    cdef public Minmax min_rtt
    cdef public i64 fack, prior_fack
    cdef public bint reordering_seen, advanced
    cdef public i64 dsack_round
    cdef public bint in_dsack_round
    cdef public i64 reo_wnd_mult, reo_wnd_persist

    cpdef bint sent_after(self, i64 xmit_ns, i64 end_seq) except -1
    @cython.locals(rtt=i64)
    cpdef void advance(self, bint retransmitted, i64 end_seq, i64 xmit_ns, i64 now) except *
