cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.icmp as icmp_
cimport softnet.uapi.if_ as if_
cimport softnet.uapi.if_packet as if_packet
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtn
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.socket as socket_
from softnet.arch.types cimport i64
from softnet.net.core.skbuff cimport (
    consume_skb, kfree_skb, pskb_may_pull, pskb_pull, skb_checksum_complete_head,
    skb_copy_and_csum_bits, skb_copy_bits, skb_header_pointer_copy
)
from softnet.net.ipv4.devinet cimport inet_select_addr
from softnet.net.ipv4.fib_frontend cimport inet_addr_type
from softnet.net.ipv4.inetpeer cimport inet_peer_xrlim_allow
from softnet.net.ipv4.ip_append cimport (
    GetFrag, IpcmCookie, ip_append_data, ip_flush_pending_frames, ip_push_pending_frames
)
from softnet.net.ipv4.protocol cimport inet_add_protocol, inet_protocol
from softnet.net.ipv4.route cimport (
    ip_route_output_key, ip_rt_frag_needed, ip_rt_redirect, rt_bind_peer
)
from softnet.structs.flow cimport Flowi4
from softnet.structs.headers cimport icmp_hdr, ip_hdr
from softnet.structs.inet_sock cimport InetSock, IpOptions
from softnet.structs.net_namespace cimport Net
from softnet.structs.protocol cimport NetProtocol
from softnet.structs.route cimport RtIcmpOps, Rtable, rt_register_icmp
from softnet.structs.skbuff cimport SkBuff
from softnet.wire.ip cimport IpHdr, ip_view

@cython.final
cdef class IcmpParam(GetFrag):
    cdef public bytearray head
    cdef public SkBuff skb
    cdef public i64 offset
    cdef public i64 data_len
    cdef public IpOptions replyopts

cpdef void icmp_send(SkBuff skb_in, i64 type, i64 code, i64 info) except *
cpdef bint icmp_may_answer(SkBuff skb_in, Rtable rt, i64 type) except? -1
cpdef InetSock icmp_xmit_lock(Net net)
cpdef int icmp_xmit_unlock(InetSock sk) except -1
cpdef bint icmpv4_xrlim_allow(Net net, Rtable rt, Flowi4 fl4, i64 type, i64 code) except? -1
@cython.locals(head_len=i64, total=i64, flags=i64, skb=SkBuff, piece=SkBuff, s=i64)
cpdef void icmp_push_reply(IcmpParam param, Flowi4 fl4, IpcmCookie ipc, Rtable rt,
                           InetSock sk) except *
@cython.locals(rt=Rtable, net=Net, opt=IpOptions, sk=InetSock, iph=IpHdr, daddr=i64,
               ipc=IpcmCookie, fl4=Flowi4, out=Rtable)
cpdef void icmp_reply(IcmpParam param, SkBuff skb) except *
@cython.locals(rt=Rtable, net=Net, type=i64, query=bint)
cpdef i64 icmp_rcv(SkBuff skb) except? -1
cpdef i64 icmp_error(Net net, SkBuff skb, i64 reason) except? -1
cpdef bint icmp_checksum_ok(SkBuff skb) except? -1
cpdef int icmp_dispatch(Net net, SkBuff skb, i64 type) except -1
@cython.locals(info=i64, protocol=i64, iph=IpHdr)
cpdef void icmp_unreach(Net net, SkBuff skb) except *
cpdef void icmp_bogus(SkBuff skb, IpHdr iph) except *
cpdef void icmp_redirect(Net net, SkBuff skb) except *
@cython.locals(param=IcmpParam)
cpdef void icmp_echo(Net net, SkBuff skb) except *
@cython.locals(param=IcmpParam, copied=i64, times=bytearray, now=bytes)
cpdef void icmp_timestamp(Net net, SkBuff skb) except *

@cython.final
cdef class IcmpProtocol(NetProtocol):
    pass

@cython.final
cdef class IcmpOps(RtIcmpOps):
    pass

cpdef int icmp_init() except -1
@cython.locals(sk=InetSock)
cpdef int icmp_net_init(Net net) except -1
