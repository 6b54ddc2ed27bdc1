"""Bytes in memory: byte order, copies, comparison, 32-bit wrap. The interpreter's twin of mem.pxd.

A place is a pointer `p` and a byte offset: here the pointer is the bytes object itself, in C its
address. Lengths are the caller's to prove: C checks nothing, and here only some mistakes raise
(asserts for negative offsets, IndexError or ValueError past the end). Copies from and to user
space take any object with the buffer protocol, and do check: see copy_from_user().

    import softnet.arch.mem as mem          (and in the .pxd: cimport softnet.arch.mem as mem)
    mem.get16(skb.ptr, skb.data + 12)

Linux: include/linux/unaligned/*.h, include/net/tcp.h for before(), after() and between().
"""

from __future__ import annotations

import errno
from typing import Any, TypeAlias

Mem: TypeAlias = Any  # a field that holds a pointer: u8 * once compiled
Source: TypeAlias = bytes | bytearray  # what a pointer may be read from; writes need a bytearray
I64s: TypeAlias = list[int]  # i64 * once compiled
UserBuffer: TypeAlias = Any  # has the buffer protocol; Python 3.11 cannot say so


def addr(buf: Source) -> Mem:
    """The pointer to a bytes or bytearray. Keep the object as well; never resize it."""
    return buf


# ---- network byte order


def get8(p: Source, o: int) -> int:
    """The byte at p + o."""
    assert o >= 0
    return p[o]


def get16(p: Source, o: int) -> int:
    """The 16-bit number at p + o."""
    assert o >= 0
    return p[o] << 8 | p[o + 1]


def get32(p: Source, o: int) -> int:
    """The 32-bit number at p + o."""
    assert o >= 0
    return p[o] << 24 | p[o + 1] << 16 | p[o + 2] << 8 | p[o + 3]


def get64(p: Source, o: int) -> int:
    """Eight bytes as a signed number: an i64 holds no other."""
    assert 0 <= o <= len(p) - 8
    return int.from_bytes(p[o : o + 8], "big", signed=True)


def put8(p: bytearray, o: int, v: int) -> None:
    """Store the low 8 bits of v."""
    assert o >= 0
    p[o] = v & 0xFF


def put16(p: bytearray, o: int, v: int) -> None:
    """Store the low 16 bits of v."""
    assert o >= 0
    p[o + 1] = v & 0xFF
    p[o] = v >> 8 & 0xFF


def put32(p: bytearray, o: int, v: int) -> None:
    """Store the low 32 bits of v."""
    assert 0 <= o <= len(p) - 4
    p[o : o + 4] = (v & 0xFFFFFFFF).to_bytes(4, "big")


