# What softnet/arch/{mem,csum}.pxd inline into C, as Python functions, for test_twins.py to compare
# with the .py twins. Built into build/tests by conftest.py. Lengths are not checked: the tests
# stay inside.

cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.netfilter as netfilter


def addr(buf):
    return mem.addr(buf)[0]

def get8(p, o): return mem.get8(mem.addr(p), o)
def get16(p, o): return mem.get16(mem.addr(p), o)
def get32(p, o): return mem.get32(mem.addr(p), o)
def get64(p, o): return mem.get64(mem.addr(p), o)
def get16le(p, o): return mem.get16le(mem.addr(p), o)
def get32le(p, o): return mem.get32le(mem.addr(p), o)
def get64le(p, o): return mem.get64le(mem.addr(p), o)
def put8(p, o, v): mem.put8(mem.addr(p), o, v)
def put16(p, o, v): mem.put16(mem.addr(p), o, v)
def put32(p, o, v): mem.put32(mem.addr(p), o, v)
def put64(p, o, v): mem.put64(mem.addr(p), o, v)
def put16le(p, o, v): mem.put16le(mem.addr(p), o, v)
def put32le(p, o, v): mem.put32le(mem.addr(p), o, v)
def put64le(p, o, v): mem.put64le(mem.addr(p), o, v)

def copy(dst, doff, src, soff, n): mem.copy(mem.addr(dst), doff, mem.addr(src), soff, n)
def move(dst, doff, src, soff, n): mem.move(mem.addr(dst), doff, mem.addr(src), soff, n)
def fill(p, o, n, byte): mem.fill(mem.addr(p), o, n, byte)
def equal(a, aoff, b, boff, n): return mem.equal(mem.addr(a), aoff, mem.addr(b), boff, n)
def compare(a, aoff, b, boff, n): return mem.compare(mem.addr(a), aoff, mem.addr(b), boff, n)
def tobytes(p, o, n): return mem.tobytes(mem.addr(p), o, n)
def copy_to_user(buf, off, src, soff, n):
    return mem.copy_to_user(buf, off, mem.addr(src), soff, n)
def copy_from_user(dst, doff, buf, off, n):
    return mem.copy_from_user(mem.addr(dst), doff, buf, off, n)

def buf_len(buf): return mem.buf_len(buf)
def buf_room(buf): return mem.buf_room(buf)
def buf_plain(buf): return mem.buf_plain(buf)

def received(data, size):
    """What a receive call does: fill a buffer of size bytes with data, answer that part of it."""
    buf = mem.new_buf(size)
    mem.copy(mem.addr(buf), 0, mem.addr(data), 0, len(data))
    return mem.finish_buf(buf, len(data))

def i64s(values):
    """The values, written to an array of integers that starts as zeros, and read back."""
    array = mem.i64_array(len(values) + 1)
    cdef Py_ssize_t *p = mem.i64_ptr(array)
    for i, v in enumerate(values):
        p[i] = v
    return [p[i] for i in range(len(values) + 1)]

def u16(v): return mem.u16(v)
def u32(v): return mem.u32(v)
def s32(v): return mem.s32(v)
def before(a, b): return mem.before(a, b)
def after(a, b): return mem.after(a, b)
def between(a, b, c): return mem.between(a, b, c)

def csum_partial(p, o, n, s): return csum.csum_partial(mem.addr(p), o, n, s)
def csum_partial_copy(src, soff, dst, doff, n, s):
    return csum.csum_partial_copy(mem.addr(src), soff, mem.addr(dst), doff, n, s)
def csum_copy_from_user(buf, off, dst, doff, n, s):
    return csum.csum_copy_from_user(buf, off, mem.addr(dst), doff, n, s)
def csum_fold(s): return csum.csum_fold(s)
def csum_add(a, b): return csum.csum_add(a, b)
def csum_sub(a, b): return csum.csum_sub(a, b)
def csum_block_add(a, b, o): return csum.csum_block_add(a, b, o)
def csum_block_sub(a, b, o): return csum.csum_block_sub(a, b, o)
def csum_tcpudp_nofold(a, b, n, p, s): return csum.csum_tcpudp_nofold(a, b, n, p, s)
def csum_tcpudp_magic(a, b, n, p, s): return csum.csum_tcpudp_magic(a, b, n, p, s)
def ip_fast_csum(p, o, ihl): return csum.ip_fast_csum(mem.addr(p), o, ihl)
def ip_compute_csum(p, o, n): return csum.ip_compute_csum(mem.addr(p), o, n)
def csum_replace2(c, a, b): return csum.csum_replace2(c, a, b)
def csum_replace4(c, a, b): return csum.csum_replace4(c, a, b)


def address_of(buf):
    """The machine address that a buffer starts at, to place two at a chosen distance."""
    return <Py_ssize_t>mem.addr(buf)

def constants():
    """One constant of each kind, as C sees it: small, negative, above INT_MAX, below INT_MIN."""
    wide = in_.INADDR_BROADCAST  # an inferred local: must not wrap to -1
    low = netfilter.INT_MIN
    return (in_.IPPROTO_TCP, netfilter.NF_IP_PRI_RAW, wide, low, const.S64_MAX,
            const.NETIF_F_LOOPBACK)

def csum_seconds(buf, int repeat):
    """Seconds that one csum_partial() over the buffer takes, from repeat of them: for bench/."""
    from time import perf_counter
    cdef Py_ssize_t _i, n = len(buf), s = 0
    cdef unsigned char *p = mem.addr(buf)
    start = perf_counter()
    for _i in range(repeat):
        s = csum.csum_partial(p, 0, n, s)
    return (perf_counter() - start) / repeat, s

def csum_copy_seconds(src, dst, int repeat):
    """The same of csum_partial_copy()."""
    from time import perf_counter
    cdef Py_ssize_t _i, n = len(src), s = 0
    cdef unsigned char *p = mem.addr(src)
    cdef unsigned char *d = mem.addr(dst)
    start = perf_counter()
    for _i in range(repeat):
        s = csum.csum_partial_copy(p, 0, d, 0, n, s)
    return (perf_counter() - start) / repeat, s

def copy_seconds(src, Py_ssize_t soff, dst, Py_ssize_t doff, Py_ssize_t n, int repeat):
    """The same of copy()."""
    from time import perf_counter
    cdef Py_ssize_t _i
    cdef unsigned char *p = mem.addr(src)
    cdef unsigned char *d = mem.addr(dst)
    start = perf_counter()
    for _i in range(repeat):
        mem.copy(d, doff, p, soff, n)
    return (perf_counter() - start) / repeat
