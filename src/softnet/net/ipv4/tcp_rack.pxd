cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.inet_connection_sock cimport inet_csk_reset_xmit_timer
from softnet.net.ipv4.tcp_sack cimport tcp_skb_mark_lost_uncond_verify
from softnet.net.ipv4.tcp_segment cimport tcp_verify_left_out
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock
from softnet.structs.tcp_rack cimport TcpRack

cdef i64 DUP_THRESH, RECOVERY_THRESH, MULT_MAX

@cython.locals(timeout=i64, into=i64, ticks=i64)
cpdef void tcp_rack_mark_lost(TcpSock tp, TcpRack rack, i64 flag) except *
cpdef int tcp_rack_update_reo_wnd(TcpSock tp, TcpRack rack, i64 flag) except -1
cpdef int tcp_rack_recovered(TcpRack rack) except -1
@cython.locals(wnd=i64, srtt=i64)
cpdef i64 tcp_rack_reo_wnd(TcpSock tp, TcpRack rack) except? -1
@cython.locals(allowed=i64, now=i64, timeout=i64, skb=SkBuff, sacked=i64, waits=bint, remaining=i64)
cpdef i64 tcp_rack_detect_loss(TcpSock tp, TcpRack rack) except? -1
cpdef int tcp_rack_mark_skb_lost(TcpSock tp, SkBuff skb) except -1
@cython.locals(allowed=i64)
cpdef bint tcp_rack_too_young(TcpSock tp, TcpRack rack, SkBuff skb) except -1