def put64(p: bytearray, o: int, v: int) -> None:
    """Store the low 64 bits of v."""
    assert 0 <= o <= len(p) - 8
    p[o : o + 8] = (v & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")


# ---- little endian: descriptors of devices, BPF programs, pcap files


def get16le(p: Source, o: int) -> int:
    """The 16-bit number at p + o."""
    assert o >= 0
    return p[o + 1] << 8 | p[o]


def get32le(p: Source, o: int) -> int:
    """The 32-bit number at p + o."""
    assert o >= 0
    return p[o + 3] << 24 | p[o + 2] << 16 | p[o + 1] << 8 | p[o]


def get64le(p: Source, o: int) -> int:
    """Eight bytes as a signed number."""
    assert 0 <= o <= len(p) - 8
    return int.from_bytes(p[o : o + 8], "little", signed=True)


def put16le(p: bytearray, o: int, v: int) -> None:
    """Store the low 16 bits of v."""
    assert o >= 0
    p[o + 1] = v >> 8 & 0xFF
    p[o] = v & 0xFF


def put32le(p: bytearray, o: int, v: int) -> None:
    """Store the low 32 bits of v."""
    assert 0 <= o <= len(p) - 4
    p[o : o + 4] = (v & 0xFFFFFFFF).to_bytes(4, "little")


def put64le(p: bytearray, o: int, v: int) -> None:
    """Store the low 64 bits of v."""
    assert 0 <= o <= len(p) - 8
    p[o : o + 8] = (v & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "little")


# ---- blocks


def copy(dst: bytearray, doff: int, src: Source, soff: int, n: int) -> None:
    """memcpy(dst + doff, src + soff, n). The two must not overlap."""
    assert min(doff, soff, n) >= 0
    memoryview(dst)[doff : doff + n] = memoryview(src)[soff : soff + n]


def move(dst: bytearray, doff: int, src: Source, soff: int, n: int) -> None:
    """memmove(): a copy whose two ends may overlap."""
    assert min(doff, soff, n) >= 0
    memoryview(dst)[doff : doff + n] = bytes(memoryview(src)[soff : soff + n])


def fill(p: bytearray, o: int, n: int, byte: int) -> None:
    """memset(p + o, byte, n)."""
    assert min(o, n) >= 0
    memoryview(p)[o : o + n] = bytes((byte & 0xFF,)) * n


def equal(a: Source, aoff: int, b: Source, boff: int, n: int) -> bool:
    """Are the n bytes at a + aoff and at b + boff the same?"""
    assert min(aoff, boff, n) >= 0
    return memoryview(a)[aoff : aoff + n] == memoryview(b)[boff : boff + n]


def compare(a: Source, aoff: int, b: Source, boff: int, n: int) -> int:
    """memcmp(): -1, 0 or 1 as the n bytes of a sort before, like or after those of b."""
    assert min(aoff, boff, n) >= 0
    x, y = bytes(a[aoff : aoff + n]), bytes(b[boff : boff + n])
    return (x > y) - (x < y)


def tobytes(p: Source, o: int, n: int) -> bytes:
    """A new bytes object of the n bytes at p + o."""
    assert min(o, n) >= 0
    return bytes(memoryview(p)[o : o + n])


# ---- user space


def copy_to_user(buf: UserBuffer, off: int, src: Source, soff: int, n: int) -> int:
    """Copy n bytes at src + soff into the user's buffer, from its byte off on; return n.

    OSError(EFAULT) when they do not fit; BufferError when buf is read-only or not contiguous;
    TypeError when it is no buffer.
    """
    view = memoryview(buf)
    if view.readonly or not view.c_contiguous:
        raise BufferError("buffer is read-only or not contiguous")
    if off < 0 or n < 0 or off + n > view.nbytes:
        raise OSError(errno.EFAULT, "Bad address")
    if n:
        view.cast("B")[off : off + n] = memoryview(src)[soff : soff + n]
    return n


def copy_from_user(dst: bytearray, doff: int, buf: UserBuffer, off: int, n: int) -> int:
    """Copy n bytes of the user's buffer, from its byte off on, to dst + doff; return n.

    Errors as those of copy_to_user(), but buf may be read-only.
    """
    view = memoryview(buf)
    if not view.c_contiguous:
        raise BufferError("buffer is not contiguous")
    if off < 0 or n < 0 or off + n > view.nbytes:
        raise OSError(errno.EFAULT, "Bad address")
    if n:
        assert doff >= 0
        memoryview(dst)[doff : doff + n] = view.cast("B")[off : off + n]
    return n


def buf_len(buf: Any) -> int:
    """The bytes in a user's buffer; TypeError for what is none."""
    return len(buf) if type(buf) is bytes else memoryview(buf).nbytes


def buf_room(buf: Any) -> int:
    """The bytes that a bytearray or memoryview can be given in one piece; 0 for anything else."""
    if type(buf) is bytearray:
        return len(buf)
    if type(buf) is not memoryview:
        return 0
    try:
        return buf.nbytes if buf.c_contiguous and not buf.readonly else 0
    except ValueError:  # it was released
        return 0


def buf_plain(buf: Any) -> bool:
    """Is it bytes, a bytearray, or a memoryview in one piece?"""
    kind = type(buf)
    if kind is bytes or kind is bytearray:
        return True
    try:
        return kind is memoryview and buf.c_contiguous
    except ValueError:  # it was released
        return False


def new_buf(size: int) -> Any:
    """A buffer of size bytes that a receive call fills and finish_buf() turns into bytes.

    C: a bytes object that nobody has seen yet, its memory not initialised. Write to it through
    addr(), never through copy_to_user(), which takes a bytes object for what it is.
    """
    return bytearray(size)


def finish_buf(buf: Any, n: int) -> bytes:
    """The first n bytes of a new_buf() as a bytes object. buf must not be used any more."""
    assert 0 <= n <= len(buf)
    return bytes(memoryview(buf)[:n])


# ---- arrays of integers


def i64_array(n: int) -> Any:
    """Memory for n integers, all 0. Keep it as long as the pointer that i64_ptr() gives."""
    return [0] * n


def i64_ptr(array: Any) -> Any:
    """The pointer to an i64_array()."""
    return array


# ---- integers as C has them


def u16(v: int) -> int:
    """v modulo 2**16."""
    return v & 0xFFFF


def u32(v: int) -> int:
    """v modulo 2**32: what a C unsigned int keeps of it."""
    return v & 0xFFFFFFFF


def s32(v: int) -> int:
    """v modulo 2**32 as a signed number: what a C int keeps of it."""
    v &= 0xFFFFFFFF
    return v - 0x100000000 if v > 0x7FFFFFFF else v


# ---- TCP sequence numbers, RFC 793 3.3: comparisons on a circle of 2**32


def before(seq1: int, seq2: int) -> bool:
    """Is seq1 earlier than seq2?"""
    return (seq1 - seq2) & 0xFFFFFFFF > 0x7FFFFFFF


def after(seq1: int, seq2: int) -> bool:
    """Is seq1 later than seq2?"""
    return (seq2 - seq1) & 0xFFFFFFFF > 0x7FFFFFFF


def between(seq1: int, seq2: int, seq3: int) -> bool:
    """Does seq1 lie on the way from seq2 to seq3, both included?"""
    return (seq3 - seq2) & 0xFFFFFFFF >= (seq1 - seq2) & 0xFFFFFFFF
