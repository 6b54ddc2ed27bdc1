"""VLAN tags."""

from __future__ import annotations

from hypothesis import given, settings

from softnet.wire.vlan import vlan_view
from tests.wire.fields import HEADER, OFFSET, VALUE, Field, check_place, check_range, each_field

FIELDS = [
    ("h_vlan_tci", 0, 2),
    ("h_vlan_encapsulated_proto", 2, 2),
]


@each_field(FIELDS)
@settings(max_examples=20)
@given(data=HEADER, off=OFFSET, value=VALUE)
def test_a_field_is_read_and_written_in_its_place(
    field: Field, data: bytes, off: int, value: bytes
) -> None:
    check_place(vlan_view, field, data, off, value)


@each_field(FIELDS)
def test_what_does_not_fit_a_field(field: Field) -> None:
    check_range(vlan_view, field)


@given(data=HEADER)
def test_the_parts_of_a_vlan_tag(data: bytes) -> None:
    vh = vlan_view(bytearray(data), 0)
    tci = int.from_bytes(data[:2], "big")
    assert (vh.vid(), vh.priority()) == (tci % 4096, tci // 8192)
