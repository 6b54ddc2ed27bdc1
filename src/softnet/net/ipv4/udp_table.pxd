cimport cython
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.socket as socket_
from softnet.arch.types cimport i64
from softnet.net.core.secure_seq cimport jhash_3words
from softnet.net.core.sock cimport sock_prot_inuse_add
from softnet.net.core.sock_reuseport cimport next_pseudo_random32, reuseport_shares, reuseport_takes
from softnet.net.ipv4.inet_hashtables cimport InetHashinfo
from softnet.structs.net_namespace cimport Net, SnmpMib
from softnet.net.ipv4.udp_sock cimport UdpSock

cdef i64 UDP_HTABLE_SIZE_MIN, UDP_HTABLE_SIZE_MAX, UDP_HTABLE_SCALE, CHAIN_LONG, SCORE2_MAX

@cython.final
cdef class UdpTable:
    cdef public i64 mask, log, secret
    cdef public list hash, count, hash2, count2

    cpdef int grow(self) except -1

cpdef UdpTable udp_table_of(UdpSock sk)
@cython.locals(h=i64)
cpdef i64 udp4_portaddr_hash(i64 saddr, i64 port) except? -1
cpdef i64 udp_v4_get_port(UdpSock sk, i64 snum) except? -1
@cython.locals(table=UdpTable)
cpdef i64 udp_lib_get_port(UdpSock sk, i64 snum) except? -1
@cython.locals(hinfo=InetHashinfo)
cpdef i64 udp_reuseport_secret(Net net) except? -1
cpdef bint udp_conflict(UdpSock sk, UdpSock other) except? -1
cpdef bint ipv4_rcv_saddr_equal(UdpSock sk, UdpSock other) except? -1
@cython.locals(other=UdpSock, nxt=UdpSock)
cpdef set udp_ports_inuse(UdpSock sk, UdpTable table, i64 slot)
@cython.locals(slot=i64, length=i64, any_slot=i64, own_slot=i64, other=UdpSock, nxt=UdpSock)
cpdef bint udp_lport_inuse(UdpSock sk, UdpTable table, i64 num) except? -1
@cython.locals(other=UdpSock)
cpdef bint udp_chain2_inuse(UdpSock sk, UdpTable table, i64 slot2, i64 num) except? -1
@cython.locals(slot=i64)
cpdef int udp_link(UdpSock sk, UdpTable table) except -1
@cython.locals(slot2=i64)
cpdef int udp_link2(UdpSock sk, UdpTable table) except -1
@cython.locals(slot2=i64, other=UdpSock)
cpdef int udp_unlink2(UdpSock sk, UdpTable table) except -1
@cython.locals(table=UdpTable, slot=i64, other=UdpSock, nxt=UdpSock)
cpdef void udp_lib_unhash(UdpSock sk) except *
@cython.locals(new=i64, table=UdpTable)
cpdef int udp_v4_rehash(UdpSock sk) except -1
@cython.locals(score=i64)
cpdef i64 compute_score(UdpSock sk, i64 saddr, i64 hnum, i64 sport, i64 daddr, i64 dif) except? -2
@cython.locals(score=i64)
cpdef i64 compute_score2(UdpSock sk, i64 saddr, i64 sport, i64 daddr, i64 hnum, i64 dif) except? -2
@cython.locals(slot=i64, length=i64, slot2=i64, found=UdpSock, best=UdpSock, badness=i64,
               matches=i64, phash=i64, sk=UdpSock, score=i64, nxt=UdpSock)
cpdef UdpSock udp4_lib_lookup(UdpTable table, i64 saddr, i64 sport, i64 daddr, i64 hnum, i64 dif)
@cython.locals(best=UdpSock, badness=i64, matches=i64, phash=i64, sk=UdpSock, score=i64)
cpdef UdpSock udp4_lib_lookup2(UdpTable table, i64 saddr, i64 sport, i64 daddr, i64 hnum, i64 dif,
                               i64 slot2)
cpdef SnmpMib udp_mib(UdpSock sk)
