cimport cython
from softnet.arch.types cimport i64


@cython.final
cdef class PacketIds:
    cdef public dict tx, rx

    cpdef void note_tx(self, i64 desc, i64 pkt_id) except *
    cpdef object take_tx(self, i64 desc)
    cpdef void note_rx(self, i64 desc, object meta) except *
    cpdef i64 take_rx(self, i64 desc) except? -1
    cpdef void clear(self) except *
