cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.socket as uapi
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.kernel.sched cimport Task, need_current, schedule_timeout
from softnet.kernel.wait cimport TaskWait, WaitQueueHead, finish_wait, prepare_to_wait, task_wait
from softnet.net.core.datagram cimport skb_copy_datagram_from_iovec, skb_copy_datagram_iovec
from softnet.net.core.skbuff cimport consume_skb, kfree_skb
from softnet.net.core.sock cimport (
    sock_alloc_send_skb, sock_error, sock_intr_errno, sock_rcvlowat, sock_rcvtimeo
)
from softnet.net.unix.unix_ops cimport UnixOps, unix_sk
from softnet.net.unix.unix_scm cimport (
    maybe_add_creds, passes_cred, take_cookie, unix_scm_recv, unix_scm_send,
    unix_scm_to_skb
)
from softnet.structs.skbuff cimport SkBuff, SkBuffHead
from softnet.structs.socket cimport MsgHdr, SockaddrUn, Socket
from softnet.structs.unix_sock cimport UnixHost, UnixSock, unix_net

cdef i64 SKB_MAX_ALLOC


@cython.final
cdef class UnixStreamOps(UnixOps):
    pass


@cython.locals(host=UnixHost, sent=i64, n=i64)
cpdef i64 unix_stream_sendmsg(UnixSock sk, MsgHdr msg, i64 size) except? -1
@cython.locals(limit=i64, level=i64, err=i64, skb=SkBuff, other=UnixSock)
cpdef i64 send_packet(UnixSock sk, MsgHdr msg, i64 size, object cookie, bint send_fds) except? -1
@cython.locals(
    target=i64, timeo=i64, peek=bint, copied=i64, chunk=i64, err=i64, first=bint, skb=SkBuff, q=SkBuffHead
)
cpdef i64 unix_stream_recvmsg(UnixSock sk, MsgHdr msg, i64 size, i64 flags) except? -1
cpdef void unix_copy_addr(MsgHdr msg, SkBuff skb) except *
@cython.locals(wq=WaitQueueHead, task=Task, entry=TaskWait)
cpdef i64 unix_stream_data_wait(UnixSock sk, i64 timeo) except? -1
