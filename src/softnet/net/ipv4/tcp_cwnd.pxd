cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.rtnetlink as rtnetlink
cimport softnet.uapi.socket as socket
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_cong cimport tcp_set_ca_state

cpdef i64 tcp_init_cwnd(TcpSock tp) except? -1
cpdef i64 tcp_cwnd_test(TcpSock tp, SkBuff skb) except? -1
cpdef i64 tcp_current_ssthresh(TcpSock tp) except? -1
cpdef int tcp_cwnd_restart(TcpSock tp) except -1
cpdef void tcp_cwnd_validate(TcpSock tp) except *
cpdef int tcp_cwnd_application_limited(TcpSock tp) except -1
cpdef bint tcp_may_raise_cwnd(TcpSock tp, i64 flag) except -1
cpdef int tcp_cong_avoid(TcpSock tp, i64 ack, i64 in_flight) except -1
cpdef void tcp_enter_cwr(TcpSock tp, bint set_ssthresh) except *
cpdef void tcp_cwnd_down(TcpSock tp, i64 flag) except *
cpdef int tcp_update_cwnd_in_recovery(
    TcpSock tp, i64 newly_acked_sacked, bint fast_rexmit
) except -1
cpdef int tcp_moderate_cwnd(TcpSock tp) except -1
cpdef int tcp_complete_cwr(TcpSock tp) except -1
