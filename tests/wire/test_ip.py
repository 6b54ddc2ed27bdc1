"""The checksum of an IPv4 header: computed, verified, mended."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softnet.wire.checksum import checksum
from softnet.wire.igmp import igmpv3_mrc
from softnet.wire.ip import ip_view

HEADER = st.integers(5, 15).flatmap(
    lambda ihl: st.binary(min_size=4 * ihl - 1, max_size=4 * ihl - 1).map(
        lambda rest: bytes((0x40 | ihl,)) + rest
    )
)


@given(header=HEADER, before=st.binary(max_size=3))
def test_send_check_makes_the_header_verify(header: bytes, before: bytes) -> None:
    buf = bytearray(before + header)
    iph = ip_view(buf, len(before))
    iph.send_check()
    assert iph.check_ok()
    assert checksum(bytes(buf[len(before) :])) == 0
    iph.set_check(iph.check() ^ 0x0100)
    assert not iph.check_ok()


@given(header=HEADER.filter(lambda h: h[8] > 0))
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


@pytest.mark.parametrize(("code", "tenths"), [(0, 0), (127, 127), (128, 128), (255, 31744)])
def test_igmpv3_codes_are_floats_above_127(code: int, tenths: int) -> None:
    assert igmpv3_mrc(code) == tenths
