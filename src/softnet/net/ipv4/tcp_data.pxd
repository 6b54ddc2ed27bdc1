cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.socket as socket
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSackBlock, TcpSock
from softnet.net.core.skbuff cimport (
    consume_skb,
    kfree_skb,
    skb_dst_drop,
    skb_queue_purge,
    skb_set_owner_r,
)
from softnet.net.core.sock cimport sk_mem_reclaim
from softnet.net.ipv4.tcp_output cimport tcp_send_ack
from softnet.net.ipv4.tcp_prequeue cimport tcp_copy_to_iovec, tcp_ucopy_room
from softnet.net.ipv4.tcp_prune cimport tcp_try_rmem_schedule
from softnet.net.ipv4.tcp_rcvbuf cimport (
    TCP_ECN_check_ce,
    tcp_enter_quickack_mode,
    tcp_event_data_recv,
)
from softnet.net.ipv4.tcp_state cimport tcp_set_state
from softnet.net.ipv4.tcp_timewait cimport tcp_time_wait

cpdef void tcp_data_queue(TcpSock tp, SkBuff skb) except *
cpdef int tcp_data_unwanted(TcpSock tp, SkBuff skb, i64 reason) except -1
cpdef void tcp_data_in_order(TcpSock tp, SkBuff skb) except *
cpdef int tcp_fin(TcpSock tp) except -1
cpdef void tcp_data_queue_ofo(TcpSock tp, SkBuff skb) except *
cpdef bint tcp_ofo_insert(TcpSock tp, SkBuff skb) except -1
cpdef void tcp_ofo_queue(TcpSock tp) except *
cpdef int tcp_sack_reset(TcpSock tp) except -1
cpdef bint tcp_sack_extend(TcpSackBlock sp, i64 seq, i64 end_seq) except -1
cpdef void tcp_sack_new_ofo_skb(TcpSock tp, i64 seq, i64 end_seq) except *
cpdef int tcp_sack_maybe_coalesce(TcpSock tp) except -1
cpdef void tcp_sack_remove(TcpSock tp) except *
cpdef void tcp_dsack_set(TcpSock tp, i64 seq, i64 end_seq) except *
cpdef int tcp_dsack_extend(TcpSock tp, i64 seq, i64 end_seq) except -1
cpdef int tcp_send_dupack(TcpSock tp, SkBuff skb) except -1
