cimport cython
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.uapi.in_ as in_

from softnet.arch.types cimport i64, u8

@cython.final
@cython.freelist(64)
cdef class IpHdr:
    cdef readonly bytearray buf
    cdef u8 *ptr
    cdef readonly i64 off

    cpdef i64 version(self) except? -1
    cpdef i64 ihl(self) except? -1
    cpdef i64 hdrlen(self) except? -1
    cpdef i64 tos(self) except? -1
    cpdef i64 tot_len(self) except? -1
    cpdef i64 id(self) except? -1
    cpdef i64 frag_off(self) except? -1
    cpdef i64 offset(self) except? -1
    cpdef bint is_fragment(self) except -1
    cpdef i64 ttl(self) except? -1
    cpdef i64 protocol(self) except? -1
    cpdef i64 check(self) except? -1
    cpdef i64 saddr(self) except? -1
    cpdef i64 daddr(self) except? -1
    cpdef int set_hdrlen(self, i64 n) except -1
    cpdef int set_tos(self, i64 tos) except -1
    cpdef int set_tot_len(self, i64 n) except -1
    cpdef int set_id(self, i64 v) except -1
    cpdef int set_frag_off(self, i64 v) except -1
    cpdef int set_ttl(self, i64 ttl) except -1
    cpdef int set_protocol(self, i64 protocol) except -1
    cpdef int set_check(self, i64 check) except -1
    cpdef int set_saddr(self, i64 addr) except -1
    cpdef int set_daddr(self, i64 addr) except -1
    cpdef bint check_ok(self) except -1
    cpdef int send_check(self) except -1
    cpdef i64 decrease_ttl(self) except? -1

@cython.locals(iph=IpHdr)
cpdef IpHdr ip_view(bytearray buf, i64 off)
