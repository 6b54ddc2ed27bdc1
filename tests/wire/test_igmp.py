"""IGMP messages and the group records of version 3."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from softnet.wire.igmp import grec_view, igmp_view, igmpv3_mrc
from tests.wire.fields import HEADER, OFFSET, VALUE, Field, check_place, check_range, each_field

FIELDS = [
    ("type", 0, 1),
    ("code", 1, 1),
    ("csum", 2, 2),
    ("group", 4, 4),
    ("ngrec", 6, 2),
]
RECORD_FIELDS = [
    ("grec_type", 0, 1),
    ("grec_auxwords", 1, 1),
    ("grec_nsrcs", 2, 2),
    ("grec_mca", 4, 4),
]


@each_field(FIELDS)
@settings(max_examples=20)
@given(data=HEADER, off=OFFSET, value=VALUE)
def test_a_field_is_read_and_written_in_its_place(
    field: Field, data: bytes, off: int, value: bytes
) -> None:
    check_place(igmp_view, field, data, off, value)


@each_field(FIELDS)
def test_what_does_not_fit_a_field(field: Field) -> None:
    check_range(igmp_view, field)


@each_field(RECORD_FIELDS)
@settings(max_examples=20)
@given(data=HEADER, off=OFFSET, value=VALUE)
def test_a_field_of_a_record_is_read_and_written_in_its_place(
    field: Field, data: bytes, off: int, value: bytes
) -> None:
    check_place(grec_view, field, data, off, value)


@each_field(RECORD_FIELDS)
def test_what_does_not_fit_a_field_of_a_record(field: Field) -> None:
    check_range(grec_view, field)


@given(data=HEADER)
def test_what_igmp_version_3_adds(data: bytes) -> None:
    ih, grec = igmp_view(bytearray(data), 0), grec_view(bytearray(data), 0)
    assert ih.suppress() is (data[8] & 8 != 0)
    assert (ih.qrv(), ih.qqic(), ih.nsrcs()) == (data[8] & 7, data[9], data[10] << 8 | data[11])
    assert ih.src(1) == int.from_bytes(data[16:20], "big")
    assert grec.grec_src(2) == int.from_bytes(data[16:20], "big")
    assert grec.len() == 8 + 4 * (data[2] << 8 | data[3]) + 4 * data[1]
    buf = bytearray(64)
    grec_view(buf, 0).set_grec_src(3, 0xE0000016)
    assert buf == bytes(20) + b"\xe0\0\0\x16" + bytes(40)


@pytest.mark.parametrize(("code", "tenths"), [(0, 0), (127, 127), (128, 128), (255, 31744)])
def test_igmpv3_codes_are_floats_above_127(code: int, tenths: int) -> None:
    assert igmpv3_mrc(code) == tenths
