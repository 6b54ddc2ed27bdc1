cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpCongestionOps, TcpSock
from softnet.structs.tcp_rack cimport TcpRack
from softnet.structs.tcp_rate cimport TcpRate
cimport cython

cpdef int tcp_delivery_init(TcpSock tp) except -1
@cython.locals(ops=TcpCongestionOps)
cpdef int tcp_delivery_algorithm(TcpSock tp) except -1
@cython.locals(rack=TcpRack, rate=TcpRate)
cpdef int tcp_delivery_begin(TcpSock tp, i64 in_flight) except -1
@cython.locals(rack=TcpRack, rate=TcpRate, now=i64, again=bint)
cpdef void tcp_skb_delivered(TcpSock tp, SkBuff skb, i64 end_seq) except *
