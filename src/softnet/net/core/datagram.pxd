cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.poll as poll
cimport softnet.uapi.socket as uapi
from softnet.arch.types cimport i64, u8
from softnet.fs.file cimport File, PollTable, poll_wait
from softnet.kernel.sched cimport Task, need_current, schedule_timeout, wake_up_process
from softnet.kernel.wait cimport (
    WaitQueueEntry, WaitQueueHead, abort_exclusive_wait, finish_wait, prepare_to_wait_exclusive,
    remove_wait_queue
)
from softnet.net.core.skbuff cimport (
    consume_skb, kfree_skb, skb_checksum_complete_head, skb_fill_page_desc, skb_orphan
)
from softnet.net.core.sock cimport (
    lock_sock_fast, sk_mem_reclaim_partial, sock_error, sock_intr_errno, sock_rcvtimeo,
    sock_set_bit, sock_writeable, unlock_sock_fast
)
from softnet.structs.skbuff cimport SkBuff, SkBuffHead, SkbFrag
from softnet.structs.sock cimport Sock
from softnet.structs.socket cimport MsgHdr, Socket

cdef i64 EAGAIN, EFAULT, EINVAL, ENOENT, ENOTCONN
cdef i64 TCP_ESTABLISHED, TCP_SYN_SENT, TCP_CLOSE, TCP_LISTEN


@cython.final
cdef class ReceiverWait(WaitQueueEntry):
    cdef Task task


cpdef SkBuff skb_recv_datagram(Sock sk, i64 flags, bint noblock)
@cython.locals(task=Task, wq=WaitQueueHead, e=ReceiverWait)
cdef i64 wait_for_packet(Sock sk, i64 timeo) except? -1
cpdef bint connection_based(Sock sk) except -1
cpdef int skb_free_datagram(Sock sk, SkBuff skb) except -1
cpdef int skb_free_datagram_locked(Sock sk, SkBuff skb) except -1
cpdef i64 skb_kill_datagram(Sock sk, SkBuff skb, i64 flags) except? -1
cpdef i64 skb_copy_datagram_iovec(SkBuff skb, i64 offset, MsgHdr msg, i64 length) except? -1
cdef int copy_to_msg(MsgHdr msg, const u8 *src, i64 off, i64 n) except -1
cpdef i64 skb_copy_and_csum_datagram_iovec(SkBuff skb, i64 hlen, MsgHdr msg) except? -1
cpdef i64 skb_copy_datagram_from_iovec(SkBuff skb, i64 offset, MsgHdr msg, i64 length) except? -1
cpdef i64 datagram_poll(File file, Socket sock, PollTable wait) except? -1
