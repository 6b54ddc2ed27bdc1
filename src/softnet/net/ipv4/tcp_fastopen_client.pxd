cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport jiffies
from softnet.net.core.skbuff cimport pskb_copy, skb_header_release
from softnet.net.core.sock cimport sk_mem_charge
from softnet.net.core.stream cimport sk_stream_alloc_skb
from softnet.net.ipv4.tcp_fastopen cimport (
    FastopenMetrics,
    TcpFastopenRequest,
    tcp_fastopen_cache_get,
    tcp_fastopen_cache_set,
)
from softnet.net.ipv4.tcp_options cimport tcp_parse_fastopen_option, tcp_parse_options
from softnet.net.ipv4.tcp_output cimport tcp_transmit_skb
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock, new_tcp_options

cdef i64 SYN_LOSSES_MAX, SYN_LOSSES_SHIFT, SYN_LOSS_PAUSE

cpdef int tcp_connect_queue_skb(TcpSock tp, SkBuff skb) except -1
cpdef i64 tcp_send_syn_data(TcpSock tp, SkBuff syn) except? -1
cpdef bytes tcp_fastopen_choose(TcpSock tp)
@cython.locals(data=SkBuff, whole=SkBuff)
cpdef bint tcp_syn_with_data(TcpSock tp, SkBuff syn, TcpFastopenRequest fo) except -1
cpdef SkBuff tcp_rcv_fastopen_synack(TcpSock tp, SkBuff skb)
cpdef int tcp_fastopen_syn_lost(TcpSock tp) except -1
cpdef bint tcp_fastopen_defer_connect(TcpSock tp) except -1
cpdef i64 tcp_set_fastopen_connect(TcpSock tp, i64 val) except? -1
