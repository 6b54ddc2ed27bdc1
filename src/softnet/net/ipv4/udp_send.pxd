cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtn
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.socket as socket_
cimport softnet.uapi.tcp as tcp_
from softnet.arch.types cimport i64, u8
from softnet.net.core.dst cimport dst_confirm
from softnet.net.core.sock cimport (
    lock_sock, release_sock, sk_dst_check, sk_dst_set, sock_tx_timestamp
)
from softnet.net.ipv4.ip_append cimport (
    IpcmCookie, UserFrom, ip_append_data, ip_finish_skb, ip_flush_pending_frames, ip_make_skb,
    ip_make_skb_whole, ip_send_skb
)
from softnet.net.ipv4.route cimport ip_route_output_key
from softnet.net.ipv4.udp_sock cimport UdpSock
from softnet.net.ipv4.udp_table cimport udp_mib
from softnet.structs.dst cimport DstEntry
from softnet.structs.flow cimport Flowi4
from softnet.structs.inet_sock cimport IpOptions
from softnet.structs.net_namespace cimport SnmpMib
from softnet.structs.route cimport Rtable
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.socket cimport MsgHdr, Sockaddr, SockaddrIn, Socket

cdef i64 UDP_HLEN, UDP_CHECK, MAX_DATAGRAM, TIMESTAMPING_TX

@cython.locals(flags=i64, corkreq=bint, err=i64, name=Sockaddr, to=SockaddrIn, connected=bint,
               daddr=i64, dport=i64, dst=DstEntry, rt=Rtable, fl4=Flowi4)
cpdef i64 udp_sendmsg(UdpSock sk, MsgHdr msg, i64 size) except? -1
@cython.locals(flags=i64, saddr=i64, oif=i64, ipc=IpcmCookie, opt=IpOptions, err=i64, faddr=i64,
               onlink=bint, fl4=Flowi4, rt=Rtable)
cpdef i64 udp_sendmsg_to(UdpSock sk, MsgHdr msg, i64 size, i64 daddr, i64 dport, bint connected,
                         bint corkreq) except? -1
@cython.locals(fl4=Flowi4)
cpdef Flowi4 udp_flow(UdpSock sk, i64 daddr, i64 saddr, bint onlink, i64 oif, i64 dport)
@cython.locals(dst=DstEntry, rt=Rtable, found=Rtable)
cpdef Rtable udp_route(UdpSock sk, Flowi4 fl4, bint connected)
@cython.locals(ulen=i64, skb=SkBuff)
cpdef i64 udp_send_now(UdpSock sk, Flowi4 fl4, MsgHdr msg, i64 size, IpcmCookie ipc, Rtable rt,
                       i64 flags) except? -1
@cython.locals(cork=Flowi4)
cpdef int udp_start_cork(UdpSock sk, Flowi4 fl4) except -1
@cython.locals(fl4=Flowi4, first=bint, ulen=i64, flags=i64, hlen=i64, err=i64)
cpdef i64 udp_append(UdpSock sk, MsgHdr msg, i64 size, IpcmCookie ipc, Rtable rt,
                     bint corkreq) except? -1
@cython.locals(sock=Socket)
cpdef i64 udp_sent(UdpSock sk, i64 size, i64 err) except? -1
@cython.locals(o=i64, length=i64, s=i64, check=i64, mib=SnmpMib, err=i64)
cpdef i64 udp_send_skb(UdpSock sk, SkBuff skb, Flowi4 fl4) except? -1
@cython.locals(s=i64, piece=SkBuff)
cpdef i64 udp_csum(SkBuff skb) except? -1
@cython.locals(o=i64, length=i64, piece=SkBuff, pseudo=i64, first=i64, s=i64, check=i64)
cpdef void udp4_hwcsum(SkBuff skb, i64 saddr, i64 daddr) except *
@cython.locals(o=i64, cover=i64, s=i64, left=i64, at=i64, piece=SkBuff, n=i64, check=i64)
cpdef int udplite_csum(UdpSock sk, SkBuff skb, Flowi4 fl4, i64 length) except -1
@cython.locals(fl4=Flowi4, skb=SkBuff, err=i64)
cpdef i64 udp_push_pending_frames(UdpSock sk) except? -1
cpdef int udp_flush_pending_frames(UdpSock sk) except -1
