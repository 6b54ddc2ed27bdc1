cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.poll as poll_
cimport softnet.uapi.socket as uapi
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.fs.file cimport File, PollTable, poll_wait
from softnet.kernel.sched cimport need_current
from softnet.kernel.wait cimport add_wait_queue, wake_up, wake_up_all
from softnet.net.core.datagram cimport (
    skb_copy_datagram_from_iovec, skb_copy_datagram_iovec, skb_free_datagram, skb_recv_datagram
)
from softnet.net.core.skbuff cimport kfree_skb, skb_queue_purge
from softnet.net.core.sock cimport (
    sk_filter, sock_alloc_send_skb, sock_error, sock_intr_errno, sock_put, sock_recv_timestamp,
    sock_set_bit, sock_sndtimeo
)
from softnet.net.unix.unix_ops cimport UnixOps, unix_sk
from softnet.net.unix.unix_scm cimport (
    maybe_add_creds, passes_cred, take_cookie, unix_scm_recv, unix_scm_send, unix_scm_to_skb
)
from softnet.net.unix.unix_stream cimport unix_copy_addr
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.socket cimport MsgHdr, Sockaddr, Socket
from softnet.structs.unix_sock cimport (
    PeerWake, UnixHost, UnixSock, unix_may_send, unix_net, unix_recvq_full, unix_writable
)

cdef i64 MSG_OVERHEAD


@cython.final
cdef class UnixSeqpacketOps(UnixOps):
    pass


@cython.final
cdef class UnixDgramOps(UnixOps):
    pass


@cython.locals(other=UnixSock, old=UnixSock)
cpdef i64 unix_dgram_connect(UnixSock sk, Sockaddr addr) except? -1
cpdef void unix_dgram_disconnected(UnixSock sk, UnixSock other) except *
cpdef i64 send(UnixSock sk, MsgHdr msg, i64 size) except? -1
@cython.locals(host=UnixHost, skb=SkBuff, level=i64, err=i64)
cpdef i64 unix_dgram_sendmsg(UnixSock sk, MsgHdr msg, i64 size) except? -1
@cython.locals(timeo=i64, other=UnixSock, length=i64)
cpdef i64 deliver(UnixSock sk, MsgHdr msg, SkBuff skb, i64 level) except? -1
cpdef i64 peer_is_dead(UnixSock sk, UnixSock other) except? -1
@cython.locals(skb=SkBuff, err=i64, ended=bint)
cpdef i64 unix_dgram_recvmsg(UnixSock sk, MsgHdr msg, i64 size, i64 flags) except? -1
@cython.locals(mask=i64, other=UnixSock, writable=bint)
cpdef i64 unix_dgram_poll(File file, Socket sock, UnixSock sk, PollTable wait) except? -1
cpdef bint unix_dgram_peer_wake_me(UnixSock sk, UnixSock other) except -1
cpdef bint unix_dgram_peer_wake_connect(UnixSock sk, UnixSock other) except -1
