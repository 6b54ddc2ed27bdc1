cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.poll as poll
cimport softnet.uapi.snmp as snmp
from softnet.arch.types cimport i64
from softnet.kernel.sched cimport current, wake_up_process
from softnet.kernel.softirq cimport local_bh_disable, local_bh_enable
from softnet.kernel.wait cimport wake_up_interruptible_sync_poll
from softnet.net.core.datagram cimport skb_copy_datagram_iovec
from softnet.net.ipv4.inet_connection_sock cimport inet_csk_reset_xmit_timer
from softnet.net.ipv4.tcp_rcvbuf cimport tcp_rcv_space_adjust
from softnet.net.ipv4.tcp_rtt cimport tcp_rto_min
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock
from softnet.structs.tcp_ucopy cimport TcpUcopy

cdef i64 POLL_READ

cpdef bint tcp_prequeue(TcpSock tp, SkBuff skb) except -1
cpdef int tcp_prequeue_process(TcpSock tp, TcpUcopy ucopy) except -1
cpdef i64 tcp_prequeue_drain(TcpSock tp, TcpUcopy ucopy) except? -1
cpdef int tcp_prequeue_failed(TcpSock tp, TcpUcopy ucopy) except -1
cpdef i64 tcp_ucopy_room(TcpSock tp) except? -1
cpdef bint tcp_copy_to_iovec(TcpSock tp, SkBuff skb, i64 offset, i64 chunk) except -1
