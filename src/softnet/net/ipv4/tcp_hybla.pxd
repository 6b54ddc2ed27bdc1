cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_cong cimport (
    TcpReno,
    tcp_is_cwnd_limited,
    tcp_reno_cong_avoid,
    tcp_register_congestion_control,
)
from softnet.structs.tcp cimport TcpSock

cdef i64 RTT0, HYBLA_CLAMP, RHO_MAX


@cython.final
cdef class Hybla:
    cdef public bint hybla_en
    cdef public i64 snd_cwnd_cents, rho, rho2, rho_3ls, rho2_7ls, minrtt
    cpdef void recalc_param(self, i64 srtt) except *

cpdef Hybla hybla(TcpSock tp)
@cython.locals(fraction=i64, power=i64, rho=i64)
cpdef i64 hybla_slow_start_increment(Hybla ca) except? -1


@cython.final
cdef class TcpHybla(TcpReno):
    pass

cpdef int tcp_hybla_init() except -1
