cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.socket as socket
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.socket cimport MsgHdr
from softnet.structs.tcp cimport TcpSock
from softnet.structs.tcp_ucopy cimport TcpUcopy, new_tcp_ucopy
from softnet.kernel.sched cimport Task, current
from softnet.net.core.datagram cimport skb_copy_datagram_iovec
from softnet.net.core.skbuff cimport consume_skb
from softnet.net.core.sock cimport (
    lock_sock,
    release_sock,
    signal_pending,
    sk_wait_data,
    sock_error,
    sock_intr_errno,
    sock_rcvlowat,
    sock_rcvtimeo,
)
from softnet.net.ipv4.tcp_output cimport tcp_send_ack
from softnet.net.ipv4.tcp_prequeue cimport tcp_prequeue_process
from softnet.net.ipv4.tcp_rcvbuf cimport tcp_rcv_space_adjust
from softnet.net.ipv4.tcp_window cimport tcp_window_from_space

cdef i64 ENOTCONN, EAGAIN, EINVAL, WAIT

cdef class TcpReader


@cython.final
cdef class TcpReader:
    cdef public i64 seq, copied, left, urg_hole
    cdef public bint peek, trunc, fin
    cdef public TcpUcopy ucopy

@cython.locals(reader=TcpReader)
cdef TcpReader tcp_reader(i64 seq, i64 size, i64 flags)
@cython.locals(reader=TcpReader)
cpdef i64 tcp_recvmsg(TcpSock tp, MsgHdr msg, i64 size, i64 flags) except? -1
cpdef i64 tcp_recv_stream(
    TcpSock tp, MsgHdr msg, TcpReader reader, i64 size, i64 flags) except? -1
@cython.locals(ucopy=TcpUcopy)
cpdef i64 tcp_recv_wait(
    TcpSock tp, TcpReader reader, MsgHdr msg, i64 timeo, bint enough) except? -2
@cython.locals(ucopy=TcpUcopy, task=Task)
cpdef void tcp_reader_waits(TcpSock tp, TcpReader reader, MsgHdr msg) except *
cpdef int tcp_reader_copied(TcpSock tp, TcpReader reader, TcpUcopy ucopy, i64 mib) except -1
@cython.locals(ucopy=TcpUcopy)
cpdef i64 tcp_reader_leaves(TcpSock tp, TcpReader reader, i64 answer) except? -1
cpdef SkBuff tcp_recv_skb(TcpSock tp, TcpReader reader)
cpdef void tcp_read_skb(TcpSock tp, TcpReader reader, MsgHdr msg, SkBuff skb) except *
cpdef int tcp_read_fin(TcpSock tp, TcpReader reader, SkBuff skb) except -1
cpdef i64 tcp_recv_stop(TcpSock tp, i64 copied, i64 timeo) except? -1
cpdef i64 tcp_recv_urg(TcpSock tp, MsgHdr msg, i64 size, i64 flags) except? -1
cpdef void tcp_cleanup_rbuf(TcpSock tp, i64 copied) except *
cpdef i64 tcp_inq(TcpSock tp) except? -1
