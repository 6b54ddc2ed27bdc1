cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.net.core.skb_slab as kmem
from softnet.arch.types cimport i64
from softnet.machine.cpu cimport in_irq
from softnet.net.core.skb_slab cimport (
    frag_alloc, frag_free, head_alloc, head_free, skb_from_slab, skb_to_slab
)
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.skbuff cimport SkBuff, SkBuffHead, SkbSharedInfo, skb_panic
from softnet.structs.sock cimport Sock

cdef i64 SKB_DATAREF_SHIFT, SKB_DATAREF_MASK, PAYLOAD_REF

cpdef SkBuff alloc_skb(i64 size)
cpdef SkBuff dev_alloc_skb(i64 length)
cpdef SkBuff netdev_alloc_skb(NetDevice dev, i64 length)
cpdef SkBuff netdev_alloc_skb_ip_align(NetDevice dev, i64 length)
cpdef SkBuff build_skb(bytearray head)
cdef SkBuff skb_over_head(SkbSharedInfo sh)
cpdef int skb_fill_page_desc(SkBuff skb, bytes page, i64 off, i64 size) except -1
cpdef int skb_add_rx_frag(SkBuff skb, bytes page, i64 off, i64 size, i64 truesize) except -1

cpdef SkBuff skb_get(SkBuff skb)
cpdef int kfree_skb(SkBuff skb, i64 reason=*) except -1
cpdef int consume_skb(SkBuff skb) except -1
cdef int skb_unref(SkBuff skb) except -1
cpdef int kfree_skb_last(SkBuff skb) except -1
cpdef int skb_release_head_state(SkBuff skb) except -1
cpdef bint skb_data_put(SkBuff skb, SkbSharedInfo sh) except -1
cdef int skb_drop_frags(SkbSharedInfo sh) except -1
cdef int skb_drop_fraglist(SkbSharedInfo sh) except -1
cpdef int skb_drop_list(SkBuff skb) except -1
cpdef int skb_queue_purge(SkBuffHead q) except -1

cpdef SkBuff skb_clone(SkBuff skb)
cpdef SkBuff skb_morph(SkBuff dst, SkBuff src)
cdef int skb_clone_into(SkBuff n, SkBuff skb) except -1
cpdef int copy_skb_header(SkBuff n, SkBuff skb) except -1
cpdef bint skb_cloned(SkBuff skb) except -1
cpdef bint skb_header_cloned(SkBuff skb) except -1
cpdef int skb_header_release(SkBuff skb) except -1
cpdef SkBuff skb_share_check(SkBuff skb)

cpdef int skb_orphan(SkBuff skb) except -1
cpdef int skb_set_owner_w(SkBuff skb, Sock sk) except -1
cpdef int skb_set_owner_r(SkBuff skb, Sock sk) except -1
cpdef int skb_dst_drop(SkBuff skb) except -1
cpdef int nf_reset(SkBuff skb) except -1

cpdef i64 skb_id(SkBuff skb) except? -1
