cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.core.secure_seq cimport jhash_3words, secure_ipv4_port_ephemeral
from softnet.net.core.sock cimport sock_prot_inuse_add
from softnet.net.core.sock_reuseport cimport next_pseudo_random32, reuseport_takes
from softnet.structs.inet_connection_sock cimport InetBindBucket, InetConnectionSock
from softnet.structs.inet_timewait_sock cimport InetTimewaitSock
from softnet.structs.netns_ipv4 cimport NetnsIpv4
from softnet.structs.sock cimport Sock

cdef i64 INET_LHTABLE_SIZE, EHASH_START, EADDRNOTAVAIL


cdef class InetHashinfo:
    cdef public list ehash, twhash
    cdef public i64 ehash_mask, ehash_count, tw_count, ehash_size
    cdef public list listening_hash
    cdef public dict bhash
    cdef public i64 secret, port_key0, port_key1, port_hint
    cpdef bint twsk_unique(
        self, InetConnectionSock sk, InetTimewaitSock tw, bint connecting
    ) except -1
    cpdef void twsk_deschedule(self, InetTimewaitSock tw) except *

cpdef i64 inet_ehashfn(
    InetHashinfo hinfo, i64 laddr, i64 lport, i64 faddr, i64 fport
) except? -1
@cython.locals(sk=Sock, icsk=InetConnectionSock)
cpdef InetConnectionSock inet_lookup_established(
    InetHashinfo hinfo, i64 saddr, i64 sport, i64 daddr, i64 hnum, i64 dif
)
cdef bint inet_match(
    InetConnectionSock icsk, i64 saddr, i64 sport, i64 daddr, i64 hnum, i64 dif
) except -1
@cython.locals(tw=InetTimewaitSock)
cpdef InetTimewaitSock inet_lookup_timewait(
    InetHashinfo hinfo, i64 saddr, i64 sport, i64 daddr, i64 hnum, i64 dif
)
cdef bint inet_tw_match(
    InetTimewaitSock tw, i64 saddr, i64 sport, i64 daddr, i64 hnum, i64 dif
) except -1
@cython.locals(sk=Sock, icsk=InetConnectionSock, best=InetConnectionSock)
cpdef InetConnectionSock inet_lookup_listener(
    InetHashinfo hinfo, i64 saddr, i64 sport, i64 daddr, i64 hnum, i64 dif
)
cdef i64 inet_listener_score(
    InetConnectionSock icsk, i64 daddr, i64 hnum, i64 dif
) except? -2
cpdef int inet_hash_nolisten(InetHashinfo hinfo, InetConnectionSock sk) except -1
cpdef void inet_hash(InetHashinfo hinfo, InetConnectionSock sk) except *
cpdef bint inet_unhash(InetHashinfo hinfo, InetConnectionSock sk) except -1
@cython.locals(head=Sock)
cdef int inet_chain_add(list table, i64 slot, Sock sk) except -1
@cython.locals(nxt=Sock, prev=Sock)
cdef int inet_chain_del(list table, i64 slot, Sock sk) except -1
@cython.locals(sk=Sock, tw=InetTimewaitSock)
cpdef int inet_ehash_grow(InetHashinfo hinfo) except -1
@cython.locals(head=InetTimewaitSock)
cdef int inet_tw_chain_add(list table, i64 slot, InetTimewaitSock tw) except -1
cpdef int inet_twsk_hash(InetHashinfo hinfo, InetTimewaitSock tw) except -1
@cython.locals(nxt=InetTimewaitSock, prev=InetTimewaitSock)
cpdef bint inet_twsk_unhash(InetHashinfo hinfo, InetTimewaitSock tw) except -1
cpdef InetBindBucket inet_bind_bucket_create(InetHashinfo hinfo, i64 port)
cpdef int inet_bind_bucket_destroy(InetHashinfo hinfo, InetBindBucket tb) except -1
@cython.locals(head=Sock)
cpdef int inet_bind_hash(InetConnectionSock sk, InetBindBucket tb, i64 snum) except -1
@cython.locals(tb=InetBindBucket, nxt=Sock, prev=Sock)
cpdef void inet_put_port(InetHashinfo hinfo, InetConnectionSock sk) except *
cpdef int inet_inherit_port(
    InetHashinfo hinfo, InetConnectionSock sk, InetConnectionSock child
) except -1
cpdef int inet_twsk_bind(InetBindBucket tb, InetTimewaitSock tw) except -1
@cython.locals(tb=InetBindBucket, nxt=InetTimewaitSock, prev=InetTimewaitSock)
cpdef bint inet_twsk_bind_unhash(InetHashinfo hinfo, InetTimewaitSock tw) except -1
@cython.locals(tb=InetBindBucket)
cpdef i64 inet_hash_connect(InetHashinfo hinfo, InetConnectionSock sk) except? -1
@cython.locals(v4=NetnsIpv4, i=i64, low=i64, remaining=i64, offset=i64, port=i64)
@cython.locals(reserved=set, tb=InetBindBucket, tw=InetTimewaitSock)
cdef i64 inet_hash_connect_any(InetHashinfo hinfo, InetConnectionSock sk) except? -1
@cython.locals(tw=InetTimewaitSock)
cdef InetTimewaitSock inet_check_established(
    InetHashinfo hinfo, InetConnectionSock sk, i64 lport, bint connecting
)
