"""mem.py against what struct, int and slices say."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import softnet.arch.mem as mem

U32 = st.integers(0, 0xFFFFFFFF)

WIDTHS = [("8", 1, "B"), ("16", 2, "H"), ("32", 4, "I"), ("64", 8, "q")]


@pytest.mark.parametrize(("name", "size", "code"), WIDTHS)
@given(block=st.binary(min_size=8, max_size=8))
def test_gets_read_as_struct_does(name: str, size: int, code: str, block: bytes) -> None:
    offset = 8 - size
    assert (
        getattr(mem, f"get{name}")(block, offset)
        == struct.unpack_from(f">{code}", block, offset)[0]
    )
    if size > 1:
        assert getattr(mem, f"get{name}le")(block, 0) == struct.unpack_from(f"<{code}", block)[0]


@pytest.mark.parametrize(("name", "size", "code"), WIDTHS)
@given(v=st.integers(0, (1 << 63) - 1))
def test_puts_write_as_struct_does(name: str, size: int, code: str, v: int) -> None:
    v &= (1 << size * 8) - 1
    if name == "64":
        v &= (1 << 63) - 1
    block = bytearray(8)
    getattr(mem, f"put{name}")(block, 0, v)
    assert block[:size] == struct.pack(f">{code}", v)
    if size > 1:
        getattr(mem, f"put{name}le")(block, 0, v)
        assert block[:size] == struct.pack(f"<{code}", v)


@pytest.mark.parametrize("name", ["8", "16", "32", "64", "16le", "32le", "64le"])
def test_the_interpreter_sees_overruns(name: str) -> None:
    block = bytearray(8)
    for offset in (-1, 8):
        with pytest.raises((AssertionError, IndexError)):
            getattr(mem, f"get{name}")(block, offset)
        with pytest.raises((AssertionError, IndexError)):
            getattr(mem, f"put{name}")(block, offset, 0)
    assert block == bytes(8)


def test_copies_never_resize() -> None:
    dst = bytearray(8)
    with pytest.raises(ValueError, match="different structures"):
        mem.copy(dst, 6, b"abcd", 0, 4)
    with pytest.raises(ValueError, match="different structures"):
        mem.copy(dst, 0, b"abcd", 2, 4)
    assert dst == bytes(8)


def test_s32_is_a_c_int() -> None:
    assert [mem.s32(v) for v in (0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000)] == [
        0,
        0x7FFFFFFF,
        -0x80000000,
        -1,
        0,
    ]


@given(seq=U32, distance=st.integers(1, 0x7FFFFFFF))
def test_before_and_after_go_round(seq: int, distance: int) -> None:
    later = mem.u32(seq + distance)
    assert mem.before(seq, later)
    assert mem.after(later, seq)
    assert not mem.before(later, seq)
    assert not mem.after(seq, later)
    assert not mem.before(seq, seq)
    assert not mem.after(seq, seq)


@given(low=U32, length=st.integers(0, 0xFFFFFFFF), step=st.integers(0, 0xFFFFFFFF))
def test_between_counts_both_ends(low: int, length: int, step: int) -> None:
    high = mem.u32(low + length)
    assert mem.between(mem.u32(low + step), low, high) is (step <= length)
