cimport cython
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.uapi.e1000 as hw
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.in_ as in_
from softnet.arch.types cimport i64, u8

cdef i64 IP_OFFSET_MASK, TCP_FIN_PSH, UDP_CHECK


@cython.final
cdef class TxContext:
    cdef public i64 ipcss, ipcso, ipcse, tucss, tucso, tucse, paylen, hdrlen, mss, tucmd

    cdef void load(self, const u8 *p, i64 o) except *


cdef void tx_checksum(u8 *p, i64 n, TxContext ctx, i64 popts) except *
cdef void sum_into(u8 *p, i64 n, i64 start, i64 at, i64 last, bint udp) except *
cdef i64 tso_count(i64 n, TxContext ctx) except? -1
@cython.locals(buf=bytes, q='u8 *')
cdef bytes tso_segment(const u8 *p, i64 n, TxContext ctx, i64 popts, i64 i)
cdef i64 rx_checksum(const u8 *p, i64 n, i64 rxcsum) except? -1
