cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.netdevice cimport Napi
from softnet.structs.protocol cimport NetProtocol
from softnet.structs.skbuff cimport SkBuff
from softnet.net.core.dev.gro cimport skb_gro_header, skb_gro_len, skb_gro_pull
from softnet.net.core.skbuff cimport pskb_may_pull, skb_gro_receive, skb_segment
from softnet.net.ipv4.tcp_ipv4 cimport tcp_v4_err, tcp_v4_rcv
from softnet.net.ipv4.tcp_listen cimport tcp_v4_check_partial

cdef i64 LAST_FLAGS, FINAL_FLAGS, MAY_DIFFER

cdef class TcpProtocol


@cython.final
cdef class TcpProtocol(NetProtocol):
    pass

cpdef SkBuff tcp_tso_segment(SkBuff skb, i64 features)
cpdef void tcp_segment_header(SkBuff seg, i64 thlen, i64 seq, i64 flags) except *
cpdef bint tcp4_gro_csum_ok(SkBuff skb) except -1
cpdef i64 tcp_gro_receive(Napi napi, SkBuff skb) except? -1
cpdef bint tcp_gro_fits(SkBuff held, SkBuff skb, i64 th, i64 thlen, i64 length) except -1
