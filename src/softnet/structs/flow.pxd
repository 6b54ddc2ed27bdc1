cimport cython
from softnet.arch.types cimport i64


@cython.final
@cython.freelist(32)
@cython.no_gc
cdef class Flowi4:
    cdef public i64 flowi4_oif, flowi4_iif, flowi4_mark, flowi4_tos, flowi4_scope
    cdef public i64 flowi4_proto, flowi4_flags, daddr, saddr, fl4_dport, fl4_sport, error
