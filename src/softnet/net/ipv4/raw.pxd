cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.icmp as icmp_
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtn
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.socket as socket_
cimport softnet.uapi.sockios as sockios
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.fs.file cimport File, PollTable
from softnet.net.core.datagram cimport (
    datagram_poll, skb_copy_datagram_iovec, skb_free_datagram, skb_recv_datagram
)
from softnet.net.core.dst cimport dst_confirm
from softnet.net.core.skbuff cimport kfree_skb, nf_reset, pskb_may_pull, skb_clone, skb_dst_drop
from softnet.net.core.sock cimport (
    lock_sock, release_sock, sk_alloc, sk_common_release, sk_dst_reset, sk_wmem_alloc_get,
    sock_alloc_send_skb, sock_init_data, sock_prot_inuse_add, sock_queue_rcv_skb,
    sock_recv_ts_and_drops
)
from softnet.net.ipv4.fib_frontend cimport inet_addr_type
from softnet.net.ipv4.ip_append cimport (
    IpcmCookie, UserFrom, icmp_out_count, ip_append_data, ip_flush_pending_frames,
    ip_push_pending_frames
)
from softnet.net.ipv4.ip_output cimport (
    LL_RESERVED_SPACE, RT_CONN_FLAGS, ip_local_out_written, ip_select_ident
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
from softnet.wire.ip cimport IpHdr, ip_view

@cython.final
cdef class RawSock(InetSock):
    cdef public i64 filter
    cdef public bint hashed

cdef class RawHashinfo:
    cdef public dict ht

@cython.locals(info=RawHashinfo)
cpdef int raw_hash_sk(RawSock sk) except -1
@cython.locals(info=RawHashinfo, chain=list)
cpdef int raw_unhash_sk(RawSock sk) except -1
cpdef bint raw_v4_match(RawSock sk, i64 num, i64 raddr, i64 laddr, i64 dif) except? -1
@cython.locals(info=RawHashinfo, chain=list, sk=RawSock)
cpdef bint raw_local_deliver(SkBuff skb, i64 protocol) except? -1
@cython.locals(type=i64)
cpdef bint icmp_filter(RawSock sk, SkBuff skb) except? -1
cpdef i64 raw_rcv(Sock sk, SkBuff skb) except? -1
cpdef i64 raw_rcv_skb(InetSock sk, SkBuff skb) except? -1
@cython.locals(table=RawHashinfo, chain=list, sk=RawSock)
cpdef void raw_icmp_error(SkBuff skb, i64 protocol, i64 info) except *
@cython.locals(err=i64, hard=bint, payload=i64, type=i64, code=i64)
cpdef void raw_err(RawSock sk, SkBuff skb, i64 info) except *
@cython.locals(ipc=IpcmCookie, err=i64, saddr=i64, tos=i64, daddr=i64, fl4=Flowi4, rt=Rtable)
cpdef i64 raw_sendmsg(RawSock sk, MsgHdr msg, i64 size) except? -1
@cython.locals(err=i64)
cpdef i64 raw_send_routed(RawSock sk, MsgHdr msg, i64 size, Flowi4 fl4, IpcmCookie ipc,
                          Rtable rt) except? -1
@cython.locals(room=i64, at=i64, hlen=i64, err=i64, skb=SkBuff, head=bytearray, iph=IpHdr, net=Net)
cpdef i64 raw_send_hdrinc(RawSock sk, Flowi4 fl4, MsgHdr msg, i64 length, Rtable rt, i64
                          flags) except? -1
cpdef i64 hdrinc_result(RawSock sk, i64 err) except? -1
@cython.locals(copied=i64, err=i64, skb=SkBuff)
cpdef i64 raw_recvmsg(RawSock sk, MsgHdr msg, i64 size, i64 flags) except? -1
@cython.locals(kind=i64)
cpdef i64 raw_bind(RawSock sk, Sockaddr addr) except? -1

@cython.final
cdef class RawProto(Proto):
    pass

cpdef RawSock inet_ctl_sock_create(Net net, i64 protocol)
cpdef str raw_seq_show(Net net)
@cython.locals(info=RawHashinfo)
cpdef int raw_net_init(Net net) except -1
