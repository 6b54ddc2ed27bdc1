cimport cython
cimport softnet.arch.mem as mem

from softnet.arch.types cimport i64, u8

@cython.final
@cython.freelist(64)
cdef class VlanHdr:
    cdef readonly bytearray buf
    cdef u8 *ptr
    cdef readonly i64 off

    cpdef i64 h_vlan_tci(self) except? -1
    cpdef i64 h_vlan_encapsulated_proto(self) except? -1
    cpdef i64 vid(self) except? -1
    cpdef i64 priority(self) except? -1
    cpdef int set_h_vlan_tci(self, i64 tci) except -1
    cpdef int set_h_vlan_encapsulated_proto(self, i64 proto) except -1

@cython.locals(vh=VlanHdr)
cpdef VlanHdr vlan_view(bytearray buf, i64 off)
