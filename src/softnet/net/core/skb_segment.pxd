cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.net.core.skb_slab as kmem
from softnet.arch.types cimport i64
from softnet.net.core.skb_copy cimport skb_copy_and_csum_bits
from softnet.net.core.skb_frags cimport (
    append_frag, frag_dup, pop_frag, pskb_expand_head, skb_copy_bits
)
from softnet.net.core.skb_life cimport (
    alloc_skb, copy_skb_header, skb_clone, skb_cloned, skb_fill_page_desc, skb_header_release,
    skb_release_head_state
)
from softnet.net.core.skb_slab cimport frag_alloc
from softnet.structs.skbuff cimport SkBuff, SkbSharedInfo

cdef i64 E2BIG, GRO_LEN_MAX

cpdef int skb_split(SkBuff skb, SkBuff skb1, i64 length) except -1
cdef int move_frags(SkbSharedInfo to, SkbSharedInfo sh) except -1
cdef int cut_frags(SkbSharedInfo to, SkbSharedInfo sh, i64 keep) except -1
cpdef i64 skb_shift(SkBuff tgt, SkBuff skb, i64 shiftlen) except? -1
cdef i64 frags_for(SkbSharedInfo sh, i64 length) except? -1
cdef i64 prepare_for_shift(SkBuff skb) except? -1
cpdef SkBuff skb_segment(SkBuff skb, i64 features)
cdef int segment_headers(SkBuff seg, SkBuff skb, i64 doffset) except -1
cdef SkBuff whole_of_fraglist(SkBuff skb, i64 offset, i64 n)
cdef SkBuff segment_from_part(SkBuff skb, SkBuff part, i64 doffset, i64 headroom)
cdef int segment_payload(SkBuff seg, SkBuff skb, i64 offset, i64 hsize, i64 n) except -1
cpdef i64 skb_gro_receive(SkBuff p, SkBuff skb) except? -1
cdef int gro_account(SkBuff p, SkBuff skb, i64 n) except -1
cdef int skip_frags(SkbSharedInfo sh, i64 n) except -1
cdef int gro_make_fraglist(SkBuff p) except -1
cdef int drop_payload(SkBuff p, i64 headers) except -1
cpdef int skb_append_datato_frags(SkBuff skb, object buf, i64 off, i64 length) except -1
