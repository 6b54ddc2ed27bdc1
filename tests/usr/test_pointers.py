"""Pointers in structs: followed, or EFAULT."""

from __future__ import annotations

import ctypes
import errno

import pytest

from softnet.usr.pointers import read_memory, read_text, write_memory


def test_memory_is_read_and_written() -> None:
    room = ctypes.create_string_buffer(b"hello", 16)
    at = ctypes.addressof(room)
    assert read_memory(at, 5) == b"hello"
    assert read_text(at, 16) == b"hello"
    assert read_text(at, 3) == b"hel"
    write_memory(at, b"J")
    assert room.value == b"Jello"
    assert read_memory(0, 0) == b""


@pytest.mark.parametrize("at", [0, 8, (1 << 64) - 1, 1 << 63])
def test_a_wrong_pointer_is_efault(at: int) -> None:
    for call in (read_memory, read_text):
        with pytest.raises(OSError) as e:
            call(at, 4)
        assert e.value.errno == errno.EFAULT
    with pytest.raises(OSError) as e:
        write_memory(at, b"x")
    assert e.value.errno == errno.EFAULT
