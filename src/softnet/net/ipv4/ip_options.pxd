cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.icmp as icmp
cimport softnet.uapi.if_packet as if_packet
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtn
from softnet.arch.types cimport i64
from softnet.net.core.skbuff cimport skb_dst_drop
from softnet.net.ipv4.fib_frontend cimport inet_addr_type
from softnet.net.ipv4.route cimport ip_route_input_noref, ip_rt_get_source
from softnet.structs.headers cimport ip_hdr
from softnet.structs.inet_sock cimport IpOptions
from softnet.structs.net_namespace cimport Net
from softnet.structs.route cimport Rtable, rt_stages
from softnet.structs.skbuff cimport SkBuff

cpdef i64 inet_current_timestamp(Net net) except? -1
cpdef i64 ip_options_compile(Net net, IpOptions opt, SkBuff skb) except? -1
cpdef i64 compile_source_route(IpOptions opt, bytearray buf, i64 o, i64 n, i64 base,
                               bint local) except? -1
cpdef i64 compile_record_route(IpOptions opt, bytearray buf, i64 o, i64 n, i64 base,
                               bint have_rt, i64 spec_dst) except? -1
cpdef i64 compile_timestamp(Net net, IpOptions opt, bytearray buf, i64 o, i64 n, i64
                            base, bint received, bint have_rt, i64 spec_dst) except? -1
cpdef i64 cipso_error(bytearray buf, i64 o, i64 n) except? -1
cpdef i64 ip_options_rcv_srr(SkBuff skb) except? -1
cpdef int ip_forward_options(SkBuff skb) except -1
cpdef void ip_options_build(SkBuff skb, IpOptions opt, i64 daddr, Rtable rt, i64 is_frag) except *
cpdef IpOptions ip_options_copy(IpOptions opt)
cpdef void ip_options_fragment(SkBuff skb) except *
cpdef i64 ip_options_echo(IpOptions dopt, SkBuff skb) except? -1
cpdef i64 echo_timestamp(IpOptions dopt, IpOptions sopt, SkBuff skb) except? -1
cpdef void echo_source_route(IpOptions dopt, IpOptions sopt, SkBuff skb) except *
cpdef bytes ip_options_undo(IpOptions opt)
cpdef IpOptions ip_options_get(Net net, bytes data)
