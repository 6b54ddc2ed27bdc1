cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.if_ as if_
cimport softnet.uapi.if_arp as if_arp
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.if_packet as if_packet
cimport softnet.uapi.if_vlan as if_vlan
from softnet.arch.types cimport i64, u8
from softnet.machine.entropy cimport RandomStream
from softnet.net.core.dev.receive cimport netif_rx
from softnet.net.core.skbuff cimport kfree_skb, nf_reset, skb_dst_drop, skb_orphan
from softnet.structs.netdevice cimport HeaderOps, NetDevice
from softnet.structs.skbuff cimport SkBuff

@cython.locals(ptr="u8 *", own="const u8 *", o=i64, proto=i64)
cpdef i64 eth_type_trans(SkBuff skb, NetDevice dev) except? -1


@cython.final
cdef class EthHeaderOps(HeaderOps):
    pass


cpdef int ether_setup(NetDevice dev) except -1
cpdef i64 eth_mac_addr(NetDevice dev, bytes addr) except? -1
cpdef i64 eth_change_mtu(NetDevice dev, i64 new_mtu) except? -1
cpdef i64 eth_validate_addr(NetDevice dev) except? -1
cpdef bint is_zero_ether_addr(bytes addr) except -1
cpdef bint is_multicast_ether_addr(bytes addr) except -1
cpdef bint is_broadcast_ether_addr(bytes addr) except -1
cpdef bint is_local_ether_addr(bytes addr) except -1
cpdef bint is_valid_ether_addr(bytes addr) except -1
cpdef bytes random_ether_addr(RandomStream stream)
cpdef int eth_hw_addr_random(NetDevice dev, RandomStream stream) except -1
@cython.locals(sender=NetDevice, down=bint, reason=i64)
cpdef i64 dev_forward_skb(NetDevice dev, SkBuff skb) except? -1
cpdef bint is_skb_forwardable(NetDevice dev, SkBuff skb) except -1
