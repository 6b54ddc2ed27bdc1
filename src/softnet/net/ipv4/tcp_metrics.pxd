cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.rtnetlink as rtnetlink
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.dst cimport DstEntry
from softnet.structs.tcp cimport TcpSock
from softnet.net.core.dst cimport dst_confirm, dst_metric_locked
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_cwnd cimport tcp_init_cwnd
from softnet.net.ipv4.tcp_rtt cimport tcp_rto_min, tcp_set_rto

cpdef void tcp_update_metrics(TcpSock tp) except *
cpdef int tcp_update_rtt_metrics(TcpSock tp, DstEntry dst) except -1
cpdef int tcp_update_cwnd_metrics(TcpSock tp, DstEntry dst) except -1
cpdef int tcp_init_metrics(TcpSock tp) except -1
cpdef void tcp_take_metrics(TcpSock tp, DstEntry dst) except *
