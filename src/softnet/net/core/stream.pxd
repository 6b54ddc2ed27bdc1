cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.poll as poll
cimport softnet.uapi.socket as uapi
from softnet.arch.types cimport i64
from softnet.kernel.sched cimport Task, need_current
from softnet.kernel.wait cimport (
    TaskWait, WaitQueueHead, finish_wait, prepare_to_wait, task_wait, wake_up
)
from softnet.machine.entropy cimport RandomStream
from softnet.net.core.skbuff cimport alloc_skb, kfree_skb_last, skb_queue_purge
from softnet.net.core.sock cimport (
    sk_mem_reclaim, sk_stream_moderate_sndbuf, sk_wait_unlocked, sk_wmem_schedule, sock_clear_bit,
    sock_error, sock_intr_errno, sock_set_bit
)
from softnet.structs.net_namespace cimport Net
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.sock cimport Proto, Sock
from softnet.structs.socket cimport Socket
cdef i64 TCPF_ESTABLISHED, TCPF_SYN_SENT, TCPF_SYN_RECV, TCPF_FIN_WAIT1, TCPF_CLOSE_WAIT
cdef i64 EAGAIN, EPIPE
cdef i64 TCPF_LAST_ACK, TCPF_CLOSING, VM_WAIT_MIN_NS, VM_WAIT_JIFFIES

cpdef i64 sk_stream_min_wspace(Sock sk) except? -1
cpdef i64 sk_stream_wspace(Sock sk) except? -1
cpdef bint sk_stream_memory_free(Sock sk) except -1
cpdef bint sk_stream_is_writeable(Sock sk) except -1
cpdef int sk_stream_write_space(Sock sk) except -1
@cython.locals(task=Task)
cpdef i64 sk_stream_wait_connect(Sock sk, i64 timeo) except? -1
@cython.locals(e=TaskWait)
cdef i64 wait_once(Sock sk, i64 timeo) except? -1
cpdef bint sk_stream_closing(Sock sk) except -1
@cython.locals(task=Task)
cpdef void sk_stream_wait_close(Sock sk, i64 timeo) except *
@cython.locals(task=Task)
cpdef i64 sk_stream_wait_memory(Sock sk, i64 timeo) except? -1
cpdef i64 sk_stream_error(Sock sk, i64 flags, i64 err) except? -1
cpdef SkBuff sk_stream_alloc_skb(Sock sk, i64 size)
cpdef int sk_stream_kill_queues(Sock sk) except -1
