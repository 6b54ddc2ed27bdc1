cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.if_vlan as if_vlan
from softnet.arch.types cimport i64
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.skbuff cimport SkBuff, SkbSharedInfo

cdef i64 IP_AND_IPV6_CSUM

cpdef i64 netif_skb_features(SkBuff skb) except? -1
cdef i64 harmonize_features(SkBuff skb, i64 protocol, i64 features) except? -1
cpdef bint can_checksum_protocol(i64 features, i64 protocol) except -1
cpdef bint net_gso_ok(i64 features, i64 gso_type) except -1
cpdef bint skb_gso_ok(SkBuff skb, i64 features) except -1
cpdef bint netif_needs_gso(SkBuff skb, i64 features) except -1
cpdef bint skb_needs_linearize(SkBuff skb, i64 features) except -1
cpdef i64 netdev_fix_features(NetDevice dev, i64 features) except? -1
cpdef bint update_features(NetDevice dev) except -1
cpdef int netdev_update_features(NetDevice dev) except -1
cpdef int netdev_features_change(NetDevice dev) except -1
cpdef bint dev_set_features(NetDevice dev, i64 mask, i64 wanted) except -1
cpdef int dev_disable_lro(NetDevice dev) except -1
