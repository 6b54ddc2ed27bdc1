cimport cython
cimport softnet.arch.const as const
cimport softnet.structs.dst as dst_
cimport softnet.uapi.in_ as in_
from softnet.arch.types cimport i64
from softnet.structs.dst cimport DstEntry
from softnet.structs.fib cimport FibInfo
from softnet.structs.inetpeer cimport InetPeer
from softnet.structs.net_namespace cimport Net
from softnet.structs.skbuff cimport SkBuff


cdef class DstInput:
    cpdef i64 input(self, SkBuff skb) except? -1


cdef class DstOutput:
    cpdef i64 output(self, SkBuff skb) except? -1


cdef class RtIcmpOps:
    cpdef void icmp_send(self, SkBuff skb_in, i64 type, i64 code, i64 info) except *


@cython.final
cdef class RtStages:
    cdef public DstInput local, forward, mr
    cdef public DstOutput unicast, mc
    cdef public RtIcmpOps icmp
    cdef public DstOutput local_out

cdef RtStages stages
cdef i64 RTAX_MTU

cpdef RtStages rt_stages()
cpdef void rt_register_input(i64 kind, DstInput op) except *
cpdef void rt_register_output(i64 kind, DstOutput op) except *
cpdef void rt_register_local_out(DstOutput op) except *
cpdef void rt_register_icmp(RtIcmpOps op) except *


cdef class Rtable(DstEntry):
    cdef public Net rt_net
    cdef public i64 rt_key_dst, rt_key_src, rt_key_tos, rt_route_iif, rt_oif, rt_mark, rt_genid
    cdef public Rtable rt_next
    cdef public i64 rt_flags, rt_type, rt_dst, rt_src, rt_iif, rt_gateway, rt_spec_dst
    cdef public i64 rt_peer_genid
    cdef public InetPeer peer
    cdef public FibInfo fi
    cdef public DstInput input_op
    cdef public DstOutput output_op
    cdef public i64 rt_hash
    cdef public bint rt_cached, metrics_rw

    @cython.locals(mtu=i64)
    cpdef i64 mtu(self) except? -1
    cpdef bint is_input_route(self) except? -1
    cpdef bint is_output_route(self) except? -1
