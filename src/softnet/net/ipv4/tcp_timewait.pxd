cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.inet_timewait_sock cimport (
    InetTimewaitDeathRow,
    inet_twsk_alloc,
    inet_twsk_deschedule,
    inet_twsk_hashdance,
    inet_twsk_schedule,
)
from softnet.structs.inet_timewait_sock cimport InetTimewaitSock
from softnet.structs.net_namespace cimport Net
from softnet.structs.netns_tcp cimport NetnsTcp
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpOptionsReceived, TcpSock, new_tcp_options
from softnet.net.ipv4.inetpeer cimport inet_getpeer_v4, inet_putpeer
from softnet.structs.inetpeer cimport InetPeer
from softnet.net.ipv4.tcp_clock cimport get_seconds, tcp_paws_reject
from softnet.net.ipv4.tcp_metrics cimport tcp_update_metrics
from softnet.net.ipv4.tcp_options cimport tcp_parse_options
from softnet.net.ipv4.tcp_state cimport tcp_done

cpdef InetTimewaitDeathRow tcp_death_row(Net net)
cpdef int tcp_time_wait(TcpSock tp, i64 state, i64 timeo) except -1
cpdef i64 tcp_timewait_state_process(InetTimewaitSock tw, SkBuff skb, NetnsTcp sysctl) except? -1
cpdef i64 tcp_timewait_fin_wait2(
    InetTimewaitSock tw, InetTimewaitDeathRow row, SkBuff skb, TcpOptionsReceived opt, bint paws_reject
) except? -1
cpdef int tcp_timewait_stamp(InetTimewaitSock tw, TcpOptionsReceived opt) except -1
@cython.locals(peer=InetPeer)
cpdef bint tcp_remember_stamp(Net net, i64 daddr, i64 ts_recent, i64 stamp) except -1
cpdef bint tcp_in_window(i64 seq, i64 end_seq, i64 s_win, i64 e_win) except -1
