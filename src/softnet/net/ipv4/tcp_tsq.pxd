cimport cython
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.kernel.softirq cimport Tasklet, tasklet_schedule
from softnet.net.core.sock cimport bh_lock_sock, bh_unlock_sock, sock_hold, sock_put
from softnet.net.core.sock_mem cimport sock_wfree
from softnet.structs.skbuff cimport SkBuff, SkbDestructor
from softnet.structs.tcp cimport TcpSock


cdef class TcpWfree(SkbDestructor):
    @cython.locals(tp=TcpSock)
    cpdef void destruct(self, SkBuff skb) except *


cdef class TsqTasklet(Tasklet):
    cdef public list socks
    cpdef int add(self, TcpSock tp) except -1
    @cython.locals(tp=TcpSock)
    cpdef void func(self) except *

cpdef void tsq_go_on(TcpSock tp) except *
cpdef TsqTasklet tsq_tasklet(TcpSock tp)
cpdef int tcp_own_skb(TcpSock tp, SkBuff skb) except -1

cdef TcpWfree tcp_wfree
