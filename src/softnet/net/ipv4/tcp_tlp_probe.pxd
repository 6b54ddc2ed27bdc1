cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_cong cimport tcp_ca_event, tcp_set_ca_state
from softnet.net.ipv4.tcp_mss cimport tcp_current_mss
from softnet.net.ipv4.tcp_output cimport tcp_schedule_rto, tcp_transmit_skb
from softnet.net.ipv4.tcp_recovery cimport tcp_try_keep_open
from softnet.net.ipv4.tcp_segment cimport tcp_fragment, tcp_init_tso_segs, tso_fragment
from softnet.net.ipv4.tcp_write cimport tcp_event_new_data_sent, tcp_snd_wnd_test
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock

@cython.locals(mss=i64, again=bint)
cpdef void tcp_send_loss_probe(TcpSock tp) except *
@cython.locals(skb=SkBuff)
cpdef bint tcp_probe_new(TcpSock tp, i64 mss) except -1
@cython.locals(skb=SkBuff, following=SkBuff, pcount=i64)
cpdef bint tcp_probe_again(TcpSock tp, i64 mss) except -1
@cython.locals(head=SkBuff, skb=SkBuff)
cpdef SkBuff tcp_last_sent(TcpSock tp)
cpdef void tcp_process_tlp_ack(TcpSock tp, i64 ack, i64 flag) except *
cpdef int tcp_tlp_repaired(TcpSock tp) except -1
