"""ICMP headers."""

from __future__ import annotations

from hypothesis import given, settings

from softnet.wire.icmp import icmp_view
from tests.wire.fields import HEADER, OFFSET, VALUE, Field, check_place, check_range, each_field

FIELDS = [
    ("type", 0, 1),
    ("code", 1, 1),
    ("checksum", 2, 2),
    ("un", 4, 4),
    ("id", 4, 2),
    ("sequence", 6, 2),
]


@each_field(FIELDS)
@settings(max_examples=20)
@given(data=HEADER, off=OFFSET, value=VALUE)
def test_a_field_is_read_and_written_in_its_place(
    field: Field, data: bytes, off: int, value: bytes
) -> None:
    check_place(icmp_view, field, data, off, value)


@each_field(FIELDS)
def test_what_does_not_fit_a_field(field: Field) -> None:
    check_range(icmp_view, field)


@given(data=HEADER)
def test_the_readings_of_an_icmp_word(data: bytes) -> None:
    icmph = icmp_view(bytearray(data), 0)
    assert icmph.gateway() == icmph.un() == int.from_bytes(data[4:8], "big")
    assert icmph.mtu() == icmph.sequence() == int.from_bytes(data[6:8], "big")
    assert icmph.pointer() == data[4]
