cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock
from softnet.kernel.timer cimport jiffies
from softnet.net.core.skbuff cimport skb_copy_bits
from softnet.net.core.sock cimport sk_mem_charge
from softnet.net.core.stream cimport sk_stream_alloc_skb
from softnet.net.ipv4.inet_connection_sock cimport inet_csk_reset_xmit_timer
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_cwnd cimport tcp_cwnd_test, tcp_cwnd_validate
from softnet.net.ipv4.tcp_mss cimport tcp_current_mss, tcp_mss_to_mtu, tcp_mtu_to_mss
from softnet.net.ipv4.tcp_output cimport tcp_schedule_rto, tcp_transmit_skb
from softnet.net.ipv4.tcp_pacing cimport tcp_paced_sent, tcp_pacing_check, tcp_tso_autosize
from softnet.net.ipv4.tcp_tlp cimport tcp_schedule_loss_probe
from softnet.net.ipv4.tcp_segment cimport (
    pskb_trim_head,
    sk_wmem_free_skb,
    tcp_advance_send_head,
    tcp_init_tso_segs,
    tcp_insert_write_queue_before,
    tcp_set_skb_tso_segs,
    tcp_unlink_write_queue,
    tso_fragment,
)

cdef i64 SENDING, MTU_PROBE_CWND_MIN

cpdef int tcp_push_pending_frames(TcpSock tp) except -1
cpdef void tcp_push_frames(TcpSock tp, i64 cur_mss, i64 nonagle) except *
cpdef int tcp_push_one(TcpSock tp, i64 mss_now) except -1
cpdef int tcp_check_probe_timer(TcpSock tp) except -1
cpdef bint tcp_write_xmit(TcpSock tp, i64 mss_now, i64 nonagle, bint push_one) except -1
cpdef void tcp_tsq_handler(TcpSock tp) except *
cpdef int tcp_event_new_data_sent(TcpSock tp, SkBuff skb) except -1
cpdef bint tcp_snd_wnd_test(TcpSock tp, SkBuff skb, i64 cur_mss) except -1
cpdef bint tcp_nagle_test(TcpSock tp, SkBuff skb, i64 cur_mss, i64 nonagle) except -1
cpdef bint tcp_minshall_check(TcpSock tp) except -1
cpdef i64 tcp_snd_test(TcpSock tp, SkBuff skb, i64 cur_mss, i64 nonagle) except? -1
cpdef bint tcp_may_send_now(TcpSock tp) except -1
cpdef bint tcp_tso_should_defer(TcpSock tp, SkBuff skb) except -1
cpdef i64 tcp_mss_split_point(TcpSock tp, SkBuff skb, i64 mss_now, i64 cwnd) except? -1
cpdef i64 tcp_mtu_probe(TcpSock tp) except? -1
cpdef SkBuff tcp_mtu_probe_build(TcpSock tp, i64 probe_size, i64 mss_now)
