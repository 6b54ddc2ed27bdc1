"""ARP packets."""

from __future__ import annotations

from hypothesis import given, settings

from softnet.wire.arp import arp_view
from tests.wire.fields import HEADER, OFFSET, VALUE, Field, check_place, check_range, each_field

FIELDS = [
    ("ar_hrd", 0, 2),
    ("ar_pro", 2, 2),
    ("ar_hln", 4, 1),
    ("ar_pln", 5, 1),
    ("ar_op", 6, 2),
    ("ar_sha", 8, 6),
    ("ar_sip", 14, 4),
    ("ar_tha", 18, 6),
    ("ar_tip", 24, 4),
]


@each_field(FIELDS)
@settings(max_examples=20)
@given(data=HEADER, off=OFFSET, value=VALUE)
def test_a_field_is_read_and_written_in_its_place(
    field: Field, data: bytes, off: int, value: bytes
) -> None:
    check_place(arp_view, field, data, off, value)


@each_field(FIELDS)
def test_what_does_not_fit_a_field(field: Field) -> None:
    check_range(arp_view, field)
