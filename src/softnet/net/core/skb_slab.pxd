cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkbDestructor, SkBuff, SkbFrag, SkbSharedInfo

cdef i64 HEAD_512, HEAD_1024, HEAD_2048, HEAD_4096, KMALLOC_MAX_SIZE
cdef i64 HEAD_8192, HEAD_16384, HEAD_32768, FREE_LARGE_HEADS_MAX
cdef i64 FREE_SKBS_MAX, FREE_FRAGS_MAX, FREE_HEADS_MAX, FREE_BIG_HEADS_MAX


cdef class SkbSanitizer:
    cpdef void allocated(self, SkBuff skb) except *
    cpdef void head_fresh(self, SkbSharedInfo sh) except *
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
    cdef HeadCache h512, h1024, h2048, h4096, h8192, h16384, h32768
    cdef bint debugging, numbering
    cdef SkbSanitizer sanitizer
    cdef SkbDestructor sock_wfree, sock_rfree


cdef SkbSlab slab

cpdef SkBuff skb_from_slab()
cpdef int skb_to_slab(SkBuff skb) except -1
cpdef SkbSharedInfo head_alloc(i64 size)
cdef SkbSharedInfo head_alloc_large(i64 size)
cdef SkbSharedInfo head_from(HeadCache cache)
cpdef int head_free(SkbSharedInfo sh) except -1
cdef int head_to(HeadCache cache, SkbSharedInfo sh) except -1
cpdef SkbFrag frag_alloc(bytes page, i64 off, i64 size)
cpdef int frag_free(SkbFrag f) except -1
cpdef int register_sock_destructors(SkbDestructor wfree, SkbDestructor rfree) except -1
cpdef int skb_number_packets(bint on) except -1
cpdef int skb_set_sanitizer(SkbSanitizer sanitizer) except -1
cpdef dict skb_slab_counts()
cpdef dict skb_slab_limits()
@cython.locals(cache=HeadCache)
cpdef int skb_slab_shrink() except -1
