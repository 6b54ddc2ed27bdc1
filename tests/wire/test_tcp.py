"""TCP headers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softnet.wire.tcp import tcp_view
from tests.wire.fields import HEADER, OFFSET, VALUE, Field, check_place, check_range, each_field

FIELDS = [
    ("source", 0, 2),
    ("dest", 2, 2),
    ("seq", 4, 4),
    ("ack_seq", 8, 4),
    ("flags", 13, 1),
    ("window", 14, 2),
    ("check", 16, 2),
    ("urg_ptr", 18, 2),
]


@each_field(FIELDS)
@settings(max_examples=20)
@given(data=HEADER, off=OFFSET, value=VALUE)
def test_a_field_is_read_and_written_in_its_place(
    field: Field, data: bytes, off: int, value: bytes
) -> None:
    check_place(tcp_view, field, data, off, value)


@each_field(FIELDS)
def test_what_does_not_fit_a_field(field: Field) -> None:
    check_range(tcp_view, field)


@given(data=HEADER, off=OFFSET)
def test_the_parts_of_a_tcp_header_that_share_bytes(data: bytes, off: int) -> None:
    th = tcp_view(bytearray(data), off)
    assert th.doff() == data[off + 12] >> 4
    assert th.hdrlen() == 4 * th.doff()
    assert th.flag_word() == int.from_bytes(data[off + 12 : off + 16], "big")
    bits = [th.fin(), th.syn(), th.rst(), th.psh(), th.ack(), th.urg(), th.ece(), th.cwr()]
    assert sum(bit << i for i, bit in enumerate(bits)) == th.flags() == data[off + 13]


@given(n=st.integers(5, 15), flags=st.integers(0, 255))
def test_doff_and_flags_are_set_together(n: int, flags: int) -> None:
    buf = bytearray(b"\xff" * 60)
    th = tcp_view(buf, 0)
    th.set_doff_flags(4 * n, flags)
    assert th.hdrlen() == 4 * n
    assert th.flags() == flags
    assert buf == b"\xff" * 12 + bytes((n << 4, flags)) + b"\xff" * 46


@pytest.mark.parametrize("n", [16, 18, 22, 64])
def test_impossible_header_lengths(n: int) -> None:
    with pytest.raises(AssertionError):
        tcp_view(bytearray(60), 0).set_doff_flags(n, 0)
