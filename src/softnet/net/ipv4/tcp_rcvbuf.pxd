cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock, window_part
from softnet.net.core.sock cimport sk_mem_reclaim
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp

cdef i64 MSS_ETHERNET, RCVMEM_STEP, GROW_LEN_MIN, REMNANT

cpdef int tcp_init_buffer_space(TcpSock tp) except -1
cpdef int tcp_fixup_sndbuf(TcpSock tp) except -1
cpdef int tcp_fixup_rcvbuf(TcpSock tp) except -1
@cython.locals(mss=i64, scale=i64, rcvmem=i64)
cpdef i64 tcp_segment_rcvmem(TcpSock tp) except? -1
cpdef void tcp_grow_window(TcpSock tp, SkBuff skb) except *
cpdef i64 tcp_grow_window_slowly(TcpSock tp, SkBuff skb) except? -1
cpdef int tcp_clamp_window(TcpSock tp) except -1
cpdef int tcp_rcv_rtt_update(TcpSock tp, i64 sample, bint win_dep) except -1
cpdef void tcp_rcv_rtt_measure(TcpSock tp) except *
cpdef int tcp_rcv_rtt_measure_ts(TcpSock tp, SkBuff skb) except -1
cpdef void tcp_rcv_space_adjust(TcpSock tp) except *
cpdef int tcp_grow_rcvbuf(TcpSock tp, i64 space) except -1
cpdef int tcp_event_data_recv(TcpSock tp, SkBuff skb) except -1
cpdef void tcp_measure_rcv_mss(TcpSock tp, SkBuff skb) except *
cpdef int tcp_incr_quickack(TcpSock tp) except -1
cpdef int tcp_enter_quickack_mode(TcpSock tp) except -1
cpdef bint tcp_in_quickack_mode(TcpSock tp) except -1
cpdef void TCP_ECN_check_ce(TcpSock tp, SkBuff skb) except *
