cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.rtnetlink as rtnetlink
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.dst cimport DstEntry
from softnet.structs.request_sock cimport TcpRequestSock
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock
from softnet.net.core.skbuff cimport alloc_skb, skb_cloned, skb_copy, skb_header_release
from softnet.net.core.sock cimport sk_mem_charge, sock_wmalloc
from softnet.net.ipv4.inet_connection_sock cimport inet_csk_reset_xmit_timer
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_fastopen_client cimport tcp_connect_queue_skb, tcp_send_syn_data
from softnet.net.ipv4.tcp_mss cimport (
    tcp_current_mss,
    tcp_initialize_rcv_mss,
    tcp_mtup_init,
    tcp_sync_mss,
)
from softnet.net.ipv4.tcp_options cimport tcp_options_write, tcp_synack_options
from softnet.net.ipv4.tcp_output cimport (
    tcp_init_nondata_skb,
    tcp_schedule_rto,
    tcp_transmit_skb,
    tcp_xmit_probe_skb,
)
from softnet.net.ipv4.tcp_segment cimport (
    sk_wmem_free_skb,
    tcp_add_write_queue_tail,
    tcp_fragment,
    tcp_set_skb_tso_segs,
    tcp_unlink_write_queue,
)
from softnet.net.ipv4.tcp_window cimport tcp_select_initial_window
from softnet.net.ipv4.tcp_write cimport tcp_event_new_data_sent, tcp_push_frames

cdef i64 SYN_TAILROOM, URG_REACH

cpdef int tcp_connect_init(TcpSock tp) except -1
cpdef i64 tcp_connect(TcpSock tp) except? -1
cpdef i64 tcp_send_synack(TcpSock tp) except? -1
cpdef SkBuff tcp_make_synack(
    TcpSock tp, DstEntry dst, TcpRequestSock req, i64 tsval, bytes md5_key
)
cpdef int tcp_openreq_window(TcpSock tp, DstEntry dst, TcpRequestSock req, i64 mss) except -1
cpdef int tcp_queue_skb(TcpSock tp, SkBuff skb) except -1
cpdef int tcp_send_fin(TcpSock tp) except -1
cpdef i64 tcp_write_wakeup(TcpSock tp) except? -1
cpdef void tcp_send_probe0(TcpSock tp) except *
