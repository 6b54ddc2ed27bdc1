cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtn
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport jiffies
from softnet.net.core.sock cimport lock_sock, release_sock, sk_dst_reset, sk_dst_set
from softnet.net.ipv4.ip_output cimport RT_CONN_FLAGS
from softnet.net.ipv4.route cimport ip_route_connect
from softnet.structs.flow cimport Flowi4
from softnet.structs.inet_sock cimport InetSock
from softnet.structs.route cimport Rtable
from softnet.structs.sock cimport Sock
from softnet.structs.socket cimport Sockaddr, SockaddrIn

@cython.locals(err=i64, isk=InetSock)
cpdef i64 ip4_datagram_connect(Sock sk, Sockaddr addr) except? -1
@cython.locals(oif=i64, saddr=i64, fl4=Flowi4, rt=Rtable)
cpdef i64 datagram_connect_locked(InetSock sk, SockaddrIn addr) except? -1
cpdef i64 udp_disconnect(Sock sk, i64 flags) except? -1
cpdef int inet_reset_saddr(InetSock sk) except -1
cpdef bint ipv4_is_multicast(i64 addr) except? -1
