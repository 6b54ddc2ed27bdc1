cimport cython
from softnet.arch.types cimport i64
from softnet.structs.flow cimport Flowi4
from softnet.structs.inet_sock cimport InetSock

cdef class UdpSock(InetSock):
    cdef public i64 pending
    cdef public bint corkflag
    cdef public i64 encap_type, ulen, pcflag, pcslen, pcrlen
    cdef public bint hashed
    cdef public i64 udp_port_hash, udp_portaddr_hash
    cdef public UdpSock udp_portaddr_next
    cdef public bint ipv6only
    cdef public Flowi4 cork_fl4, conn_fl4

    cpdef void sk_destruct(self) except *
