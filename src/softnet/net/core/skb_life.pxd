cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
from softnet.arch.types cimport i64
from softnet.machine.cpu cimport in_irq
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.skbuff cimport (
    SkbDestructor, SkBuff, SkBuffHead, SkbFrag, SkbSharedInfo, skb_panic
)
from softnet.structs.sock cimport Sock

cdef i64 HEAD_512, HEAD_1024, HEAD_2048, HEAD_4096, KMALLOC_MAX_SIZE
cdef i64 FREE_SKBS_MAX, FREE_FRAGS_MAX, FREE_HEADS_MAX, FREE_BIG_HEADS_MAX
cdef i64 SKB_DATAREF_SHIFT, SKB_DATAREF_MASK, PAYLOAD_REF


cdef class SkbSanitizer:
    cpdef void allocated(self, SkBuff skb) except *
    cpdef void check(self, SkBuff skb) except *
    cpdef void freed(self, SkBuff skb, SkbSharedInfo sh) except *
    cpdef void head_replaced(self, SkBuff skb, SkbSharedInfo sh) except *


@cython.final
cdef class HeadCache:
    cdef SkbSharedInfo first
    cdef i64 count, limit, size


@cython.final
cdef class SkbSlab:
    cdef SkBuff skbs
    cdef SkbFrag frags
    cdef i64 nr_skbs, nr_frags
    cdef HeadCache h512, h1024, h2048, h4096
    cdef bint debugging, numbering
    cdef SkbSanitizer sanitizer
    cdef SkbDestructor sock_wfree, sock_rfree


cdef SkbSlab slab

cpdef SkBuff alloc_skb(i64 size)
cpdef SkBuff dev_alloc_skb(i64 length)
cpdef SkBuff netdev_alloc_skb(NetDevice dev, i64 length)
cpdef SkBuff netdev_alloc_skb_ip_align(NetDevice dev, i64 length)
cpdef SkBuff build_skb(bytearray head)
cdef SkBuff skb_over_head(SkbSharedInfo sh)
cpdef SkbSharedInfo head_alloc(i64 size)
cdef SkbSharedInfo head_from(HeadCache cache)
cpdef int head_free(SkbSharedInfo sh) except -1
cdef int head_to(HeadCache cache, SkbSharedInfo sh) except -1
cpdef SkbFrag frag_alloc(bytes page, i64 off, i64 size)
cpdef int frag_free(SkbFrag f) except -1
cpdef int skb_fill_page_desc(SkBuff skb, bytes page, i64 off, i64 size) except -1
cpdef int skb_add_rx_frag(SkBuff skb, bytes page, i64 off, i64 size, i64 truesize) except -1

cpdef SkBuff skb_get(SkBuff skb)
cpdef int kfree_skb(SkBuff skb, i64 reason=*) except -1
cpdef int consume_skb(SkBuff skb) except -1
cdef int skb_unref(SkBuff skb) except -1
cpdef int kfree_skb_last(SkBuff skb) except -1
cpdef int skb_to_slab(SkBuff skb) except -1
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
cpdef int register_sock_destructors(SkbDestructor wfree, SkbDestructor rfree) except -1
cpdef int skb_dst_drop(SkBuff skb) except -1
cpdef int nf_reset(SkBuff skb) except -1

cpdef i64 skb_id(SkBuff skb) except? -1
cpdef int skb_number_packets(bint on) except -1
cpdef int skb_set_sanitizer(SkbSanitizer sanitizer) except -1
cpdef dict skb_slab_counts()
@cython.locals(cache=HeadCache)
cpdef int skb_slab_shrink() except -1
