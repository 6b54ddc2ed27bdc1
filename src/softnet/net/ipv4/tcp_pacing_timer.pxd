cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.kernel.hrtimer cimport Hrtimer, hrtimer_start_relative
from softnet.kernel.softirq cimport Tasklet, tasklet_schedule
from softnet.net.core.sock cimport bh_lock_sock, bh_unlock_sock, sock_hold, sock_put
from softnet.net.core.sock cimport sk_mem_reclaim
from softnet.net.ipv4.tcp_mss cimport tcp_current_mss
from softnet.net.ipv4.tcp_retransmit cimport tcp_xmit_retransmit_queue
from softnet.net.ipv4.tcp_write cimport tcp_push_frames
from softnet.structs.tcp cimport TcpSock

cdef i64 RETRY_OWNED_NS, SENDING


@cython.final
cdef class TcpPacingTasklet(Tasklet):
    cdef TcpSock sk


@cython.final
cdef class TcpPacingTimer(Hrtimer):
    cdef public TcpSock sk
    cdef TcpPacingTasklet tasklet

cpdef int tcp_pacing_start(TcpSock tp) except -1
@cython.locals(timer=Hrtimer)
cpdef int tcp_pacing_due(TcpSock tp) except -1
