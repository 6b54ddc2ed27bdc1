from softnet.arch.types cimport i64


cdef class SockExterr:
    cdef public i64 ee_errno, ee_origin, ee_type, ee_code, ee_info, ee_data, addr_offset, port

    cpdef bytes pack(self)
