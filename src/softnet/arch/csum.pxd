# The C twin of csum.py: never compiled itself, inlined wherever it is cimported.
# Docstrings are there.

cimport softnet.arch.mem as mem
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.errno cimport EFAULT
from libc.stdint cimport uint16_t, uint32_t, uint64_t

from softnet.arch.types cimport i64, u8

cdef extern from *:
    """
    /* One's-complement sums do not care for byte order (RFC 1071 2 B): add up words as the machine
       reads them, fold to 16 bits, swap those. 32-bit lanes in 64-bit counters cannot overflow
       below 16 GiB. The vector type is gcc's own: SSE2 here, two registers' worth an addition. */
    typedef uint64_t sn_v2 __attribute__((vector_size(16)));

    #define SN_LANES(sum, v) do { sum += ((v) & 0xffffffffu) + ((v) >> 32); } while (0)

    static inline uint32_t sn_fold(uint64_t a)
    {
        a = (a & 0xffffffffu) + (a >> 32);
        a = (a & 0xffffffffu) + (a >> 32);
        a = (a & 0xffff) + (a >> 16);
        a = (a & 0xffff) + (a >> 16);
        return (uint32_t)sn_be16((uint16_t)a);
    }

    /* What is left below a block: up to n bytes, 8 at a time; an odd last byte is followed by 0. */
    static inline uint64_t sn_sum_tail(const unsigned char *p, size_t n)
    {
        uint64_t a = 0, w;

        for (; n >= 8; p += 8, n -= 8) {
            w = sn_ld64(p);
            a += (w & 0xffffffffu) + (w >> 32);
        }
        if (n & 4) { a += sn_ld32(p); p += 4; }
        if (n & 2) { a += sn_ld16(p); p += 2; }
        if (n & 1) { unsigned char last[2] = {p[0], 0}; a += sn_ld16(last); }
        return a;
    }

    static __attribute__((noinline, unused)) uint64_t
    sn_sum_blocks(const unsigned char *p, size_t n)
    {
        sn_v2 a = {0, 0}, b = {0, 0}, v0, v1, v2, v3;

        for (; n >= 64; p += 64, n -= 64) {
            memcpy(&v0, p, 16); memcpy(&v1, p + 16, 16);
            memcpy(&v2, p + 32, 16); memcpy(&v3, p + 48, 16);
            SN_LANES(a, v0); SN_LANES(b, v1); SN_LANES(a, v2); SN_LANES(b, v3);
        }
        a += b;
        return a[0] + a[1] + sn_sum_tail(p, n);
    }

    static __attribute__((noinline, unused)) uint64_t
    sn_sum_copy(unsigned char *d, const unsigned char *p, size_t n)
    {
        sn_v2 a = {0, 0}, b = {0, 0}, v0, v1, v2, v3;

        for (; n >= 64; d += 64, p += 64, n -= 64) {
            memcpy(&v0, p, 16); memcpy(&v1, p + 16, 16);
            memcpy(&v2, p + 32, 16); memcpy(&v3, p + 48, 16);
            memcpy(d, &v0, 16); memcpy(d + 16, &v1, 16);
            memcpy(d + 32, &v2, 16); memcpy(d + 48, &v3, 16);
            SN_LANES(a, v0); SN_LANES(b, v1); SN_LANES(a, v2); SN_LANES(b, v3);
        }
        memcpy(d, p, n);
        a += b;
        return a[0] + a[1] + sn_sum_tail(p, n);
    }

    static inline uint32_t sn_csum(const unsigned char *p, size_t n)
    {
        return sn_fold(n < 64 ? sn_sum_tail(p, n) : sn_sum_blocks(p, n));
    }

    static inline uint32_t sn_csum_copy(unsigned char *d, const unsigned char *p, size_t n)
    {
        return sn_fold(sn_sum_copy(d, p, n));
    }
    """
    uint32_t sn_csum(const u8 *p, size_t n) noexcept nogil
    uint32_t sn_csum_copy(u8 *d, const u8 *p, size_t n) noexcept nogil

cdef inline i64 csum_add(i64 s, i64 addend) noexcept:
    s += addend
    return <i64><uint32_t>s + (s >> 32)

cdef inline i64 csum_partial(const u8 *p, i64 o, i64 n, i64 s) noexcept:
    return csum_add(s, sn_csum(p + o, n))

cdef inline i64 csum_partial_copy(
    const u8 *src, i64 soff, u8 *dst, i64 doff, i64 n, i64 s
) noexcept:
    return csum_add(s, sn_csum_copy(dst + doff, src + soff, n))

cdef inline i64 csum_copy_from_user(
    object buf, i64 off, u8 *dst, i64 doff, i64 n, i64 s
) except -1:
    cdef Py_buffer b
    PyObject_GetBuffer(buf, &b, PyBUF_SIMPLE)
    try:
        if off < 0 or n < 0 or n > b.len - off:
            raise OSError(EFAULT, "Bad address")
        s = csum_add(s, sn_csum_copy(dst + doff, <const u8 *>b.buf + off, n))
    finally:
        PyBuffer_Release(&b)
    return s

cdef inline i64 csum_fold(i64 s) noexcept:
    s = (s & 0xFFFF) + (s >> 16)
    s = (s & 0xFFFF) + (s >> 16)
    return <uint16_t>~s

cdef inline i64 csum_sub(i64 s, i64 addend) noexcept:
    return csum_add(s, mem.u32(~addend))

cdef inline i64 csum_block_add(i64 s, i64 addend, i64 offset) noexcept:
    if offset & 1:
        addend = (addend & 0x00FF00FF) << 8 | addend >> 8 & 0x00FF00FF
    return csum_add(s, addend)

cdef inline i64 csum_block_sub(i64 s, i64 addend, i64 offset) noexcept:
    return csum_block_add(s, mem.u32(~addend), offset)

cdef inline i64 csum_tcpudp_nofold(
    i64 saddr, i64 daddr, i64 length, i64 proto, i64 s
) noexcept:
    s += saddr + daddr + length + proto
    return csum_add(<i64><uint32_t>s, s >> 32)

cdef inline i64 csum_tcpudp_magic(
    i64 saddr, i64 daddr, i64 length, i64 proto, i64 s
) noexcept:
    return csum_fold(csum_tcpudp_nofold(saddr, daddr, length, proto, s))

cdef inline i64 ip_fast_csum(const u8 *p, i64 o, i64 ihl) noexcept:
    return csum_fold(sn_csum(p + o, ihl * 4))

cdef inline i64 ip_compute_csum(const u8 *p, i64 o, i64 n) noexcept:
    return csum_fold(sn_csum(p + o, n))

cdef inline i64 csum_replace2(i64 check, i64 old, i64 new) noexcept:
    return csum_fold((~check & 0xFFFF) + (~old & 0xFFFF) + new)

cdef inline i64 csum_replace4(i64 check, i64 old, i64 new) noexcept:
    return csum_fold(csum_add(csum_add(~check & 0xFFFF, mem.u32(~old)), new))
