cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock
from softnet.net.core.skbuff cimport consume_skb, skb_copy_bits

cpdef void tcp_urg(TcpSock tp, SkBuff skb) except *
cpdef void tcp_check_urg(TcpSock tp, SkBuff skb) except *
