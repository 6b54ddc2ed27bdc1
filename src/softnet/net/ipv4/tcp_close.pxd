cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.socket as socket
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_pacing cimport tcp_pacing_stop
from softnet.structs.tcp cimport TcpSock, new_tcp_options
from softnet.kernel.softirq cimport local_bh_disable, local_bh_enable
from softnet.net.core.skbuff cimport consume_skb, skb_queue_purge
from softnet.net.core.sock cimport (
    bh_lock_sock,
    bh_unlock_sock,
    lock_sock,
    release_sock,
    sk_dst_reset,
    sk_mem_reclaim,
    sock_hold,
    sock_orphan,
    sock_put,
)
from softnet.net.core.stream cimport sk_stream_wait_close
from softnet.net.ipv4.inet_connection_sock cimport (
    inet_csk_clear_xmit_timers,
    inet_csk_destroy_sock,
    inet_csk_listen_stop,
    inet_csk_reset_keepalive_timer,
)
from softnet.net.ipv4.tcp_cong cimport tcp_set_ca_state
from softnet.net.ipv4.tcp_connect cimport tcp_send_fin
from softnet.net.ipv4.tcp_fastopen cimport reqsk_fastopen_remove
from softnet.net.ipv4.tcp_input cimport tcp_fin_time
from softnet.net.ipv4.tcp_output cimport tcp_send_active_reset
from softnet.net.ipv4.tcp_segment cimport sk_wmem_free_skb
from softnet.net.ipv4.tcp_state cimport tcp_close_state, tcp_set_state
from softnet.net.ipv4.tcp_timer cimport tcp_too_many_orphans
from softnet.net.ipv4.tcp_timewait cimport tcp_time_wait

cdef i64 SENDING, NEED_RESET, CLOSING

cpdef void tcp_shutdown(TcpSock tp, i64 how) except *
cpdef int tcp_close(TcpSock tp, i64 timeout) except -1
cpdef i64 tcp_flush_receive_queue(TcpSock tp) except? -1
cpdef int tcp_close_connection(TcpSock tp, i64 unread) except -1
cpdef void tcp_adjudge(TcpSock tp) except *
cpdef int tcp_write_queue_purge(TcpSock tp) except -1
cpdef i64 tcp_disconnect(TcpSock tp, i64 flags) except? -1
cpdef int tcp_forget(TcpSock tp) except -1
