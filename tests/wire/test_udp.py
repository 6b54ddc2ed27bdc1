"""UDP headers."""

from __future__ import annotations

from hypothesis import given, settings

from softnet.wire.udp import udp_view
from tests.wire.fields import HEADER, OFFSET, VALUE, Field, check_place, check_range, each_field

FIELDS = [
    ("source", 0, 2),
    ("dest", 2, 2),
    ("len", 4, 2),
    ("check", 6, 2),
]


@each_field(FIELDS)
@settings(max_examples=20)
@given(data=HEADER, off=OFFSET, value=VALUE)
def test_a_field_is_read_and_written_in_its_place(
    field: Field, data: bytes, off: int, value: bytes
) -> None:
    check_place(udp_view, field, data, off, value)


@each_field(FIELDS)
def test_what_does_not_fit_a_field(field: Field) -> None:
    check_range(udp_view, field)
