"""Each primitive of arch/ gives in C what it gives in Python, for whatever arguments.

The fixture `twins` is the C half; softnet.arch is the Python half. A test that compares them on
random input cannot say which is right: test_mem.py and test_csum.py do, on the Python half.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.uapi.in_ as in_
import softnet.uapi.netfilter as netfilter

SIZE = 300  # more than four of the blocks that csum.pxd sums at a time
U16 = st.integers(0, 0xFFFF)
U32 = st.integers(0, 0xFFFFFFFF) | st.sampled_from([0, 1, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF])
I64 = st.integers(-(1 << 63), (1 << 63) - 1) | U32
# bytes of all values, and those that make carries and ones'-complement zeros
BLOCK = st.binary(min_size=SIZE, max_size=SIZE) | st.sampled_from([b"\0" * SIZE, b"\xff" * SIZE])
SPAN = st.tuples(st.integers(0, SIZE), st.integers(0, SIZE)).map(lambda t: (min(t), max(t)))


def both(twins: ModuleType, name: str) -> tuple[Any, Any]:
    """The primitive called name, in Python and in C."""
    python = getattr(mem, name, None) or getattr(csum, name)
    return python, getattr(twins, name)


@pytest.mark.parametrize(
    "name", ["get8", "get16", "get32", "get64", "get16le", "get32le", "get64le"]
)
@given(block=BLOCK, o=st.integers(0, SIZE - 8))
def test_gets(twins: ModuleType, name: str, block: bytes, o: int) -> None:
    python, c = both(twins, name)
    assert python(block, o) == c(block, o) == c(bytearray(block), o)


@pytest.mark.parametrize(
    "name", ["put8", "put16", "put32", "put64", "put16le", "put32le", "put64le"]
)
@given(block=BLOCK, o=st.integers(0, SIZE - 8), v=I64)
def test_puts(twins: ModuleType, name: str, block: bytes, o: int, v: int) -> None:
    python, c = both(twins, name)
    a, b = bytearray(block), bytearray(block)
    python(a, o, v)
    c(b, o, v)
    assert a == b


@pytest.mark.parametrize("name", ["copy", "move"])
@given(src=BLOCK, span=SPAN, doff=st.integers(0, SIZE))
def test_copies(twins: ModuleType, name: str, src: bytes, span: tuple[int, int], doff: int) -> None:
    python, c = both(twins, name)
    soff, end = span
    a, b = bytearray(2 * SIZE), bytearray(2 * SIZE)
    python(a, doff, src, soff, end - soff)
    c(b, doff, src, soff, end - soff)
    assert a == b
    assert a[doff : doff + end - soff] == src[soff:end]


@given(block=BLOCK, span=SPAN, doff=st.integers(0, SIZE))
def test_move_within_one_buffer(
    twins: ModuleType, block: bytes, span: tuple[int, int], doff: int
) -> None:
    soff, end = span
    n = min(end - soff, SIZE - doff)
    a, b = bytearray(block), bytearray(block)
    mem.move(a, doff, a, soff, n)
    twins.move(b, doff, b, soff, n)
    assert a == b
    assert a[doff : doff + n] == block[soff : soff + n]


@pytest.mark.parametrize("ahead", [0, 1, 16, 31, 32, 4095])
@pytest.mark.parametrize("n", [127, 2047, 2048, 2049, 4000, 8191])
def test_copy_at_every_page_distance(twins: ModuleType, ahead: int, n: int) -> None:
    """Both ways that mem.copy() goes, chosen by the distance of the two modulo a page."""
    src, dst = bytearray(range(256)) * 64, bytearray(16384 + 8192)
    doff = (twins.address_of(src) + ahead - twins.address_of(dst)) % 4096
    twins.copy(dst, doff, src, 0, n)
    assert dst == bytes(doff) + src[:n] + bytes(len(dst) - doff - n)


@given(block=BLOCK, span=SPAN, byte=I64)
def test_fill(twins: ModuleType, block: bytes, span: tuple[int, int], byte: int) -> None:
    a, b = bytearray(block), bytearray(block)
    mem.fill(a, span[0], span[1] - span[0], byte)
    twins.fill(b, span[0], span[1] - span[0], byte)
    assert a == b


@given(a=BLOCK, b=BLOCK, span=SPAN, cut=st.integers(0, SIZE))
def test_comparisons(
    twins: ModuleType, a: bytes, b: bytes, span: tuple[int, int], cut: int
) -> None:
    o, n = span[0], span[1] - span[0]
    for other in (b, a, a[:cut] + b[cut:]):
        assert mem.equal(a, o, other, o, n) == twins.equal(a, o, other, o, n)
        assert mem.compare(a, o, other, o, n) == twins.compare(a, o, other, o, n)
        assert (mem.compare(a, o, other, o, n) == 0) is mem.equal(a, o, other, o, n)


@given(block=BLOCK, span=SPAN)
def test_tobytes(twins: ModuleType, block: bytes, span: tuple[int, int]) -> None:
    o, n = span[0], span[1] - span[0]
    assert mem.tobytes(block, o, n) == twins.tobytes(block, o, n) == block[o : o + n]


@given(data=st.binary(max_size=99))
def test_buf_len(twins: ModuleType, data: bytes) -> None:
    wide = memoryview(bytes(8 * len(data))).cast("q")
    for buf, size in ((data, len(data)), (bytearray(data), len(data)), (wide, 8 * len(data))):
        assert mem.buf_len(buf) == twins.buf_len(buf) == size
    for form in (mem, twins):
        with pytest.raises(TypeError):
            form.buf_len("text")


def test_what_a_plain_buffer_is(twins: ModuleType) -> None:
    gone = memoryview(bytearray(4))
    gone.release()
    rows: list[tuple[Any, int, bool]] = [
        (b"four", 0, True),
        (bytearray(4), 4, True),
        (memoryview(b"four"), 0, True),
        (memoryview(bytearray(4)), 4, True),
        (memoryview(bytearray(8))[::2], 0, False),
        (memoryview(bytearray(8)).cast("H"), 8, True),
        (memoryview(bytearray(8)).cast("B", (2, 4)), 8, True),
        (gone, 0, False),
        ("four", 0, False),
        (None, 0, False),
    ]
    for buf, room, plain in rows:
        assert mem.buf_room(buf) == twins.buf_room(buf) == room, buf
        assert mem.buf_plain(buf) is plain
        assert bool(twins.buf_plain(buf)) is plain, buf


def test_copies_between_memoryviews_and_the_kernel(twins: ModuleType) -> None:
    for form in (mem, twins):
        target = bytearray(8)
        assert form.copy_to_user(memoryview(target)[2:], 1, b"abcdef", 1, 3) == 3
        assert target == b"\0\0\0bcd\0\0"
        room = bytearray(4)
        assert form.copy_from_user(room, 1, memoryview(b"abcdef")[1:], 2, 3) == 3
        assert room == b"\0def"
        with pytest.raises(OSError, match="Bad address"):
            form.copy_to_user(memoryview(target)[6:], 0, b"abc", 0, 3)
        with pytest.raises(OSError, match="Bad address"):
            form.copy_from_user(room, 0, memoryview(b"ab"), 0, 3)
        gone = memoryview(bytearray(4))
        gone.release()
        with pytest.raises(ValueError, match="released"):
            form.copy_to_user(gone, 0, b"abc", 0, 3)


@given(data=st.binary(max_size=99), slack=st.sampled_from([0, 1, 50, 5000]))
def test_receive_buffers(twins: ModuleType, data: bytes, slack: int) -> None:
    buf = mem.new_buf(len(data) + slack)
    mem.copy(buf, 0, data, 0, len(data))
    assert mem.finish_buf(buf, len(data)) == data
    c = twins.received(data, len(data) + slack)
    assert type(c) is bytes
    assert c == data
    assert hash(c) == hash(data)
    assert c + b"x" == data + b"x"


@given(values=st.lists(I64, max_size=9))
def test_arrays_of_integers(twins: ModuleType, values: list[int]) -> None:
    python = mem.i64_ptr(mem.i64_array(len(values) + 1))
    for i, v in enumerate(values):
        python[i] = v
    assert list(python) == twins.i64s(values) == [*values, 0]


@given(v=I64)
@example(v=0x7FFFFFFF)
@example(v=0x80000000)
@example(v=-1)
def test_wraps(twins: ModuleType, v: int) -> None:
    assert mem.u16(v) == twins.u16(v)
    assert mem.u32(v) == twins.u32(v)
    assert mem.s32(v) == twins.s32(v)


@given(a=U32, b=U32, c=U32)
@example(a=0, b=0x80000000, c=0)
@example(a=0x80000000, b=0, c=0)
def test_sequence_numbers(twins: ModuleType, a: int, b: int, c: int) -> None:
    assert mem.before(a, b) == twins.before(a, b)
    assert mem.after(a, b) == twins.after(a, b)
    assert mem.between(a, b, c) == twins.between(a, b, c)


@given(block=BLOCK, span=SPAN, s=U32)
def test_sums_of_blocks(twins: ModuleType, block: bytes, span: tuple[int, int], s: int) -> None:
    o, n = span[0], span[1] - span[0]
    want = csum.csum_partial(block, o, n, s)
    assert want == twins.csum_partial(block, o, n, s)
    for half in (csum, twins):
        copied = bytearray(SIZE)
        assert half.csum_partial_copy(block, o, copied, 0, n, s) == want
        assert copied == block[o : o + n] + bytes(SIZE - n)
        copied = bytearray(SIZE)
        assert half.csum_copy_from_user(memoryview(block), o, copied, 0, n, s) == want
        assert copied == block[o : o + n] + bytes(SIZE - n)
    assert csum.ip_compute_csum(block, o, n) == twins.ip_compute_csum(block, o, n)
    assert csum.ip_fast_csum(block, o, n // 4) == twins.ip_fast_csum(block, o, n // 4)


@given(a=U32, b=U32, o=st.integers(0, 9))
def test_sums_of_sums(twins: ModuleType, a: int, b: int, o: int) -> None:
    assert csum.csum_fold(a) == twins.csum_fold(a)
    for name in ("csum_add", "csum_sub"):
        python, c = both(twins, name)
        assert python(a, b) == c(a, b)
    for name in ("csum_block_add", "csum_block_sub"):
        python, c = both(twins, name)
        assert python(a, b, o) == c(a, b, o)


@given(saddr=U32, daddr=U32, n=U16, proto=st.integers(0, 255), s=U32)
def test_pseudo_headers(
    twins: ModuleType, saddr: int, daddr: int, n: int, proto: int, s: int
) -> None:
    for name in ("csum_tcpudp_nofold", "csum_tcpudp_magic"):
        python, c = both(twins, name)
        assert python(saddr, daddr, n, proto, s) == c(saddr, daddr, n, proto, s)


@given(check=U16, old=U32, new=U32)
def test_replacements(twins: ModuleType, check: int, old: int, new: int) -> None:
    assert csum.csum_replace4(check, old, new) == twins.csum_replace4(check, old, new)
    old, new = old & 0xFFFF, new & 0xFFFF
    assert csum.csum_replace2(check, old, new) == twins.csum_replace2(check, old, new)


def test_constants_arrive_in_c_as_they_are(twins: ModuleType) -> None:
    assert twins.constants() == (
        in_.IPPROTO_TCP,
        netfilter.NF_IP_PRI_RAW,
        in_.INADDR_BROADCAST,
        netfilter.INT_MIN,
        const.S64_MAX,
        const.NETIF_F_LOOPBACK,
    )


@pytest.mark.parametrize("half", ["python", "c"])
class TestUserSpace:
    """Copies from and to whatever has the buffer protocol: the same errors in both halves."""

    def functions(self, twins: ModuleType, half: str) -> Any:
        return mem if half == "python" else twins

    def test_into_a_bytearray_and_a_memoryview(self, twins: ModuleType, half: str) -> None:
        f = self.functions(twins, half)
        buf = bytearray(8)
        assert f.copy_to_user(buf, 1, b"abcdef", 2, 3) == 3
        assert f.copy_to_user(memoryview(buf)[4:], 1, b"xyz", 0, 3) == 3
        assert buf == b"\0cde\0xyz"

    def test_from_bytes_and_wide_items(self, twins: ModuleType, half: str) -> None:
        f = self.functions(twins, half)
        dst = bytearray(6)
        assert f.copy_from_user(dst, 0, b"abcdef", 4, 2) == 2
        assert f.copy_from_user(dst, 2, memoryview(b"ABCDEFGH").cast("I"), 1, 4) == 4
        assert dst == b"efBCDE"

    @pytest.mark.parametrize(
        ("off", "n"), [(0, 9), (8, 1), (9, 0), (-1, 1), (0, -1), (1 << 62, 1 << 62)]
    )
    def test_outside_is_a_bad_address(self, twins: ModuleType, half: str, off: int, n: int) -> None:
        f = self.functions(twins, half)
        for buf in (bytearray(8), memoryview(bytearray(8))):
            with pytest.raises(OSError, match="Bad address"):
                f.copy_to_user(buf, off, b"", 0, n)
        for buf in (bytes(8), memoryview(bytes(8))):
            with pytest.raises(OSError, match="Bad address"):
                f.copy_from_user(bytearray(16), 0, buf, off, n)

    def test_nothing_at_the_end(self, twins: ModuleType, half: str) -> None:
        f = self.functions(twins, half)
        assert f.copy_to_user(bytearray(8), 8, b"", 0, 0) == 0
        assert f.copy_from_user(bytearray(), 0, memoryview(bytes(8)), 8, 0) == 0
        assert f.copy_from_user(bytearray(), 0, memoryview(b""), 0, 0) == 0

    def test_unfit_objects(self, twins: ModuleType, half: str) -> None:
        f = self.functions(twins, half)
        for buf in (b"12345678", memoryview(b"12345678"), memoryview(bytearray(16))[::2]):
            with pytest.raises(BufferError):
                f.copy_to_user(buf, 0, b"ab", 0, 2)
        with pytest.raises(BufferError):
            f.copy_from_user(bytearray(8), 0, memoryview(bytearray(16))[::2], 0, 2)
        for f_call in (f.copy_to_user, f.copy_from_user):
            with pytest.raises(TypeError):
                f_call(object(), 0, object(), 0, 0)


def test_addr_refuses_what_may_move(twins: ModuleType) -> None:
    assert twins.addr(b"\x07") == 7
    with pytest.raises(TypeError):
        twins.addr(memoryview(b"\x07"))
