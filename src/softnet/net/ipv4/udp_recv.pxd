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
cimport softnet.uapi.tcp as tcp_
from softnet.arch.types cimport i64, u8
from softnet.net.core.datagram cimport (
    skb_copy_and_csum_datagram_iovec, skb_copy_datagram_iovec, skb_free_datagram_locked,
    skb_kill_datagram, skb_recv_datagram
)
from softnet.net.core.skbuff cimport (
    consume_skb, kfree_skb, pskb_may_pull, pskb_trim_rcsum, skb_checksum_complete_head, skb_clone
)
from softnet.net.core.sock cimport (
    bh_lock_sock, bh_unlock_sock, sk_add_backlog, sk_rcvqueues_full, sock_queue_rcv_skb,
    sock_recv_ts_and_drops
)
from softnet.net.ipv4.udp_sock cimport UdpSock
from softnet.net.ipv4.udp_table cimport UdpTable, udp4_lib_lookup, udp_mib
from softnet.structs.headers cimport icmp_hdr
from softnet.structs.net_namespace cimport Net, SnmpMib
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.route cimport Rtable
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.socket cimport MsgHdr, SockaddrIn
from softnet.wire.icmp cimport IcmpHdr

cdef i64 UDP_HLEN, UDP_CHECK

@cython.locals(dev=NetDevice, net=Net, o=i64, nh=i64, saddr=i64, daddr=i64, ulen=i64, rt=Rtable,
               udptable=UdpTable, sport=i64, dport=i64, sk=UdpSock, ret=i64, mib=SnmpMib)
cpdef i64 udp_rcv(SkBuff skb, object table, i64 proto) except? -1
@cython.locals(mib=SnmpMib)
cpdef i64 udp_drop(Net net, SkBuff skb, i64 proto, i64 reason) except? -1
@cython.locals(check=i64)
cpdef void udp4_csum_init(SkBuff skb, i64 saddr, i64 daddr) except *
@cython.locals(check=i64)
cpdef bint udplite_checksum_init(SkBuff skb, i64 saddr, i64 daddr, i64 cscov) except? -1
cpdef bint udp_checksum_ok(SkBuff skb) except? -1
@cython.locals(rc=i64)
cpdef i64 udp_queue_rcv_skb(UdpSock sk, SkBuff skb) except? -2
cpdef bint udplite_coverage_ok(UdpSock sk, SkBuff skb) except? -1
cpdef i64 udp_rcv_drop(UdpSock sk, SkBuff skb, i64 reason) except? -2
@cython.locals(rc=i64, reason=i64)
cpdef i64 udp_queue_rcv_one_skb(UdpSock sk, SkBuff skb) except? -2
@cython.locals(o=i64, sport=i64, dport=i64, last=UdpSock, sk=UdpSock, nxt=UdpSock)
cpdef i64 udp4_lib_mcast_deliver(UdpTable table, SkBuff skb, i64 saddr, i64 daddr,
                                 NetDevice dev) except? -1
cpdef bint udp_v4_mcast_match(UdpSock sk, i64 loc_port, i64 loc_addr, i64 rmt_port, i64 rmt_addr,
                              i64 dif) except? -1
@cython.locals(noblock=bint, skb=SkBuff, peeked=bint, ulen=i64, copied=i64, err=i64,
               name=SockaddrIn)
cpdef i64 udp_recvmsg(UdpSock sk, MsgHdr msg, i64 size, i64 flags) except? -1
cpdef i64 udp_copy_datagram(SkBuff skb, MsgHdr msg, i64 copied, i64 ulen) except? -1
@cython.locals(dev=NetDevice, net=Net, udptable=UdpTable, o=i64, th=i64, daddr=i64, saddr=i64,
               dport=i64, sport=i64, sk=UdpSock, icmph=IcmpHdr, type=i64, code=i64, err=i64,
               hard=bint)
cpdef void udp4_lib_err(SkBuff skb, i64 info, object table) except *
