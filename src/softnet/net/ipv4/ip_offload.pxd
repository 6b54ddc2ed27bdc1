cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.in_ as in_
from softnet.arch.types cimport i64, u8
from softnet.net.core.dev.gro cimport skb_gro_header, skb_gro_len, skb_gro_pull
from softnet.net.core.skbuff cimport pskb_may_pull
from softnet.net.ipv4.ip_input cimport ip_rcv
from softnet.net.ipv4.protocol cimport inet_protocol
from softnet.structs.netdevice cimport Napi, NetDevice, PacketType
from softnet.structs.protocol cimport NetProtocol
from softnet.structs.skbuff cimport SkBuff

cdef i64 GSO_KNOWN

@cython.locals(ihl=i64, ops=NetProtocol)
cpdef i64 inet_gso_send_check(SkBuff skb) except? -1
@cython.locals(ihl=i64)
cpdef i64 gso_pull_header(SkBuff skb) except? -1
@cython.locals(ihl=i64, nh=i64, ident=i64, proto=i64, ops=NetProtocol, segs=SkBuff,
               offset=i64, seg=SkBuff, length=i64, more=i64)
cpdef SkBuff inet_gso_segment(SkBuff skb, i64 features)
@cython.locals(off=i64, o=i64, proto=i64, ops=NetProtocol, ident=i64, flush=i64, held=SkBuff,
               h=i64, expected=i64)
cpdef i64 inet_gro_receive(Napi napi, SkBuff skb) except? -1
@cython.locals(nh=i64, ops=NetProtocol, length=i64, check=i64)
cpdef i64 inet_gro_complete(SkBuff skb) except? -1

@cython.final
cdef class IpPacketType(PacketType):
    pass
