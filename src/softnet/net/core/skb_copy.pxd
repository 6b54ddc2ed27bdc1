cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.net.core.skb_slab as kmem
from softnet.arch.types cimport i64
from softnet.net.core.skb_frags cimport (
    pskb_expand_head, skb_clone_writable, skb_copy_bits, skb_copy_frag_refs,
    skb_headers_offset_update, skb_linearize
)
from softnet.net.core.skb_life cimport (
    alloc_skb, copy_skb_header, kfree_skb, skb_clone, skb_cloned
)
from softnet.structs.skbuff cimport SkBuff

cdef i64 EFAULT

cpdef int copy_skb_gso(SkBuff n, SkBuff skb) except -1
cpdef SkBuff skb_copy(SkBuff skb)
cpdef SkBuff pskb_copy(SkBuff skb)
cpdef SkBuff skb_copy_expand(SkBuff skb, i64 headroom, i64 tailroom)
cdef int move_headers(SkBuff n, i64 off) except -1
cpdef SkBuff skb_realloc_headroom(SkBuff skb, i64 headroom)
cpdef SkBuff skb_unshare(SkBuff skb)
cpdef i64 skb_pad(SkBuff skb, i64 pad) except? -1
cpdef i64 skb_padto(SkBuff skb, i64 length) except? -1
cpdef i64 skb_store_bits(SkBuff skb, i64 offset, object src, i64 src_off, i64 n) except? -1
cpdef i64 skb_checksum(SkBuff skb, i64 offset, i64 length, i64 s) except? -1
cpdef i64 skb_copy_and_csum_bits(
    SkBuff skb, i64 offset, bytearray to, i64 to_off, i64 length, i64 s
) except? -1
cpdef int skb_copy_and_csum_dev(SkBuff skb, bytearray to, i64 to_off) except -1
cpdef i64 skb_checksum_help(SkBuff skb) except? -1
cpdef i64 skb_checksum_complete_head(SkBuff skb, i64 length) except? -1
cpdef i64 skb_checksum_complete(SkBuff skb) except? -1
cpdef bint skb_csum_unnecessary(SkBuff skb) except -1
cpdef bint skb_partial_csum_set(SkBuff skb, i64 start, i64 off) except -1
cpdef int skb_checksum_none_assert(SkBuff skb) except -1
