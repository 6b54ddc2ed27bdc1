"""IPv4 headers: fields, and the checksum computed, verified, mended."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softnet.wire.checksum import checksum
from softnet.wire.ip import ip_view
from tests.wire.fields import HEADER, OFFSET, VALUE, Field, check_place, check_range, each_field

SOUND = st.integers(5, 15).flatmap(
    lambda ihl: st.binary(min_size=4 * ihl - 1, max_size=4 * ihl - 1).map(
        lambda rest: bytes((0x40 | ihl,)) + rest
    )
)
FIELDS = [
    ("tos", 1, 1),
    ("tot_len", 2, 2),
    ("id", 4, 2),
    ("frag_off", 6, 2),
    ("ttl", 8, 1),
    ("protocol", 9, 1),
    ("check", 10, 2),
    ("saddr", 12, 4),
    ("daddr", 16, 4),
]


@each_field(FIELDS)
@settings(max_examples=20)
@given(data=HEADER, off=OFFSET, value=VALUE)
def test_a_field_is_read_and_written_in_its_place(
    field: Field, data: bytes, off: int, value: bytes
) -> None:
    check_place(ip_view, field, data, off, value)


@each_field(FIELDS)
def test_what_does_not_fit_a_field(field: Field) -> None:
    check_range(ip_view, field)


def test_views_show_where_they_are() -> None:
    buf = bytearray(64)
    iph = ip_view(buf, 14)
    assert iph.buf is buf
    assert iph.off == 14


@given(data=HEADER, off=OFFSET)
def test_the_parts_of_an_ip_header_that_share_bytes(data: bytes, off: int) -> None:
    iph = ip_view(bytearray(data), off)
    assert iph.version() == data[off] >> 4
    assert iph.ihl() == data[off] & 15
    assert iph.hdrlen() == 4 * iph.ihl()
    fragment = int.from_bytes(data[off + 6 : off + 8], "big")
    assert iph.offset() == fragment % 0x2000 * 8
    assert iph.is_fragment() is (fragment & 0x3FFF != 0)


@pytest.mark.parametrize("n", [20, 24, 60])
def test_ip_header_lengths(n: int) -> None:
    buf = bytearray(60)
    ip_view(buf, 0).set_hdrlen(n)
    assert buf[0] == 0x40 + n // 4


@pytest.mark.parametrize("n", [16, 18, 22, 64])
def test_impossible_header_lengths(n: int) -> None:
    with pytest.raises(AssertionError):
        ip_view(bytearray(60), 0).set_hdrlen(n)


@given(header=SOUND, before=st.binary(max_size=3))
def test_send_check_makes_the_header_verify(header: bytes, before: bytes) -> None:
    buf = bytearray(before + header)
    iph = ip_view(buf, len(before))
    iph.send_check()
    assert iph.check_ok()
    assert checksum(bytes(buf[len(before) :])) == 0
    iph.set_check(iph.check() ^ 0x0100)
    assert not iph.check_ok()


@given(header=SOUND.filter(lambda h: h[8] > 0))
def test_decrease_ttl_is_recomputing(header: bytes) -> None:
    buf = bytearray(header)
    iph = ip_view(buf, 0)
    iph.send_check()
    ttl = iph.ttl()
    assert iph.decrease_ttl() == ttl - 1 == iph.ttl()
    mended = bytes(buf)
    iph.send_check()
    assert mended == bytes(buf)


def test_a_ttl_of_zero_cannot_decrease() -> None:
    with pytest.raises(AssertionError):
        ip_view(bytearray(20), 0).decrease_ttl()
