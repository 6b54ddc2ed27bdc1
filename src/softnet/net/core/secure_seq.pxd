cimport cython
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64

cdef i64 JHASH_INITVAL

cdef i64 rol32(i64 v, i64 n) noexcept


@cython.final
@cython.freelist(4)
cdef class SipState:
    cdef public i64 v0, v1, v2, v3
    @cython.locals(v0=i64, v1=i64, v2=i64, v3=i64)
    cpdef int rounds(self, i64 n) except -1
    cpdef int word(self, i64 m) except -1
    cpdef i64 finish(self, i64 length) except? -1

@cython.locals(state=SipState)
cdef SipState sip_state(i64 key0, i64 key1)
@cython.locals(state=SipState)
cpdef i64 hsiphash_3words(i64 a, i64 b, i64 c, i64 key0, i64 key1) except? -1
cpdef i64 secure_tcp_sequence_number(
    i64 key0, i64 key1, i64 now_ns, i64 saddr, i64 daddr, i64 sport, i64 dport
) except? -1
cpdef i64 secure_ipv4_port_ephemeral(i64 key0, i64 key1, i64 saddr, i64 daddr, i64 dport) except? -1
cpdef i64 jhash_3words(i64 a, i64 b, i64 c, i64 initval) except? -1
