cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.if_packet as if_packet
from softnet.arch.types cimport i64
from softnet.machine.cpu cimport Cpu, this_cpu
from softnet.net.core.skbuff cimport consume_skb, skb_clone
from softnet.structs.net_namespace cimport Net, NetnsCore
from softnet.structs.netdevice cimport NetDevice, PacketType, PtypeBucket
from softnet.structs.skbuff cimport SkBuff

cdef i64 PTYPE_HASH_SIZE, PTYPE_HASH_MASK


cdef list ptype_base

cpdef int dev_add_pack(PacketType pt, Net net=*) except -1
cpdef int dev_remove_pack(PacketType pt, Net net=*) except -1
cdef PtypeBucket bucket_of(list base, i64 type)
@cython.locals(bucket=PtypeBucket)
cdef bint is_empty(list base) except -1
@cython.locals(bucket=PtypeBucket, p=PacketType)
cdef int add_to(list base, PacketType pt) except -1
@cython.locals(bucket=PtypeBucket)
cdef bint remove_from(list base, PacketType pt) except -1
@cython.locals(p=PacketType)
cdef tuple unlink_pack(PacketType first, PacketType pt)
cpdef PacketType ptype_first(i64 type)
@cython.locals(base=list)
cpdef PacketType net_ptype_first(Net net, i64 type)
@cython.locals(pt=PacketType)
cpdef PacketType find_ptype(i64 type)
@cython.locals(pt=PacketType)
cpdef list ptype_list(Net net)
cpdef i64 deliver_skb(SkBuff skb, PacketType pt, NetDevice orig_dev) except? -1
cpdef int dev_queue_xmit_nit(SkBuff skb, NetDevice dev) except -1
cdef SkBuff nit_list(SkBuff skb, SkBuff skb2, NetDevice dev, PacketType first)
@cython.locals(core=NetnsCore, cpu=Cpu)
cdef SkBuff nit_clone(SkBuff skb, NetDevice dev)
