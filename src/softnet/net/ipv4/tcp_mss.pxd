cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.tcp cimport TcpSock
from softnet.net.ipv4.tcp_cong cimport tcp_can_gso
from softnet.net.ipv4.tcp_options cimport tcp_established_size

cdef i64 GSO_HEADROOM

cpdef i64 tcp_mtu_to_mss(TcpSock tp, i64 pmtu) except? -1
cpdef i64 tcp_mss_to_mtu(TcpSock tp, i64 mss) except? -1
cpdef int tcp_mtup_init(TcpSock tp) except -1
cpdef i64 tcp_sync_mss(TcpSock tp, i64 pmtu) except? -1
cpdef i64 tcp_bound_to_half_wnd(TcpSock tp, i64 pktsize) except? -1
cpdef i64 tcp_current_mss(TcpSock tp) except? -1
cpdef i64 tcp_xmit_size_goal(TcpSock tp, i64 mss_now, bint large_allowed) except? -1
cpdef i64 tcp_advertise_mss(TcpSock tp) except? -1
cpdef int tcp_initialize_rcv_mss(TcpSock tp) except -1
