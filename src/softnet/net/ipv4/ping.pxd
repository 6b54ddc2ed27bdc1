cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.icmp as icmp_
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtn
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.socket as socket_
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.fs.file cimport File, PollTable
from softnet.net.core.datagram cimport (
    datagram_poll, skb_copy_datagram_iovec, skb_free_datagram, skb_recv_datagram
)
from softnet.net.core.dst cimport dst_confirm
from softnet.net.core.skbuff cimport kfree_skb, skb_get
from softnet.net.core.sock cimport (
    lock_sock, release_sock, sk_common_release, sk_dst_check, sk_dst_reset, sk_dst_set,
    sock_prot_inuse_add, sock_queue_rcv_skb, sock_recv_ts_and_drops
)
from softnet.net.ipv4.fib_frontend cimport inet_addr_type
from softnet.net.ipv4.ip_append cimport (
    GetFrag, IpcmCookie, ip_append_data, ip_flush_pending_frames, ip_push_pending_frames
)
from softnet.net.ipv4.route cimport ip_route_output_flow
from softnet.structs.flow cimport Flowi4
from softnet.structs.headers cimport icmp_hdr, ip_hdr
from softnet.structs.inet_sock cimport InetSock
from softnet.structs.net_namespace cimport Net
from softnet.structs.route cimport Rtable
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.sock cimport Proto, Sock
from softnet.structs.socket cimport MsgHdr, Sockaddr, SockaddrIn, Socket
from softnet.wire.icmp cimport icmp_view
from softnet.wire.ip cimport ip_view

@cython.final
cdef class PingSock(InetSock):
    cdef public bint hashed

cdef class PingTable:
    cdef public dict hash
    cdef public i64 rover

@cython.final
cdef class PingFrom(GetFrag):
    cdef public MsgHdr msg
    cdef public i64 base
    cdef public bytearray head

cpdef PingTable ping_table(Net net)
cpdef i64 ping_v4_get_port(PingSock sk, i64 ident) except? -1
cpdef void ping_v4_unhash(PingSock sk) except *
cpdef PingSock ping_v4_lookup(Net net, i64 daddr, i64 ident, i64 dif)
cpdef bint ping_supported(i64 type, i64 code) except? -1
cpdef int ping_rcv(SkBuff skb) except -1
cpdef i64 ping_queue_rcv_skb(Sock sk, SkBuff skb) except? -1
cpdef void ping_err(SkBuff skb, i64 info) except *
cpdef i64 ping_sendmsg(PingSock sk, MsgHdr msg, i64 size) except? -1
cpdef Rtable ping_route(PingSock sk, Flowi4 fl4, bint connected)
cpdef i64 ping_push_pending_frames(PingSock sk, bytearray head, Flowi4 fl4) except? -1
cpdef i64 ping_recvmsg(PingSock sk, MsgHdr msg, i64 size, i64 flags) except? -1
cpdef i64 ping_bind(PingSock sk, Sockaddr addr) except? -1

@cython.final
cdef class PingProto(Proto):
    pass

cpdef str ping_seq_show(Net net)
cpdef int ping_net_init(Net net) except -1
