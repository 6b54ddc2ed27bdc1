cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.socket as uapi
from softnet.arch.types cimport i64
from softnet.kernel.sched cimport Task, current, need_current, schedule_timeout
from softnet.kernel.wait cimport TaskWait, WaitQueueHead, finish_wait, prepare_to_wait, task_wait
from softnet.net.core.skb_slab cimport register_sock_destructors
from softnet.net.core.skbuff cimport (
    alloc_skb, kfree_skb_last, pskb_trim, skb_orphan, skb_set_owner_r, skb_set_owner_w
)
from softnet.net.core.sock_life cimport (
    lock_sock, release_sock, sk_error_queue, sk_free_last, sock_clear_bit, sock_error,
    sock_intr_errno, sock_set_bit, sock_sndtimeo
)
from softnet.structs.net_namespace cimport Net, NetnsCore
from softnet.structs.skbuff cimport SkbDestructor, SkBuff
from softnet.structs.sock cimport Proto, ProtoMem, SkFilter, Sock


@cython.final
cdef class SockWfree(SkbDestructor):
    pass



@cython.final
cdef class SockRfree(SkbDestructor):
    pass



@cython.final
cdef class SockRmemFree(SkbDestructor):
    pass


cdef i64 SEND_SHUTDOWN, SKB_ALLOC_MAX, EPERM, ENOMEM, EPIPE, ENOBUFS
cdef SockWfree sock_wfree
cdef SockRfree sock_rfree
cdef SockRmemFree sock_rmem_free

cpdef i64 sk_mem_pages(i64 amt) except? -1
cpdef bint sk_has_account(Sock sk) except -1
cpdef bint sk_wmem_schedule(Sock sk, i64 size) except -1
cpdef bint sk_rmem_schedule(Sock sk, i64 size) except -1
@cython.locals(low=i64)
cpdef bint sk_mem_schedule(Sock sk, i64 size, i64 kind) except -1
@cython.locals(pressure=i64, high=i64)
cdef bint sk_mem_over_low(Sock sk, ProtoMem shared, list limits, i64 size, i64 kind) except -1
cpdef int sk_mem_charge(Sock sk, i64 size) except -1
cpdef int sk_mem_uncharge(Sock sk, i64 size) except -1
cpdef int sk_mem_reclaim(Sock sk) except -1
cpdef int sk_mem_reclaim_partial(Sock sk) except -1
@cython.locals(limits=list, low=i64)
cpdef int sk_mem_reclaim_pages(Sock sk) except -1
cpdef int sk_wmem_free_skb(Sock sk, SkBuff skb) except -1
cpdef int sk_stream_moderate_sndbuf(Sock sk) except -1
cpdef i64 sk_wmem_alloc_get(Sock sk) except? -1
cpdef i64 sk_rmem_alloc_get(Sock sk) except? -1
cpdef i64 sock_wspace(Sock sk) except? -1
cpdef bint sock_writeable(Sock sk) except -1
cpdef bint sock_kmalloc(Sock sk, i64 size) except -1
cpdef int sock_kfree_s(Sock sk, i64 size) except -1
cpdef i64 sk_filter(Sock sk, SkBuff skb) except? -1
cpdef i64 sock_queue_rcv_skb(Sock sk, SkBuff skb) except? -1
cpdef i64 sock_queue_err_skb(Sock sk, SkBuff skb) except? -1
@cython.locals(e=TaskWait)
cpdef i64 sk_wait_data(Sock sk, i64 timeo) except? -1
cpdef i64 sk_wait_unlocked(Sock sk, i64 timeo) except? -1
@cython.locals(task=Task)
cpdef bint signal_pending() except -1
cpdef SkBuff sock_wmalloc(Sock sk, i64 size, bint force)
cpdef SkBuff sock_rmalloc(Sock sk, i64 size, bint force)
cpdef SkBuff sock_alloc_send_skb(Sock sk, i64 size, bint noblock)
cpdef SkBuff sock_alloc_send_pskb(Sock sk, i64 header_len, i64 data_len, bint noblock)
cdef void sock_wait_to_send(Sock sk, i64 timeo) except *
@cython.locals(e=TaskWait)
cpdef i64 sock_wait_for_wmem(Sock sk, i64 timeo) except? -1
cpdef int raise_errno(i64 err) except -1
