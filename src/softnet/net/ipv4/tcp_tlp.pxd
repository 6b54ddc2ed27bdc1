cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.inet_connection_sock cimport inet_csk_reset_xmit_timer
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock

cdef i64 PTO_MIN, MAX_ACK_DELAY

@cython.locals(head=SkBuff, rtt=i64, timeout=i64, left=i64)
cpdef bint tcp_schedule_loss_probe(TcpSock tp) except -1
cpdef bint tcp_tlp_wanted(TcpSock tp) except -1
