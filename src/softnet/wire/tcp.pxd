cimport cython
cimport softnet.arch.mem as mem
cimport softnet.uapi.tcp as tcp

from softnet.arch.types cimport i64, u8

@cython.final
@cython.freelist(64)
cdef class TcpHdr:
    cdef readonly bytearray buf
    cdef u8 *ptr
    cdef readonly i64 off

    cpdef i64 source(self) except? -1
    cpdef i64 dest(self) except? -1
    cpdef i64 seq(self) except? -1
    cpdef i64 ack_seq(self) except? -1
    cpdef i64 doff(self) except? -1
    cpdef i64 hdrlen(self) except? -1
    cpdef i64 flags(self) except? -1
    cpdef i64 flag_word(self) except? -1
    cpdef bint fin(self) except -1
    cpdef bint syn(self) except -1
    cpdef bint rst(self) except -1
    cpdef bint psh(self) except -1
    cpdef bint ack(self) except -1
    cpdef bint urg(self) except -1
    cpdef bint ece(self) except -1
    cpdef bint cwr(self) except -1
    cpdef i64 window(self) except? -1
    cpdef i64 check(self) except? -1
    cpdef i64 urg_ptr(self) except? -1
    cpdef int set_source(self, i64 port) except -1
    cpdef int set_dest(self, i64 port) except -1
    cpdef int set_seq(self, i64 seq) except -1
    cpdef int set_ack_seq(self, i64 ack_seq) except -1
    cpdef int set_doff_flags(self, i64 hdrlen, i64 flags) except -1
    cpdef int set_flags(self, i64 flags) except -1
    cpdef int set_window(self, i64 window) except -1
    cpdef int set_check(self, i64 check) except -1
    cpdef int set_urg_ptr(self, i64 urg_ptr) except -1

@cython.locals(th=TcpHdr)
cpdef TcpHdr tcp_view(bytearray buf, i64 off)
