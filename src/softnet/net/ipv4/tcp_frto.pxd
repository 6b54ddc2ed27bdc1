cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.tcp cimport TcpSock
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_cong cimport tcp_set_ca_state
from softnet.net.ipv4.tcp_cwnd cimport tcp_current_ssthresh, tcp_enter_cwr, tcp_moderate_cwnd
from softnet.net.ipv4.tcp_recovery cimport tcp_undo_cwr
from softnet.net.ipv4.tcp_segment cimport tcp_verify_left_out
from softnet.net.ipv4.tcp_write cimport tcp_may_send_now

cdef i64 FRTO_SACK

cpdef bint tcp_is_sackfrto(TcpSock tp) except -1
cpdef bint tcp_use_frto(TcpSock tp) except -1
cpdef int tcp_enter_frto(TcpSock tp) except -1
cpdef int tcp_enter_frto_loss(TcpSock tp, i64 allowed_segments, i64 flag) except -1
cpdef bint tcp_process_frto(TcpSock tp, i64 flag) except -1
cpdef bint tcp_frto_without_sack(TcpSock tp, i64 flag) except -1
cpdef bint tcp_frto_with_sack(TcpSock tp, i64 flag) except -1
cpdef int tcp_spurious_rto(TcpSock tp, i64 flag) except -1
