"""Checks that hold for any field of any header view: where it lies, what range it takes.

A field is (name, offset, size) in bytes, as the RFC draws it; fields of six bytes are addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from hypothesis import strategies as st

Field: TypeAlias = tuple[str, int, int]
View: TypeAlias = Callable[[bytearray, int], Any]

HEADER = st.binary(min_size=64, max_size=64)
OFFSET = st.integers(0, 32)
VALUE = st.binary(min_size=6, max_size=6)


def each_field(table: list[Field]) -> Any:
    """Run a test once for each field of a table."""
    return pytest.mark.parametrize("field", table, ids=[name for name, _, _ in table])


def check_place(view: View, field: Field, data: bytes, off: int, value: bytes) -> None:
    """The accessor reads the field's own bytes, the setter writes these and no others."""
    name, at, size = field
    buf = bytearray(data)
    header = view(buf, off)
    start, end = off + at, off + at + size
    want: Any = data[start:end]
    new: Any = value[:size]
    if size != 6:
        want, new = int.from_bytes(want, "big"), int.from_bytes(new, "big")
    assert getattr(header, name)() == want
    getattr(header, f"set_{name}")(new)
    assert buf == data[:start] + value[:size] + data[end:]
    assert getattr(header, name)() == new


def check_range(view: View, field: Field) -> None:
    """What does not fit is a bug of ours: an assertion, and nothing written."""
    name, _, size = field
    buf = bytearray(64)
    header = view(buf, 0)
    wrong: list[Any] = [b"12345", b"1234567"] if size == 6 else [-1, 1 << 8 * size]
    for value in wrong:
        with pytest.raises(AssertionError):
            getattr(header, f"set_{name}")(value)
    assert buf == bytes(64)
