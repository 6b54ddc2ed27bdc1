cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.icmp as icmp_
cimport softnet.uapi.if_packet as if_packet
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.netfilter as nf
cimport softnet.uapi.rtnetlink as rtn
cimport softnet.uapi.snmp as snmp
from softnet.arch.types cimport i64, u8
from softnet.net.core.skbuff cimport kfree_skb, skb_clone, skb_cow
from softnet.net.ipv4.ip_output cimport LL_RESERVED_SPACE
from softnet.net.netfilter.core cimport nf_hook
from softnet.structs.headers cimport ip_hdr
from softnet.structs.inet_sock cimport InetSock, IpOptions
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.netfilter cimport NfOkfn
from softnet.structs.route cimport DstInput, Rtable, rt_register_input
from softnet.structs.skbuff cimport SkBuff
from softnet.wire.ip cimport IpHdr

@cython.locals(rt=Rtable, dev=NetDevice, net=Net, opt=IpOptions, fits=bint, o=i64, okfn=NfOkfn,
               ret=i64)
cpdef i64 ip_forward(SkBuff skb) except? -1
@cython.locals(rt=Rtable, dev=NetDevice)
cpdef i64 ip_forward_finish(SkBuff skb) except? -1
@cython.locals(dev=NetDevice, iph=IpHdr, protocol=i64, last=InetSock, sk=InetSock)
cpdef bint ip_call_ra_chain(SkBuff skb) except? -1

@cython.final
cdef class ForwardFinishOkfn(NfOkfn):
    pass

@cython.final
cdef class IpForward(DstInput):
    pass

@cython.final
cdef class ForwardRegistry:
    cdef public NfOkfn forward_finish

cdef ForwardRegistry registry
