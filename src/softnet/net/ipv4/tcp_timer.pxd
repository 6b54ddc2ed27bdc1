cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport Timer, init_timer, jiffies
from softnet.structs.request_sock cimport TcpRequestSock
from softnet.structs.tcp cimport TcpSock
from softnet.net.core.dst cimport dst_negative_advice
from softnet.net.core.sock cimport (
    bh_lock_sock,
    bh_unlock_sock,
    sk_dst_reset,
    sk_mem_reclaim,
    sk_mem_reclaim_partial,
    sk_reset_timer,
    sock_put,
)
from softnet.net.ipv4.inet_connection_sock cimport (
    inet_csk_delete_keepalive_timer,
    inet_csk_reqsk_queue_prune,
    inet_csk_reset_keepalive_timer,
    inet_csk_reset_xmit_timer,
)
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_connect cimport tcp_send_probe0, tcp_write_wakeup
from softnet.net.ipv4.tcp_fastopen_client cimport tcp_fastopen_syn_lost
from softnet.net.ipv4.tcp_frto cimport tcp_enter_frto, tcp_use_frto
from softnet.net.ipv4.tcp_handshake cimport (
    keepalive_intvl_when,
    keepalive_probes,
    keepalive_time_when,
)
from softnet.net.ipv4.tcp_input cimport tcp_fin_time
from softnet.net.ipv4.tcp_mss cimport tcp_mss_to_mtu, tcp_mtu_to_mss, tcp_sync_mss
from softnet.net.ipv4.tcp_output cimport tcp_send_ack, tcp_send_active_reset
from softnet.net.ipv4.tcp_prequeue cimport tcp_prequeue_failed
from softnet.net.ipv4.tcp_recovery cimport tcp_enter_loss, tcp_stream_is_thin
from softnet.net.ipv4.tcp_rack_timer cimport tcp_rack_reo_timeout
from softnet.net.ipv4.tcp_tlp_probe cimport tcp_send_loss_probe
from softnet.net.ipv4.tcp_retransmit cimport tcp_retransmit_skb
from softnet.net.ipv4.tcp_rtt cimport tcp_set_rto
from softnet.net.ipv4.tcp_state cimport tcp_done
from softnet.net.ipv4.tcp_timewait cimport tcp_time_wait

cdef i64 SYNACK_BACKOFF_MAX, RETRY_OWNED, ORPHAN_RETRIES, MTU_MIN

cdef class TcpWriteTimer
cdef class TcpDelackTimer
cdef class TcpKeepaliveTimer


@cython.final
cdef class TcpWriteTimer(Timer):
    cdef public TcpSock sk


@cython.final
cdef class TcpDelackTimer(Timer):
    cdef public TcpSock sk


@cython.final
cdef class TcpKeepaliveTimer(Timer):
    cdef public TcpSock sk

@cython.locals(write=TcpWriteTimer, delack=TcpDelackTimer, keepalive=TcpKeepaliveTimer)
cpdef int tcp_init_xmit_timers(TcpSock tp) except -1
cpdef int tcp_write_err(TcpSock tp) except -1
cpdef bint tcp_too_many_orphans(TcpSock tp, i64 shift) except -1
cpdef bint tcp_out_of_resources(TcpSock tp, bint do_reset) except -1
cpdef i64 tcp_orphan_retries(TcpSock tp, bint alive) except? -1
cpdef bint retransmits_timed_out(TcpSock tp, i64 boundary, i64 timeout, bint syn_set) except -1
cpdef bint tcp_write_timeout(TcpSock tp) except -1
cpdef void tcp_mtu_probing(TcpSock tp) except *
cpdef int tcp_write_timer(TcpSock tp) except -1
cpdef Timer need_timer(Timer timer)
cpdef void tcp_retransmit_timer(TcpSock tp) except *
cpdef void tcp_fastopen_synack_timer(TcpSock tp, TcpRequestSock req) except *
cpdef i64 tcp_timeout_mib(TcpSock tp) except? -1
cpdef int tcp_backoff_rto(TcpSock tp) except -1
cpdef void tcp_probe_timer(TcpSock tp) except *
cpdef int tcp_delack_timer(TcpSock tp) except -1
cpdef void tcp_delack_due(TcpSock tp) except *
cpdef int tcp_keepalive_timer(TcpSock tp) except -1
cpdef void tcp_fin_wait2_timeout(TcpSock tp) except *
cpdef void tcp_keepalive(TcpSock tp) except *
cpdef void tcp_set_keepalive(TcpSock tp, bint on) except *
