cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.uapi.fcntl as fcntl
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.poll as poll_
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.socket as socket_
cimport softnet.uapi.sockios as sockios
cimport softnet.uapi.tcp as tcp_
from softnet.arch.types cimport i64, u8
from softnet.fs.file cimport File, PollTable
from softnet.net.core.datagram cimport datagram_poll
from softnet.net.core.skbuff cimport kfree_skb, pskb_may_pull, skb_checksum, skb_segment
from softnet.net.core.sock cimport (
    lock_sock, release_sock, sk_common_release, sk_mem_reclaim_partial, sk_wmem_alloc_get
)
from softnet.net.ipv4.protocol cimport inet_add_protocol
from softnet.net.ipv4.udp_recv cimport (
    udp4_lib_err, udp_checksum_ok, udp_queue_rcv_one_skb, udp_rcv, udp_recvmsg
)
from softnet.net.ipv4.udp_send cimport (
    udp_flush_pending_frames, udp_push_pending_frames, udp_sendmsg
)
from softnet.net.ipv4.udp_sock cimport UdpSock
from softnet.net.ipv4.udp_table cimport (
    UdpTable, udp_lib_unhash, udp_mib, udp_v4_get_port, udp_v4_rehash
)
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.netns_ipv4 cimport NetnsIpv4
from softnet.structs.protocol cimport NetProtocol
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.sock cimport Proto, Sock
from softnet.structs.socket cimport MsgHdr, Sockaddr, Socket

cdef i64 UDP_HLEN, UDP_CHECK, UDPLITE_COVER_MIN, UDP_MEM_PAGES_MIN

cdef class UdpProto(Proto):
    cdef public bint lite

    @cython.locals(usk=UdpSock)
    cpdef i64 sendmsg(self, Sock sk, MsgHdr msg, i64 size) except? -1
    @cython.locals(usk=UdpSock)
    cpdef i64 recvmsg(self, Sock sk, MsgHdr msg, i64 size, i64 flags) except? -1
    @cython.locals(usk=UdpSock)
    cpdef i64 backlog_rcv(self, Sock sk, SkBuff skb) except? -1
    @cython.locals(usk=UdpSock)
    cpdef void unhash(self, Sock sk) except *
    @cython.locals(usk=UdpSock)
    cpdef void rehash(self, Sock sk) except *
    @cython.locals(usk=UdpSock)
    cpdef i64 get_port(self, Sock sk, i64 snum) except? -1
    @cython.locals(usk=UdpSock)
    cpdef void destroy(self, Sock sk) except *

@cython.locals(mask=i64, sk=UdpSock, blocking=bint)
cpdef i64 udp_poll(File file, Socket sock, PollTable wait) except? -1
@cython.locals(skb=SkBuff)
cpdef i64 first_packet_length(UdpSock sk) except? -1

cdef class UdpProtocol(NetProtocol):
    cdef public i64 proto

    @cython.locals(dev=NetDevice, ipv4=NetnsIpv4)
    cpdef i64 handler(self, SkBuff skb) except? -1
    @cython.locals(o=i64, nh=i64, saddr=i64, daddr=i64, pseudo=i64)
    cpdef i64 gso_send_check(self, SkBuff skb) except? -1
    @cython.locals(mss=i64, start=i64, check=i64, at=i64)
    cpdef SkBuff gso_segment(self, SkBuff skb, i64 features)
