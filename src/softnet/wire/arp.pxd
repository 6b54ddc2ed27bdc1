cimport cython
cimport softnet.arch.mem as mem

from softnet.arch.types cimport i64, u8

@cython.final
@cython.freelist(64)
cdef class ArpHdr:
    cdef readonly bytearray buf
    cdef u8 *ptr
    cdef readonly i64 off

    cpdef i64 ar_hrd(self) except? -1
    cpdef i64 ar_pro(self) except? -1
    cpdef i64 ar_hln(self) except? -1
    cpdef i64 ar_pln(self) except? -1
    cpdef i64 ar_op(self) except? -1
    cpdef bytes ar_sha(self)
    cpdef i64 ar_sip(self) except? -1
    cpdef bytes ar_tha(self)
    cpdef i64 ar_tip(self) except? -1
    cpdef int set_ar_hrd(self, i64 hrd) except -1
    cpdef int set_ar_pro(self, i64 pro) except -1
    cpdef int set_ar_hln(self, i64 hln) except -1
    cpdef int set_ar_pln(self, i64 pln) except -1
    cpdef int set_ar_op(self, i64 op) except -1
    cpdef int set_ar_sha(self, bytes addr) except -1
    cpdef int set_ar_sip(self, i64 addr) except -1
    cpdef int set_ar_tha(self, bytes addr) except -1
    cpdef int set_ar_tip(self, i64 addr) except -1

@cython.locals(arp=ArpHdr)
cpdef ArpHdr arp_view(bytearray buf, i64 off)
