cimport softnet.arch.const as const
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_delivery cimport tcp_delivery_algorithm, tcp_delivery_init
from softnet.structs.netns_tcp cimport NetnsTcp
from softnet.structs.tcp cimport TcpCongestionOps, TcpSock
cimport cython

cpdef int tcp_register_congestion_control(TcpCongestionOps ca) except -1
@cython.locals(ca=TcpCongestionOps)
cpdef TcpCongestionOps tcp_ca_find(NetnsTcp sysctl, str name)
@cython.locals(ca=TcpCongestionOps, found=TcpCongestionOps)
cpdef TcpCongestionOps tcp_ca_load(NetnsTcp sysctl, str name)
cpdef int tcp_set_default_congestion_control(NetnsTcp sysctl, str name) except -1
cpdef int tcp_set_allowed_congestion_control(NetnsTcp sysctl, str names) except -1
cpdef int tcp_init_congestion_control(TcpSock tp) except -1
cpdef int tcp_cleanup_congestion_control(TcpSock tp) except -1
cpdef i64 tcp_set_congestion_control(TcpSock tp, str name) except? -1
cpdef bint tcp_is_cwnd_limited(TcpSock tp, i64 in_flight) except -1
@cython.locals(sysctl=NetnsTcp, cnt=i64)
cpdef void tcp_slow_start(TcpSock tp) except *
cpdef int tcp_cong_avoid_ai(TcpSock tp, i64 w) except -1
cpdef void tcp_reno_cong_avoid(TcpSock tp, i64 ack, i64 in_flight) except *
cpdef i64 tcp_reno_ssthresh(TcpSock tp) except? -1


cdef class TcpReno(TcpCongestionOps):
    pass


cpdef int tcp_cong_init() except -1
cpdef int tcp_cong_net_init(NetnsTcp sysctl, str default) except -1
cpdef int tcp_ca_event(TcpSock tp, i64 event) except -1
cpdef int tcp_set_ca_state(TcpSock tp, i64 ca_state) except -1
cpdef bint tcp_can_gso(TcpSock tp) except -1
