cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64, u8

cdef class Memory

cdef i64 MAP_BASE, MAP_SHIFT, MAP_MASK, SLAB_BASE, SLAB_SHIFT, SPARES_MAX, SPARE_MAPPINGS_MAX


@cython.final
cdef class Coherent:
    cdef public i64 addr, size
    cdef public str tag
    cdef public bytearray buf


@cython.final
@cython.freelist(256)
cdef class DmaMapping:
    cdef public object buf
    cdef public i64 off, len, direction


@cython.final
cdef class RxSlab:
    cdef public Memory memory
    cdef public i64 base, count, size, headroom, tailroom, written
    cdef public str tag
    cdef public list bufs, spares
    cdef public bytearray posted

    cpdef i64 post(self, i64 i) except? -2
    @cython.locals(i=i64)
    cpdef i64 index(self, i64 addr) except? -1
    @cython.locals(buf=bytearray)
    cpdef bytearray take(self, i64 i)
    cpdef int recycle(self, bytearray buf) except -1
    cpdef int unpost(self, i64 i) except -1
    @cython.locals(i=i64, off=i64, n=i64, buf=bytearray)
    cpdef void write(self, i64 addr, object data) except *
    @cython.locals(i=i64, off=i64, buf=bytearray)
    cpdef bytes read(self, i64 addr, i64 n)


@cython.final
cdef class Memory:
    cdef public i64 size, next_page, mapped, map_max, map_failures
    cdef public dict free_areas, coherent
    cdef public list maps, map_free, map_spare, slabs
    cdef public object fail

    cpdef bint fails(self) except -1
    @cython.locals(area=Coherent)
    cpdef Coherent area(self, i64 addr)
    @cython.locals(area=Coherent)
    cpdef bytearray coherent_buf(self, i64 addr)
    @cython.locals(slot=i64, mapping=DmaMapping)
    cpdef i64 dma_map_single(self, object buf, i64 off, i64 length, i64 direction) except? -2
    @cython.locals(slot=i64, mapping=DmaMapping)
    cpdef int dma_unmap_single(self, i64 addr) except -1
    @cython.locals(n=i64)
    cpdef RxSlab slab(self, i64 addr)
    @cython.locals(area=Coherent, m=DmaMapping, off=i64)
    cpdef bytes dma_read(self, i64 addr, i64 n)
    @cython.locals(m=DmaMapping, data=bytes)
    cdef void dma_read_into(self, i64 addr, u8 *dst, i64 off, i64 n) except *
    @cython.locals(area=Coherent, m=DmaMapping, off=i64, n=i64)
    cpdef void dma_write(self, i64 addr, object data) except *
    @cython.locals(m=DmaMapping, slot=i64)
    cdef DmaMapping mapping(self, i64 addr, i64 n, i64 forbidden)
