cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.if_ as if_
cimport softnet.uapi.if_arp as if_arp
cimport softnet.uapi.if_ether as if_ether
from softnet.arch.types cimport i64
from softnet.net.core.dev.receive cimport netif_rx
from softnet.net.core.skbuff cimport skb_orphan
from softnet.net.ethernet.eth cimport eth_type_trans
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdev_stats cimport NetDeviceStats
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.skbuff cimport SkBuff


@cython.final
cdef class Loopback(NetDevice):
    pass
