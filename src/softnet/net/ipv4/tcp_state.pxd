cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.socket as socket
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_fastopen cimport reqsk_fastopen_remove
from softnet.net.ipv4.inet_hashtables cimport InetHashinfo, inet_put_port
from softnet.net.ipv4.tcp_pacing cimport tcp_pacing_stop
from softnet.structs.tcp cimport TcpSock
from softnet.net.ipv4.inet_connection_sock cimport (
    inet_csk_clear_xmit_timers,
    inet_csk_destroy_sock,
)

cpdef int tcp_set_state(TcpSock tp, i64 state) except -1
cpdef InetHashinfo tcp_hashinfo(TcpSock tp)
cpdef bint tcp_close_state(TcpSock tp) except -1
cpdef int tcp_done(TcpSock tp) except -1
cpdef void tcp_reset(TcpSock tp) except *
