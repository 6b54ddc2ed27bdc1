cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.fcntl as fcntl
cimport softnet.uapi.socket as socket
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.socket cimport MsgHdr, Sockaddr, Socket
from softnet.structs.tcp cimport TcpSock
from softnet.net.core.skbuff cimport skb_fill_page_desc, skb_header_release
from softnet.net.core.sock cimport (
    lock_sock,
    release_sock,
    sk_mem_charge,
    sk_wmem_schedule,
    sock_sndtimeo,
)
from softnet.net.core.stream cimport (
    sk_stream_alloc_skb,
    sk_stream_error,
    sk_stream_wait_connect,
    sk_stream_wait_memory,
)
from softnet.net.ipv4.tcp_connect cimport tcp_connect
from softnet.net.ipv4.tcp_fastopen cimport TcpFastopenRequest, has_fastopen
from softnet.net.ipv4.tcp_state cimport tcp_set_state
from softnet.net.ipv4.tcp_mss cimport tcp_current_mss, tcp_xmit_size_goal
from softnet.net.ipv4.tcp_notsent cimport tcp_stream_memory_free
from softnet.net.ipv4.tcp_rate cimport tcp_rate_check_app_limited
from softnet.net.ipv4.tcp_segment cimport (
    sk_wmem_free_skb,
    tcp_add_write_queue_tail,
    tcp_check_send_head,
    tcp_unlink_write_queue,
)
from softnet.net.ipv4.tcp_write cimport tcp_push_frames, tcp_push_one

cdef i64 COPY_MAX, LINEAR_MAX, EPIPE, SENDING, NO_ROOM, NO_MEMORY

cpdef i64 tcp_sendmsg(TcpSock tp, MsgHdr msg, i64 size) except? -1
cpdef i64 tcp_sendmsg_connected(TcpSock tp, MsgHdr msg, i64 size) except? -1
cpdef i64 tcp_sendmsg_zerocopy(TcpSock tp, MsgHdr msg, i64 size, i64 timeo) except? -1
cpdef i64 tcp_sendmsg_fastopen(TcpSock tp, MsgHdr msg, i64 size) except? -1
cpdef i64 tcp_connect_with(TcpSock tp, MsgHdr msg) except? -1
cpdef i64 tcp_may_send(TcpSock tp, i64 timeo) except? -1
cpdef i64 tcp_sendmsg_locked(TcpSock tp, MsgHdr msg, i64 size, i64 timeo) except? -1
cpdef i64 tcp_append(TcpSock tp, MsgHdr msg, i64 left, i64 size_goal, bint first) except? -1
cpdef bint tcp_append_page(TcpSock tp, SkBuff skb, MsgHdr msg, i64 n) except -1
cpdef int tcp_drop_empty(TcpSock tp, SkBuff skb) except -1
cpdef int skb_entail(TcpSock tp, SkBuff skb) except -1
cpdef bint forced_push(TcpSock tp) except -1
cpdef int tcp_mark_push(TcpSock tp, SkBuff skb) except -1
cpdef void tcp_push(TcpSock tp, i64 flags, i64 mss_now, i64 nonagle) except *
