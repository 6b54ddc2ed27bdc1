cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.uapi.if_ as if_
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtnl
from softnet.arch.types cimport i64
from softnet.net.ipv4.devconf cimport in_dev_accept_local, in_dev_rpfilter, in_dev_src_vmark
from softnet.net.ipv4.devinet cimport inet_select_addr
from softnet.net.ipv4.fib_lookup cimport (
    fib_get_table,
    fib_lookup,
    fib_of,
    inet_addr_type,
    inet_dev_addr_type,
)
from softnet.net.ipv4.fib_semantics cimport fib_res_prefsrc
from softnet.structs.fib cimport FibNh, FibResult
from softnet.structs.flow cimport Flowi4
from softnet.structs.inetdevice cimport InDevice, InIfaddr
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.skbuff cimport SkBuff


@cython.final
cdef class FibSource:
    cdef public i64 spec_dst, itag

@cython.locals(in_dev=InDevice, net=Net, rpf=i64, fl4=Flowi4, res=FibResult, nh=FibNh, scope=i64)
cpdef i64 fib_validate_source(SkBuff skb, i64 src, i64 dst, i64 tos, i64 oif, NetDevice dev,
                              FibSource out) except? -1
cdef i64 fib_source_unknown(NetDevice dev, i64 rpf, FibSource out) except? -1
@cython.locals(ifas=list, ifa=InIfaddr, res=FibResult)
cpdef NetDevice ip_dev_find(Net net, i64 addr)
