cimport cython
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.kernel.minmax cimport Minmax
from softnet.structs.skbuff cimport SkBuff

cdef i64 MIN_RTT_WINDOW


@cython.final
@cython.freelist(64)
cdef class TcpTx:
    cdef public i64 delivered, delivered_ns, first_tx_ns
    cdef public bint app_limited


@cython.final
cdef class TcpRate:
    cdef public i64 delivered, delivered_ns, first_tx_ns, app_limited, lost
    cdef public i64 prior_delivered, prior_ns, prior_lost, prior_in_flight, send_interval_ns
    cdef public i64 sample_delivered, interval_ns, rtt_ns, losses, acked_sacked
    cdef public bint sample_app_limited, retransmitted
    cdef public Minmax min_rtt

    cpdef int begin(self, i64 in_flight) except -1
    cpdef int skb_sent(self, SkBuff skb, i64 now, bint idle) except -1
    @cython.locals(tx=TcpTx, rtt=i64, again=bint)
    cpdef void skb_delivered(self, SkBuff skb, i64 now) except *
    @cython.locals(ack_interval_ns=i64, longer=i64)
    cpdef void finish(self, i64 acked_sacked, i64 now) except *
