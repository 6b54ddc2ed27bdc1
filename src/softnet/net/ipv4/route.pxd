cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtnl
from softnet.arch.types cimport i64
from softnet.net.ipv4.devinet cimport inet_select_addr
from softnet.net.ipv4.fib_lookup cimport fib_lookup
from softnet.net.ipv4.fib_semantics cimport fib_res_prefsrc
from softnet.net.ipv4.route_cache cimport (
    RtCache,
    RtCacheStat,
    rt_bind_peer,
    rt_cache_flush,
    rt_hash_code,
)
from softnet.net.ipv4.route_input cimport ip_route_input_multicast, ip_route_input_slow
from softnet.net.ipv4.route_ops cimport (
    ip_rt_frag_needed,
    ip_rt_redirect,
    ip_rt_send_redirect,
    ip_rt_update_pmtu,
    ipv4_validate_peer,
)
from softnet.net.ipv4.route_output cimport ip_route_output_slow
from softnet.structs.fib cimport FibResult
from softnet.structs.flow cimport Flowi4
from softnet.structs.headers cimport ip_hdr
from softnet.structs.inet_sock cimport InetSock
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.route cimport Rtable
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.sock cimport Sock
from softnet.wire.ip cimport IpHdr

@cython.locals(net=Net, rc=RtCache, iif=i64, genid=i64, mark=i64, rth=Rtable, stat=RtCacheStat)
cpdef i64 ip_route_input_noref(SkBuff skb, i64 daddr, i64 saddr, i64 tos,
                               NetDevice dev) except? -1
@cython.locals(rc=RtCache, daddr=i64, saddr=i64, oif=i64, genid=i64, tos=i64, mark=i64,
               rth=Rtable, stat=RtCacheStat)
cpdef Rtable ip_route_output_key(Net net, Flowi4 fl4)
cpdef Rtable ip_route_output_flow(Net net, Flowi4 fl4, Sock sk)
cpdef Rtable ip_route_output_ports(Net net, Flowi4 fl4, Sock sk, i64 daddr, i64 saddr,
                                   i64 dport, i64 sport, i64 proto, i64 tos, i64 oif)
@cython.locals(inet=InetSock)
cdef void flow_init_output(Flowi4 fl4, Sock sk, i64 daddr, i64 saddr, i64 dport, i64 sport,
                           i64 proto, i64 tos, i64 oif) except *
@cython.locals(rt=Rtable)
cpdef Rtable ip_route_connect(Net net, Flowi4 fl4, i64 dst, i64 src, i64 tos, i64 oif,
                              i64 protocol, i64 sport, i64 dport, Sock sk)
cpdef Rtable ip_route_newports(Net net, Flowi4 fl4, Rtable rt, i64 orig_sport, i64 orig_dport,
                               i64 sport, i64 dport, InetSock sk)
@cython.locals(iph=IpHdr, dev=NetDevice, fl4=Flowi4, res=FibResult)
cpdef i64 ip_rt_get_source(SkBuff skb, Rtable rt) except? -1
