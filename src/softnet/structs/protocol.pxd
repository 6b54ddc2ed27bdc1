cimport cython
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.sock cimport Proto
from softnet.structs.socket cimport ProtoOps

cdef class NetProtocol
cdef class InetProtosw


cdef class NetProtocol:
    cdef public bint no_policy, netns_ok

    cpdef i64 handler(self, SkBuff skb) except? -1
    cpdef void err_handler(self, SkBuff skb, i64 info) except *
    cpdef i64 gso_send_check(self, SkBuff skb) except? -1
    cpdef SkBuff gso_segment(self, SkBuff skb, i64 features)
    cpdef i64 gro_receive(self, object napi_head, SkBuff skb) except? -1
    cpdef i64 gro_complete(self, SkBuff skb) except? -1


@cython.final
cdef class InetProtosw:
    cdef public i64 type, protocol
    cdef public Proto prot
    cdef public ProtoOps ops
    cdef public i64 no_check, flags
