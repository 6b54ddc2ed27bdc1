cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtnl
from softnet.arch.types cimport i64
from softnet.net.ipv4.devconf cimport (
    in_dev_forward,
    in_dev_mforward,
    in_dev_proxy_arp_pvlan,
    in_dev_shared_media,
)
from softnet.net.ipv4.devinet cimport inet_addr_onlink, inet_select_addr
from softnet.net.ipv4.fib_frontend cimport FibSource, fib_validate_source
from softnet.net.ipv4.fib_lookup cimport fib_lookup
from softnet.net.ipv4.fib_semantics cimport fib_select_multipath
from softnet.net.ipv4.route_cache cimport RtCache, RtCacheStat, rt_hash_code
from softnet.net.ipv4.route_make cimport (
    is_local_multicast,
    is_loopback,
    is_multicast,
    is_zeronet,
    rt_dst_alloc,
    rt_intern_hash,
    rt_set_nexthop,
)
from softnet.structs.fib cimport FibInfo, FibResult
from softnet.structs.flow cimport Flowi4
from softnet.structs.headers cimport ip_hdr
from softnet.structs.inetdevice cimport InDevice
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.route cimport Rtable, rt_stages
from softnet.structs.skbuff cimport SkBuff

@cython.locals(in_dev=InDevice, our=bint)
cpdef i64 ip_route_input_multicast(RtCache rc, SkBuff skb, i64 daddr, i64 saddr, i64 tos,
                                   NetDevice dev) except? -1
@cython.locals(in_dev=InDevice, source=FibSource, err=i64, rth=Rtable, stat=RtCacheStat)
cdef i64 ip_route_input_mc(RtCache rc, SkBuff skb, i64 daddr, i64 saddr, i64 tos, NetDevice dev,
                           bint our) except? -1
@cython.locals(net=Net, in_dev=InDevice, fl4=Flowi4, res=FibResult, err=i64, source=FibSource,
               error=i64, kind=i64, lo=i64, flags=i64, stat=RtCacheStat)
cpdef i64 ip_route_input_slow(RtCache rc, SkBuff skb, i64 daddr, i64 saddr, i64 tos,
                              NetDevice dev) except? -1
@cython.locals(in_dev=InDevice, source=FibSource, flags=i64, err=i64, kind=i64,
               stat=RtCacheStat)
cdef i64 ip_route_input_brd(RtCache rc, SkBuff skb, i64 daddr, i64 saddr, i64 tos,
                            NetDevice dev) except? -1
@cython.locals(rth=Rtable)
cdef i64 ip_route_input_local(RtCache rc, SkBuff skb, i64 daddr, i64 saddr, i64 tos,
                              NetDevice dev, i64 kind, i64 flags, FibSource source,
                              i64 error) except? -1
@cython.locals(dev=NetDevice, fi=FibInfo, out_dev=NetDevice, out_in_dev=InDevice,
               source=FibSource, err=i64, flags=i64, back=bint, rth=Rtable)
cdef i64 ip_mkroute_input(RtCache rc, SkBuff skb, FibResult res, InDevice in_dev, i64 daddr,
                          i64 saddr, i64 tos) except? -1
cdef void rt_input_key(Rtable rth, SkBuff skb, i64 daddr, i64 saddr, i64 tos,
                       NetDevice dev) except *
@cython.locals(hash=i64, found=Rtable)
cdef i64 rt_intern_input(RtCache rc, Rtable rth, SkBuff skb) except? -1
@cython.locals(dev=NetDevice, stat=RtCacheStat, o=i64)
cdef i64 martian_source(RtCache rc, InDevice in_dev, SkBuff skb, i64 daddr, i64 saddr,
                        i64 err) except? -1
@cython.locals(stat=RtCacheStat)
cdef i64 martian_destination(RtCache rc, InDevice in_dev, i64 daddr, i64 saddr) except? -1
