cimport cython
from softnet.arch.types cimport i64
from softnet.structs.inetpeer cimport InetPeer
from softnet.structs.net_namespace cimport Net
from softnet.kernel.timer cimport jiffies

@cython.final
cdef class InetPeerBase:
    cdef public dict root
    cdef public i64 inet_peer_threshold, inet_peer_minttl, inet_peer_maxttl

@cython.locals(base=InetPeerBase, p=InetPeer)
cpdef InetPeer inet_getpeer_v4(Net net, i64 daddr, i64 create)
cpdef int inet_putpeer(InetPeer p) except -1
@cython.locals(p=InetPeer)
cpdef i64 inet_peer_gc(InetPeerBase base) except? -1
@cython.locals(first=i64)
cpdef i64 inet_getid(InetPeer p, i64 more) except? -1
@cython.locals(now=i64, token=i64, allowed=bint)
cpdef bint inet_peer_xrlim_allow(InetPeer p, i64 timeout) except? -1
