cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.if_ as if_
from softnet.arch.types cimport i64
from softnet.net.ethernet.eth cimport dev_forward_skb, eth_hw_addr_random, eth_mac_addr, ether_setup
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdev_stats cimport NetDeviceStats
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.skbuff cimport SkBuff


cdef class Veth(NetDevice):
    cdef public Veth peer

    @cython.locals(rcv=Veth, n=i64, stats=NetDeviceStats)
    cpdef i64 ndo_start_xmit(self, SkBuff skb) except? -1
