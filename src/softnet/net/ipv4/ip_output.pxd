cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.icmp as icmp
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.if_packet as if_packet
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.netfilter as nf
cimport softnet.uapi.rtnetlink as rtn
cimport softnet.uapi.snmp as snmp
from softnet.arch.types cimport i64, u8
from softnet.net.core.dev.receive cimport netif_rx_ni
from softnet.net.core.neighbour cimport neigh_output
from softnet.net.core.skbuff cimport (
    alloc_skb, consume_skb, kfree_skb, skb_checksum_help, skb_clone, skb_cloned, skb_copy_bits,
    skb_pagelen, skb_realloc_headroom, skb_set_owner_w,
)
from softnet.net.core.sock cimport sk_dst_check, sk_setup_caps
from softnet.net.ipv4.inetpeer cimport inet_getid
from softnet.net.ipv4.route cimport ip_route_output_ports, rt_bind_peer
from softnet.net.netfilter.core cimport nf_hook
from softnet.structs.dst cimport DstEntry
from softnet.structs.flow cimport Flowi4
from softnet.structs.inet_sock cimport InetSock, IpOptions
from softnet.structs.inetpeer cimport InetPeer
from softnet.structs.neighbour cimport Neighbour
from softnet.structs.net_namespace cimport Net, SnmpMib
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.netfilter cimport NfOkfn
from softnet.structs.route cimport (
    DstOutput, Rtable, rt_register_local_out, rt_register_output, rt_stages,
)
from softnet.structs.skbuff cimport SkbSharedInfo, SkBuff
from softnet.structs.sock cimport Sock

cdef i64 HH_ALIGN, FRAG_MIN, RTAX_LOCK_MTU

@cython.locals(sk=InetSock, opt=IpOptions, net=Net, daddr=i64, dst=DstEntry, rt=Rtable, hlen=i64,
               o=i64, df=i64, segs=i64)
cpdef i64 ip_queue_xmit(SkBuff skb) except? -1
@cython.locals(rt=Rtable, tos=i64)
cpdef DstEntry ip_queue_route(InetSock sk, i64 daddr)
@cython.locals(tos=i64)
cpdef i64 RT_CONN_FLAGS(InetSock sk) except? -1
@cython.locals(rt=Rtable, hlen=i64, to=i64, o=i64)
cpdef i64 ip_build_and_send_pkt(SkBuff skb, InetSock sk, i64 saddr, i64 daddr,
                                IpOptions opt) except? -1
cpdef bint ip_dont_fragment(InetSock sk, Rtable rt) except? -1
cpdef i64 ip_select_ttl(InetSock sk, Rtable rt) except? -1
@cython.locals(hoplimit=i64)
cpdef i64 ip4_dst_hoplimit(Rtable rt) except? -1
@cython.locals(o=i64, peer=InetPeer)
cpdef void ip_select_ident(SkBuff skb, Rtable rt, InetSock sk, i64 more) except *
@cython.locals(err=i64, dst=DstEntry)
cpdef i64 ip_local_out(SkBuff skb) except? -1
@cython.locals(o=i64, dst=DstEntry, dev=NetDevice, net=Net, okfn=NfOkfn)
cpdef i64 ip_local_out_hook(SkBuff skb) except? -1
@cython.locals(dst=DstEntry, dev=NetDevice, net=Net, okfn=NfOkfn, ret=i64)
cpdef i64 ip_local_out_written(SkBuff skb) except? -1
@cython.locals(dst=DstEntry, dev=NetDevice, net=Net, mib=SnmpMib, okfn=NfOkfn, ret=i64)
cpdef i64 ip_output(SkBuff skb) except? -1
@cython.locals(rt=Rtable, dev=NetDevice, net=Net, okfn=NfOkfn, ret=i64)
cpdef i64 ip_mc_output(SkBuff skb) except? -1
@cython.locals(inet=InetSock)
cpdef bint sk_mc_loop(Sock sk) except? -1
@cython.locals(newskb=SkBuff, okfn=NfOkfn)
cpdef void ip_mc_loopback(Net net, SkBuff skb, NetDevice dev) except *
cpdef i64 ip_dev_loopback_xmit(SkBuff newskb) except? -1
cpdef i64 ip_finish_output(SkBuff skb) except? -1
@cython.locals(dst=DstEntry, sk=Sock, inet=InetSock, dev=NetDevice)
cpdef i64 ip_skb_dst_mtu(SkBuff skb) except? -1
@cython.locals(rt=Rtable, dev=NetDevice, skb2=SkBuff, neigh=Neighbour)
cpdef i64 ip_finish_output2(SkBuff skb) except? -1
cpdef i64 LL_RESERVED_SPACE(NetDevice dev) except? -1
@cython.locals(dst=DstEntry, dev=NetDevice, mib=SnmpMib, nh=i64, frag_off=i64, mtu=i64, hlen=i64)
cpdef i64 ip_fragment(SkBuff skb, NfOkfn output) except? -1
@cython.locals(shinfo=SkbSharedInfo, first=i64, frag=SkBuff)
cpdef bint ip_frag_geometry_fits(SkBuff skb, i64 hlen, i64 mtu, i64 frag_off) except? -1
@cython.locals(dst=DstEntry, dev=NetDevice, mib=SnmpMib, shinfo=SkbSharedInfo, frag=SkBuff,
               first_len=i64, offset=i64, more=i64, err=i64, nxt=SkBuff)
cpdef i64 ip_fragment_fast(SkBuff skb, NfOkfn output, i64 hlen) except? -1
cpdef int ip_fragment_charge(SkBuff skb, SkBuff piece) except -1
@cython.locals(dst=DstEntry, dev=NetDevice, mib=SnmpMib, frag_off=i64, offset=i64, not_last=i64,
               left=i64, at=i64, room=i64, n=i64, skb2=SkBuff, copied=i64, more=i64, err=i64)
cpdef i64 ip_fragment_slow(SkBuff skb, NfOkfn output, i64 hlen, i64 mtu) except? -1
cpdef i64 frag_fail(SkBuff skb, Net net, i64 err) except? -1
@cython.locals(o=i64)
cpdef int ip_frag_header(SkBuff skb, i64 tot_len, i64 frag_off) except -1
cpdef int ip_copy_metadata(SkBuff to, SkBuff from_) except -1

@cython.final
cdef class IpDstOutput(DstOutput):
    pass

@cython.final
cdef class IpDstMcOutput(DstOutput):
    pass

@cython.final
cdef class IpLocalOut(DstOutput):
    pass

@cython.final
cdef class DstOutputOkfn(NfOkfn):
    pass

@cython.final
cdef class FinishOutputOkfn(NfOkfn):
    pass

@cython.final
cdef class FinishOutput2Okfn(NfOkfn):
    pass

@cython.final
cdef class LoopbackXmitOkfn(NfOkfn):
    pass

@cython.final
cdef class OutputRegistry:
    cdef public NfOkfn dst_output, finish_output, finish_output2, loopback_xmit

cdef OutputRegistry registry
