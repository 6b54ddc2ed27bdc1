cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtnl
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport jiffies
from softnet.net.core.dst cimport DstDiscardInput
from softnet.net.ipv4.route_cache cimport (
    RtCache,
    rt_add,
    rt_bind_peer,
    rt_cache_place,
    rt_caching,
    rt_garbage_collect,
    rt_hash_code,
)
from softnet.net.ipv4.route_ops cimport IpError, IpRtBug, check_peer_pmtu, rt_bind_neighbour
from softnet.structs.fib cimport FibInfo, FibNh, FibResult, FibRule
from softnet.structs.inetpeer cimport InetPeer
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.route cimport Rtable

@cython.locals(rth=Rtable)
cpdef Rtable rt_dst_alloc(RtCache rc, NetDevice dev)
@cython.locals(rule=FibRule, rule_class=i64, nh=FibNh)
cpdef void rt_set_nexthop(RtCache rc, Rtable rt, i64 flow_flags, FibResult res, FibInfo fi,
                          i64 itag) except *
@cython.locals(create=i64, peer=InetPeer)
cdef void rt_init_metrics(RtCache rc, Rtable rt, i64 flow_flags, FibInfo fi) except *
@cython.locals(attempts=i64, caching=bint, found=Rtable, iif=i64, err=i64)
cpdef Rtable rt_intern_hash(RtCache rc, i64 hash, Rtable rt)
cdef void rt_collect_hard(RtCache rc) except *
cpdef bint is_multicast(i64 addr) except -1
cpdef bint is_local_multicast(i64 addr) except -1
cpdef bint is_loopback(i64 addr) except -1
cpdef bint is_zeronet(i64 addr) except -1
