cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.if_ether as if_ether
from softnet.arch.types cimport i64
from softnet.net.core.dev.receive cimport netif_receive_skb
from softnet.net.core.dev.taps cimport find_ptype
from softnet.net.core.skbuff cimport consume_skb, kfree_skb, netdev_alloc_skb, pskb_may_pull
from softnet.structs.netdevice cimport Napi, NetDevice, PacketType
from softnet.structs.skbuff cimport SkBuff, SkbSharedInfo

cpdef i64 napi_gro_receive(Napi napi, SkBuff skb) except? -1
cdef i64 napi_skb_finish(i64 verdict, SkBuff skb) except? -1
@cython.locals(
    verdict=i64, merged=i64, same_flow=bint, pt=PacketType, done=SkBuff, sh=SkbSharedInfo
)
cpdef i64 dev_gro_receive(Napi napi, SkBuff skb) except? -1
@cython.locals(p=SkBuff, n=i64)
cdef int gro_list_prepare(Napi napi, SkBuff skb) except -1
@cython.locals(p=SkBuff)
cdef int gro_list_del(Napi napi, SkBuff skb) except -1
cpdef i64 napi_gro_complete(SkBuff skb) except? -1
@cython.locals(skb=SkBuff, following=SkBuff)
cpdef int napi_gro_flush(Napi napi) except -1
cpdef bint skb_gro_header(SkBuff skb, i64 hlen) except -1
cpdef i64 skb_gro_len(SkBuff skb) except? -1
cpdef int skb_gro_pull(SkBuff skb, i64 n) except -1
cpdef SkBuff napi_get_frags(Napi napi)
cpdef i64 napi_gro_frags(Napi napi) except? -1
