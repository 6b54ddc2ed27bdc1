cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.poll as poll
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.socket as socket
cimport softnet.uapi.sockios as sockios
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.fs.file cimport File, PollTable, poll_wait
from softnet.net.ipv4.inet_hashtables cimport InetHashinfo, inet_hash, inet_put_port, inet_unhash
from softnet.structs.inet_connection_sock cimport InetConnectionSock
from softnet.structs.inet_timewait_sock cimport InetTimewaitSock
from softnet.structs.net_namespace cimport Net
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.sock cimport Proto, Sock
from softnet.structs.socket cimport MsgHdr, Sockaddr, Socket
from softnet.net.ipv4.tcp_pacing cimport tcp_pacing_stop
from softnet.net.ipv4.tcp_pacing_timer cimport tcp_pacing_start
from softnet.structs.tcp cimport TcpSock, new_tcp_sock
from softnet.net.core.sock cimport (
    lock_sock,
    proto_mem,
    proto_register,
    release_sock,
    sk_alloc,
    sock_init_data,
    sock_rcvlowat,
)
from softnet.net.core.skbuff cimport skb_queue_purge
from softnet.net.core.stream cimport sk_stream_is_writeable
from softnet.net.ipv4.inet_connection_sock cimport (
    inet_csk_accept,
    inet_csk_clear_xmit_timers,
    inet_csk_get_port,
    inet_csk_listen_start,
)
from softnet.net.ipv4.inet_timewait_sock cimport inet_twsk_deschedule, inet_twsk_purge
from softnet.net.ipv4.protocol cimport inet_add_protocol
from softnet.net.ipv4.tcp_clock cimport get_seconds
from softnet.net.ipv4.tcp_close cimport (
    tcp_close,
    tcp_disconnect,
    tcp_shutdown,
    tcp_write_queue_purge,
)
from softnet.net.ipv4.tcp_cong cimport (
    tcp_cleanup_congestion_control,
    tcp_cong_net_init,
)
from softnet.net.ipv4.tcp_ipv4 cimport net_hashinfo, tcp_v4_connect, tcp_v4_do_rcv
from softnet.net.ipv4.tcp_write cimport tcp_tsq_handler
from softnet.net.ipv4.tcp_fastopen cimport reqsk_fastopen_remove
from softnet.net.ipv4.tcp_fastopen_server cimport tcp_fastopen_listen
from softnet.net.ipv4.tcp_notsent cimport tcp_stream_memory_free
from softnet.net.ipv4.tcp_mss cimport tcp_sync_mss
from softnet.net.ipv4.tcp_recvmsg cimport tcp_inq, tcp_recvmsg
from softnet.net.ipv4.tcp_sendmsg cimport tcp_sendmsg
from softnet.net.ipv4.tcp_state cimport tcp_hashinfo
from softnet.net.ipv4.tcp_timer cimport tcp_init_xmit_timers, tcp_set_keepalive
from softnet.net.ipv4.tcp_timewait cimport tcp_death_row

cdef i64 READABLE, WRITABLE, OPENING

cdef class TcpHashinfo
cdef class TcpProto
cpdef i64 tcp_poll(TcpSock tp) except? -1
cpdef i64 tcp_poll_connected(TcpSock tp) except? -1
cpdef i64 tcp_ioctl(TcpSock tp, i64 cmd) except? -1
cpdef i64 tcp_v4_init_sock(TcpSock tp) except? -1
cpdef int tcp_v4_destroy_sock(TcpSock tp) except -1


@cython.final
cdef class TcpHashinfo(InetHashinfo):
    cdef public Net net

cpdef TcpSock tcp_sk(Sock sk)


@cython.final
cdef class TcpProto(Proto):
    pass

cpdef int tcp_init() except -1
cpdef int tcp_net_init(Net net) except -1
cpdef Sock tcp_ctl_sock(Net net)
cpdef int tcp_net_exit(Net net) except -1
