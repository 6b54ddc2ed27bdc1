cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.net.core.skb_life as life
cimport softnet.net.core.skb_slab as kmem
from softnet.arch.types cimport i64
from softnet.net.core.skb_life cimport (
    consume_skb, skb_clone, skb_cloned, skb_data_put, skb_drop_list, skb_header_cloned
)
from softnet.net.core.skb_slab cimport frag_alloc, frag_free, head_alloc, head_free
from softnet.structs.skbuff cimport SkBuff, SkbFrag, SkbSharedInfo

cdef i64 PULL_SLACK, ENOMEM, EFAULT

cpdef bint pskb_may_pull(SkBuff skb, i64 length) except -1
cpdef i64 pskb_pull(SkBuff skb, i64 length) except? -1
cpdef bint pskb_pull_tail(SkBuff skb, i64 delta) except -1
cpdef SkbFrag pop_frag(SkbSharedInfo sh)
cdef i64 pull_from_fraglist(SkBuff skb, SkbSharedInfo sh, i64 length) except? -1
cpdef i64 skb_pull_rcsum(SkBuff skb, i64 length) except? -1
cpdef int skb_postpull_rcsum(SkBuff skb, i64 start, i64 length) except -1
cpdef int skb_postpush_rcsum(SkBuff skb, i64 start, i64 length) except -1
cpdef int skb_trim(SkBuff skb, i64 length) except -1
cpdef i64 pskb_trim(SkBuff skb, i64 length) except? -1
cpdef i64 pskb_trim_rcsum(SkBuff skb, i64 length) except? -1
cdef i64 pskb_trim_frags(SkBuff skb, i64 length) except? -1
cdef i64 trim_frags(SkbSharedInfo sh, i64 keep) except? -1
cdef int trim_fraglist(SkbSharedInfo sh, i64 keep) except -1
cpdef i64 skb_linearize(SkBuff skb) except? -1
cpdef i64 skb_linearize_cow(SkBuff skb) except? -1
cpdef bint skb_has_frag_list(SkBuff skb) except -1
cpdef i64 skb_pagelen(SkBuff skb) except? -1
cpdef i64 pskb_expand_head(SkBuff skb, i64 nhead, i64 ntail) except? -1
cpdef int skb_copy_frag_refs(SkbSharedInfo new, SkbSharedInfo old) except -1
cpdef SkbFrag frag_dup(SkbFrag f)
cpdef int append_frag(SkbSharedInfo sh, SkbFrag f) except -1
cpdef int skb_headers_offset_update(SkBuff skb, i64 off) except -1
cpdef i64 skb_cow(SkBuff skb, i64 headroom) except? -1
cpdef i64 skb_cow_head(SkBuff skb, i64 headroom) except? -1
cdef i64 cow(SkBuff skb, i64 headroom, bint cloned) except? -1
cpdef bint skb_clone_writable(SkBuff skb, i64 length) except -1
cpdef bint skb_make_writable(SkBuff skb, i64 length) except -1
cpdef i64 skb_copy_bits(SkBuff skb, i64 offset, bytearray to, i64 to_off, i64 length) except? -1
cpdef bytes skb_header_pointer_copy(SkBuff skb, i64 offset, i64 length)
cpdef bytes skb_tobytes(SkBuff skb)
