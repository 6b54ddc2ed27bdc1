"""Buffers that programs pass to sockets."""

from __future__ import annotations

import array

import pytest

from softnet.usr.buffers import data_of, room_of


def test_data_of_takes_any_buffer() -> None:
    assert data_of(b"abc") == b"abc"
    assert bytes(data_of(array.array("H", [1, 2]))) == b"\1\0\2\0"
    assert bytes(data_of(memoryview(b"abcd")[::2])) == b"ac"
    with pytest.raises(TypeError, match="a bytes-like object is required, not 'str'"):
        data_of("abc")


def test_room_of_knows_what_fits() -> None:
    buffer = bytearray(8)
    assert room_of(buffer, 0, "recv_into")[1] == 8
    assert room_of(buffer, 3, "recv_into")[1] == 3
    with pytest.raises(ValueError, match="negative buffersize in recv_into"):
        room_of(buffer, -1, "recv_into")
    with pytest.raises(ValueError, match="buffer too small"):
        room_of(buffer, 9, "recv_into")
    with pytest.raises(TypeError, match="read-write"):
        room_of(b"abc", 0, "recv_into")
