cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.rtnetlink as rtnetlink
from softnet.arch.types cimport i64
from softnet.structs.tcp cimport TcpSock
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp

cpdef i64 tcp_rto_min(TcpSock tp) except? -1
cpdef void tcp_rtt_estimator(TcpSock tp, i64 mrtt) except *
cpdef int tcp_set_rto(TcpSock tp) except -1
cpdef int tcp_valid_rtt_meas(TcpSock tp, i64 seq_rtt) except -1
cpdef int tcp_ack_update_rtt(TcpSock tp, i64 flag, i64 seq_rtt) except -1
