cimport cython
cimport softnet.arch.mem as mem

from softnet.arch.types cimport i64, u8

@cython.final
@cython.freelist(64)
cdef class IgmpHdr:
    cdef readonly bytearray buf
    cdef u8 *ptr
    cdef readonly i64 off

    cpdef i64 type(self) except? -1
    cpdef i64 code(self) except? -1
    cpdef i64 csum(self) except? -1
    cpdef i64 group(self) except? -1
    cpdef bint suppress(self) except -1
    cpdef i64 qrv(self) except? -1
    cpdef i64 qqic(self) except? -1
    cpdef i64 nsrcs(self) except? -1
    cpdef i64 src(self, i64 i) except? -1
    cpdef i64 ngrec(self) except? -1
    cpdef int set_type(self, i64 type) except -1
    cpdef int set_code(self, i64 code) except -1
    cpdef int set_csum(self, i64 csum) except -1
    cpdef int set_group(self, i64 group) except -1
    cpdef int set_ngrec(self, i64 ngrec) except -1

@cython.final
@cython.freelist(64)
cdef class IgmpGrec:
    cdef readonly bytearray buf
    cdef u8 *ptr
    cdef readonly i64 off

    cpdef i64 grec_type(self) except? -1
    cpdef i64 grec_auxwords(self) except? -1
    cpdef i64 grec_nsrcs(self) except? -1
    cpdef i64 grec_mca(self) except? -1
    cpdef i64 grec_src(self, i64 i) except? -1
    cpdef i64 len(self) except? -1
    cpdef int set_grec_type(self, i64 type) except -1
    cpdef int set_grec_auxwords(self, i64 words) except -1
    cpdef int set_grec_nsrcs(self, i64 n) except -1
    cpdef int set_grec_mca(self, i64 group) except -1
    cpdef int set_grec_src(self, i64 i, i64 source) except -1

@cython.locals(ih=IgmpHdr)
cpdef IgmpHdr igmp_view(bytearray buf, i64 off)

@cython.locals(grec=IgmpGrec)
cpdef IgmpGrec grec_view(bytearray buf, i64 off)

cpdef i64 igmpv3_mrc(i64 code) except? -1
