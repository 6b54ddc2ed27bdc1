cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.if_ as if_
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtnl
from softnet.arch.types cimport i64
from softnet.net.ipv4.devconf cimport in_dev_mforward
from softnet.net.ipv4.devinet cimport inet_select_addr
from softnet.net.ipv4.fib_frontend cimport ip_dev_find
from softnet.net.ipv4.fib_lookup cimport fib_lookup
from softnet.net.ipv4.fib_semantics cimport (
    fib_res_prefsrc,
    fib_select_default,
    fib_select_multipath,
)
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
from softnet.structs.fib cimport FibInfo, FibResult, FibTable
from softnet.structs.flow cimport Flowi4
from softnet.structs.inetdevice cimport InDevice
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.route cimport Rtable, rt_stages


@cython.final
cdef class OutputChoice:
    cdef FibResult res
    cdef NetDevice dev_out
    cdef i64 flags

@cython.locals(orig_daddr=i64, orig_saddr=i64, orig_oif=i64, tos=i64, onlink=i64,
               choice=OutputChoice, err=i64, rth=Rtable, hash=i64, found=Rtable)
cpdef Rtable ip_route_output_slow(RtCache rc, Flowi4 fl4)
@cython.locals(net=Net, err=i64, res=FibResult, fi=FibInfo, table=FibTable, dev_out=NetDevice)
cdef i64 output_choose(RtCache rc, Flowi4 fl4, OutputChoice choice) except? -1
cdef void output_to_ourselves(Net net, Flowi4 fl4, OutputChoice choice) except *
@cython.locals(saddr=i64, dev_out=NetDevice)
cdef i64 output_check_source(Net net, Flowi4 fl4, OutputChoice choice) except? -1
@cython.locals(dev_out=NetDevice)
cdef i64 output_check_device(Net net, Flowi4 fl4, OutputChoice choice) except? -1
@cython.locals(res=FibResult, dev_out=NetDevice, fi=FibInfo, kind=i64, flags=i64, on_lo=i64,
               in_dev=InDevice, rth=Rtable)
cdef Rtable mkroute_output(RtCache rc, Flowi4 fl4, OutputChoice choice, i64 orig_daddr,
                           i64 orig_saddr, i64 orig_oif, i64 orig_tos)
cdef void output_answer(Rtable rth, Flowi4 fl4) except *
@cython.locals(on_lo=i64, stat=RtCacheStat)
cdef void output_stages(RtCache rc, Rtable rth, InDevice in_dev, i64 flags) except *
