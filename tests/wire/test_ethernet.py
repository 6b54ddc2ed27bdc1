"""Ethernet headers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from softnet.wire.ethernet import eth_view
from tests.wire.fields import HEADER, OFFSET, VALUE, Field, check_place, check_range, each_field

FIELDS = [
    ("h_dest", 0, 6),
    ("h_source", 6, 6),
    ("h_proto", 12, 2),
]


@each_field(FIELDS)
@settings(max_examples=20)
@given(data=HEADER, off=OFFSET, value=VALUE)
def test_a_field_is_read_and_written_in_its_place(
    field: Field, data: bytes, off: int, value: bytes
) -> None:
    check_place(eth_view, field, data, off, value)


@each_field(FIELDS)
def test_what_does_not_fit_a_field(field: Field) -> None:
    check_range(eth_view, field)


@pytest.mark.parametrize(
    ("dest", "multicast", "broadcast"),
    [
        ("ffffffffffff", True, True),
        ("01005e000001", True, False),
        ("fffffffffffe", True, False),
        ("feffffffffff", False, False),
        ("525400000001", False, False),
    ],
)
def test_whom_a_frame_is_for(dest: str, multicast: bool, broadcast: bool) -> None:
    addr = bytes.fromhex(dest)
    eth = eth_view(bytearray(b"xx" + addr + bytes(8)), 2)
    assert eth.dest_is_multicast() is multicast
    assert eth.dest_is_broadcast() is broadcast
    assert eth.dest_is(addr)
    assert not eth.dest_is(bytes(6))
