cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.icmp as icmp_
cimport softnet.uapi.if_packet as if_packet
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.netfilter as nf
cimport softnet.uapi.rtnetlink as rtn
cimport softnet.uapi.snmp as snmp
from softnet.arch.types cimport i64, u8
from softnet.net.core.skbuff cimport (
    consume_skb, kfree_skb, pskb_may_pull, pskb_trim_rcsum, skb_cow, skb_orphan, skb_share_check
)
from softnet.net.ipv4.protocol cimport inet_protocol
from softnet.net.ipv4.route cimport ip_route_input_noref
from softnet.net.netfilter.core cimport nf_hook
from softnet.structs.headers cimport ip_hdr
from softnet.structs.inet_sock cimport IpOptions
from softnet.structs.inetdevice cimport InDevice, Ipv4Devconf
from softnet.structs.net_namespace cimport Net, SnmpMib
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.netfilter cimport NfOkfn
from softnet.structs.protocol cimport NetProtocol
from softnet.structs.route cimport DstInput, Rtable, rt_register_input
from softnet.structs.skbuff cimport SkBuff
from softnet.wire.ip cimport IpHdr

@cython.locals(net=Net, mib=SnmpMib, error=i64, reason=i64, length=i64, okfn=NfOkfn, ret=i64)
cpdef i64 ip_rcv(SkBuff skb, NetDevice dev) except? -1
@cython.locals(o=i64, first=i64, hlen=i64, length=i64)
cpdef i64 ip_header_error(SkBuff skb) except? -1
@cython.locals(dev=NetDevice, o=i64, daddr=i64, err=i64, rt=Rtable)
cpdef i64 ip_rcv_finish(SkBuff skb) except? -1
@cython.locals(reason=i64)
cpdef i64 ip_rcv_unrouted(SkBuff skb, NetDevice dev, i64 err) except? -1
@cython.locals(dev=NetDevice, net=Net, opt=IpOptions, pointer=i64, in_dev=InDevice,
               conf_all=Ipv4Devconf, iph=IpHdr)
cpdef bint ip_rcv_options(SkBuff skb) except? -1
@cython.locals(frag_off=i64, dev=NetDevice, net=Net, okfn=NfOkfn, ret=i64)
cpdef i64 ip_local_deliver(SkBuff skb) except? -1
@cython.locals(dev=NetDevice, net=Net, o=i64, protocol=i64, raw=bint, ipprot=NetProtocol, ret=i64)
cpdef i64 ip_local_deliver_finish(SkBuff skb) except? -1

@cython.final
cdef class RcvFinishOkfn(NfOkfn):
    pass

@cython.final
cdef class LocalDeliverFinishOkfn(NfOkfn):
    pass

@cython.final
cdef class InputRegistry:
    cdef public NfOkfn rcv_finish, local_deliver_finish

cdef InputRegistry registry

@cython.final
cdef class IpLocalDeliver(DstInput):
    pass
