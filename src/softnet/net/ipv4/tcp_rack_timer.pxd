cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_cwnd cimport tcp_update_cwnd_in_recovery
from softnet.net.ipv4.tcp_output cimport tcp_schedule_rto
from softnet.net.ipv4.tcp_rack cimport tcp_rack_detect_loss
from softnet.net.ipv4.tcp_recovery cimport tcp_enter_recovery
from softnet.net.ipv4.tcp_retransmit cimport tcp_xmit_retransmit_queue
from softnet.structs.tcp cimport TcpSock
from softnet.structs.tcp_rack cimport TcpRack

@cython.locals(rack=TcpRack, in_flight=i64)
cpdef void tcp_rack_reo_timeout(TcpSock tp) except *
