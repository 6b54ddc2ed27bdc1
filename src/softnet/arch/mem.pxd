# The C twin of mem.py: never compiled itself, inlined wherever it is cimported.
# Docstrings are there. Nothing here checks a length, but for the copies from and to user space.

from cpython.buffer cimport (
    PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer,
)
from cpython.bytearray cimport (
    PyByteArray_AS_STRING, PyByteArray_FromStringAndSize, PyByteArray_GET_SIZE,
)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.errno cimport EFAULT
from libc.stdint cimport int32_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memmove, memset

from softnet.arch.types cimport i64, u8

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    /* Unaligned loads and stores: gcc turns each memcpy into one instruction. */
    #define SN_LOAD(bits, p) uint##bits##_t v; memcpy(&v, p, sizeof v); return v
    static inline uint16_t sn_ld16(const unsigned char *p) { SN_LOAD(16, p); }
    static inline uint32_t sn_ld32(const unsigned char *p) { SN_LOAD(32, p); }
    static inline uint64_t sn_ld64(const unsigned char *p) { SN_LOAD(64, p); }
    static inline void sn_st16(unsigned char *p, uint16_t v) { memcpy(p, &v, 2); }
    static inline void sn_st32(unsigned char *p, uint32_t v) { memcpy(p, &v, 4); }
    static inline void sn_st64(unsigned char *p, uint64_t v) { memcpy(p, &v, 8); }

    #if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    #define sn_be16(v) __builtin_bswap16(v)
    #define sn_be32(v) __builtin_bswap32(v)
    #define sn_be64(v) __builtin_bswap64(v)
    #define sn_le16(v) (v)
    #define sn_le32(v) (v)
    #define sn_le64(v) (v)
    #else
    #define sn_be16(v) (v)
    #define sn_be32(v) (v)
    #define sn_be64(v) (v)
    #define sn_le16(v) __builtin_bswap16(v)
    #define sn_le32(v) __builtin_bswap32(v)
    #define sn_le64(v) __builtin_bswap64(v)
    #endif

    /* On Zen 3 the `rep movsb` inside glibc's memcpy falls to a fifteenth of its speed when dst is
       1 to 31 bytes after src modulo the page size, and two mallocs often are. There, copy blocks
       from the end. */
    static __attribute__((noinline, unused)) void
    sn_memcpy_blocks(unsigned char *d, const unsigned char *s, size_t n)
    {
        while (n >= 128) {
            n -= 128;
            memcpy(d + n + 64, s + n + 64, 64);
            memcpy(d + n, s + n, 64);
        }
        memcpy(d, s, n);
    }

    static inline void sn_memcpy(unsigned char *d, const unsigned char *s, size_t n)
    {
        size_t ahead = ((size_t)d - (size_t)s) & 4095;

        if (n >= 2048 && ahead - 1 < 31)
            sn_memcpy_blocks(d, s, n);
        else
            memcpy(d, s, n);
    }

    /* What a memoryview shows, without a call of its own: NULL if it is released or in pieces. */
    static inline Py_buffer *sn_view(PyObject *o)
    {
        PyMemoryViewObject *v = (PyMemoryViewObject *)o;

        if (!PyMemoryView_Check(o) || v->flags & _Py_MEMORYVIEW_RELEASED ||
            v->mbuf->flags & _Py_MANAGED_BUFFER_RELEASED ||
            !(v->flags & (_Py_MEMORYVIEW_C | _Py_MEMORYVIEW_SCALAR)))
            return NULL;
        return &v->view;
    }
    """
    Py_buffer *sn_view(object o) noexcept
    uint16_t sn_ld16(const u8 *p) noexcept nogil
    uint32_t sn_ld32(const u8 *p) noexcept nogil
    uint64_t sn_ld64(const u8 *p) noexcept nogil
    void sn_st16(u8 *p, uint16_t v) noexcept nogil
    void sn_st32(u8 *p, uint32_t v) noexcept nogil
    void sn_st64(u8 *p, uint64_t v) noexcept nogil
    uint16_t sn_be16(uint16_t v) noexcept nogil
    uint32_t sn_be32(uint32_t v) noexcept nogil
    uint64_t sn_be64(uint64_t v) noexcept nogil
    uint16_t sn_le16(uint16_t v) noexcept nogil
    uint32_t sn_le32(uint32_t v) noexcept nogil
    uint64_t sn_le64(uint64_t v) noexcept nogil
    void sn_memcpy(u8 *d, const u8 *s, size_t n) noexcept nogil
    void sn_set_size "Py_SET_SIZE" (object o, Py_ssize_t n) noexcept

cdef inline u8 *addr(object buf) except NULL:
    if type(buf) is bytearray:
        return <u8 *>PyByteArray_AS_STRING(buf)
    if type(buf) is bytes:
        return <u8 *>PyBytes_AS_STRING(buf)
    raise TypeError("bytes or bytearray expected")

# ---- network byte order

cdef inline i64 get8(const u8 *p, i64 o) noexcept:
    return p[o]

cdef inline i64 get16(const u8 *p, i64 o) noexcept:
    return sn_be16(sn_ld16(p + o))

cdef inline i64 get32(const u8 *p, i64 o) noexcept:
    return sn_be32(sn_ld32(p + o))

cdef inline i64 get64(const u8 *p, i64 o) noexcept:
    return <i64>sn_be64(sn_ld64(p + o))

cdef inline void put8(u8 *p, i64 o, i64 v) noexcept:
    p[o] = <u8>v

cdef inline void put16(u8 *p, i64 o, i64 v) noexcept:
    sn_st16(p + o, sn_be16(<uint16_t>v))

cdef inline void put32(u8 *p, i64 o, i64 v) noexcept:
    sn_st32(p + o, sn_be32(<uint32_t>v))

cdef inline void put64(u8 *p, i64 o, i64 v) noexcept:
    sn_st64(p + o, sn_be64(<uint64_t>v))

# ---- little endian

cdef inline i64 get16le(const u8 *p, i64 o) noexcept:
    return sn_le16(sn_ld16(p + o))

cdef inline i64 get32le(const u8 *p, i64 o) noexcept:
    return sn_le32(sn_ld32(p + o))

cdef inline i64 get64le(const u8 *p, i64 o) noexcept:
    return <i64>sn_le64(sn_ld64(p + o))

cdef inline void put16le(u8 *p, i64 o, i64 v) noexcept:
    sn_st16(p + o, sn_le16(<uint16_t>v))

cdef inline void put32le(u8 *p, i64 o, i64 v) noexcept:
    sn_st32(p + o, sn_le32(<uint32_t>v))

cdef inline void put64le(u8 *p, i64 o, i64 v) noexcept:
    sn_st64(p + o, sn_le64(<uint64_t>v))

# ---- blocks

cdef inline void copy(u8 *dst, i64 doff, const u8 *src, i64 soff, i64 n) noexcept:
    sn_memcpy(dst + doff, src + soff, n)

cdef inline void move(u8 *dst, i64 doff, const u8 *src, i64 soff, i64 n) noexcept:
    memmove(dst + doff, src + soff, n)

cdef inline void fill(u8 *p, i64 o, i64 n, i64 byte) noexcept:
    memset(p + o, <int>(byte & 0xFF), n)

cdef inline bint equal(const u8 *a, i64 aoff, const u8 *b, i64 boff, i64 n) noexcept:
    return memcmp(a + aoff, b + boff, n) == 0

cdef inline i64 compare(const u8 *a, i64 aoff, const u8 *b, i64 boff, i64 n) noexcept:
    cdef int sign = memcmp(a + aoff, b + boff, n)
    return (sign > 0) - (sign < 0)

cdef inline bytes tobytes(const u8 *p, i64 o, i64 n):
    cdef bytes b = PyBytes_FromStringAndSize(NULL, n)
    sn_memcpy(<u8 *>PyBytes_AS_STRING(b), p + o, n)
    return b

# ---- user space: the plain types first, they need no Py_buffer

cdef inline i64 copy_to_user(object buf, i64 off, const u8 *src, i64 soff, i64 n) except -1:
    cdef Py_buffer b
    if type(buf) is bytearray:
        if off < 0 or n < 0 or n > PyByteArray_GET_SIZE(buf) - off:
            raise OSError(EFAULT, "Bad address")
        sn_memcpy(<u8 *>PyByteArray_AS_STRING(buf) + off, src + soff, n)
        return n
    cdef Py_buffer *v = sn_view(buf)
    if v != NULL and not v.readonly:
        if off < 0 or n < 0 or n > v.len - off:
            raise OSError(EFAULT, "Bad address")
        sn_memcpy(<u8 *>v.buf + off, src + soff, n)
        return n
    PyObject_GetBuffer(buf, &b, PyBUF_WRITABLE)
    try:
        if off < 0 or n < 0 or n > b.len - off:
            raise OSError(EFAULT, "Bad address")
        sn_memcpy(<u8 *>b.buf + off, src + soff, n)
    finally:
        PyBuffer_Release(&b)
    return n

cdef inline i64 copy_from_user(u8 *dst, i64 doff, object buf, i64 off, i64 n) except -1:
    cdef Py_buffer b
    if type(buf) is bytes:
        if off < 0 or n < 0 or n > PyBytes_GET_SIZE(buf) - off:
            raise OSError(EFAULT, "Bad address")
        sn_memcpy(dst + doff, <const u8 *>PyBytes_AS_STRING(buf) + off, n)
        return n
    cdef Py_buffer *v = sn_view(buf)
    if v != NULL:
        if off < 0 or n < 0 or n > v.len - off:
            raise OSError(EFAULT, "Bad address")
        sn_memcpy(dst + doff, <const u8 *>v.buf + off, n)
        return n
    PyObject_GetBuffer(buf, &b, PyBUF_SIMPLE)
    try:
        if off < 0 or n < 0 or n > b.len - off:
            raise OSError(EFAULT, "Bad address")
        sn_memcpy(dst + doff, <const u8 *>b.buf + off, n)
    finally:
        PyBuffer_Release(&b)
    return n

cdef inline i64 buf_len(object buf) except -1:
    cdef Py_buffer b
    if type(buf) is bytes:
        return PyBytes_GET_SIZE(buf)
    if type(buf) is bytearray:
        return PyByteArray_GET_SIZE(buf)
    cdef Py_buffer *v = sn_view(buf)
    if v != NULL:
        return v.len
    PyObject_GetBuffer(buf, &b, PyBUF_SIMPLE)
    cdef i64 n = b.len
    PyBuffer_Release(&b)
    return n

cdef inline i64 buf_room(object buf) noexcept:
    if type(buf) is bytearray:
        return PyByteArray_GET_SIZE(buf)
    cdef Py_buffer *v = sn_view(buf)
    return v.len if v != NULL and not v.readonly else 0

cdef inline bint buf_plain(object buf) noexcept:
    return type(buf) is bytes or type(buf) is bytearray or sn_view(buf) != NULL

cdef inline bytes new_buf(i64 size):
    return PyBytes_FromStringAndSize(NULL, size)

# Shrinks in place: nobody has seen the object, so neither its hash nor its length is known. What is
# mostly slack is copied instead, so that the memory comes back.
cdef inline bytes finish_buf(object buf, i64 n):
    cdef i64 size = PyBytes_GET_SIZE(buf)
    assert type(buf) is bytes and 0 <= n <= size
    if 2 * n < size:
        return PyBytes_FromStringAndSize(PyBytes_AS_STRING(buf), n)
    if n < size:
        sn_set_size(buf, n)
        PyBytes_AS_STRING(buf)[n] = 0
    return <bytes>buf

# ---- arrays of integers

cdef inline bytearray i64_array(i64 n):
    cdef bytearray a = PyByteArray_FromStringAndSize(NULL, 8 * n)
    memset(PyByteArray_AS_STRING(a), 0, 8 * n)
    return a

cdef inline i64 *i64_ptr(object array) except NULL:
    assert type(array) is bytearray
    return <i64 *>PyByteArray_AS_STRING(array)

# ---- integers as C has them

cdef inline i64 u16(i64 v) noexcept:
    return <uint16_t>v

cdef inline i64 u32(i64 v) noexcept:
    return <uint32_t>v

cdef inline i64 s32(i64 v) noexcept:
    return <int32_t>v

# ---- TCP sequence numbers

cdef inline bint before(i64 seq1, i64 seq2) noexcept:
    return <int32_t>(seq1 - seq2) < 0

cdef inline bint after(i64 seq1, i64 seq2) noexcept:
    return <int32_t>(seq2 - seq1) < 0

cdef inline bint between(i64 seq1, i64 seq2, i64 seq3) noexcept:
    return <uint32_t>(seq3 - seq2) >= <uint32_t>(seq1 - seq2)
