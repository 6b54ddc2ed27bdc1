cimport cython
cimport softnet.uapi.snmp as snmp
from softnet.arch.types cimport i64
from softnet.structs.tcp cimport TcpSock
from softnet.net.ipv4.tcp_clock cimport get_seconds
from softnet.net.ipv4.tcp_output cimport tcp_send_ack

cpdef int tcp_send_challenge_ack(TcpSock tp) except -1
