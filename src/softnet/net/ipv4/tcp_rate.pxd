cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_retransmit cimport tcp_xmit_retransmit_queue
from softnet.structs.tcp cimport TcpCongestionOps, TcpSock
from softnet.structs.tcp_rate cimport TcpRate

cpdef int tcp_rate_acked(TcpSock tp, TcpRate rate, i64 acked_sacked) except -1
@cython.locals(limited=i64)
cpdef int tcp_rate_check_app_limited(TcpSock tp, TcpRate rate) except -1
