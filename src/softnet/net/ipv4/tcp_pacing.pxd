cimport cython
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.kernel.hrtimer cimport Hrtimer, hrtimer_cancel, hrtimer_start_relative
from softnet.net.core.sock cimport sock_hold, sock_put
from softnet.structs.inet_connection_sock cimport InetConnectionSockAfOps
from softnet.structs.netns_tcp cimport NetnsTcp
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock

cdef i64 MIN_TSO_SEGS, SLOW_RATE

@cython.locals(rate=i64)
cpdef i64 tcp_pacing_rate(TcpSock tp) except? -1
@cython.locals(sysctl=NetnsTcp, ratio=i64, cwnd=i64)
cpdef void tcp_update_pacing_rate(TcpSock tp) except *
@cython.locals(rate=i64, least=i64, size=i64, segs=i64)
cpdef i64 tcp_tso_autosize(TcpSock tp, i64 mss_now) except? -1
@cython.locals(timer=Hrtimer)
cpdef bint tcp_pacing_check(TcpSock tp) except -1
@cython.locals(rate=i64, timer=Hrtimer, header=i64, size=i64)
cpdef void tcp_paced_sent(TcpSock tp, SkBuff skb) except *
@cython.locals(timer=Hrtimer)
cpdef int tcp_pacing_stop(TcpSock tp) except -1
