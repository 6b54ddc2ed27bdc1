"""Addresses as text."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softnet.wire.addr import ip_aton, ip_ntoa, mac_aton, mac_ntoa, parse_prefix, prefix_mask


@given(addr=st.integers(0, 0xFFFFFFFF))
def test_ip_addresses_read_as_the_library_reads_them(addr: int) -> None:
    text = str(ipaddress.IPv4Address(addr))
    assert ip_ntoa(addr) == text
    assert ip_aton(text) == addr


@pytest.mark.parametrize(
    "text", ["", "10.0.0", "10.0.0.0.1", "10.0.0.256", "10.0.0.x", "10.0.0.-1", "10.0.0.0001", " "]
)
def test_what_is_no_ip_address(text: str) -> None:
    with pytest.raises(ValueError, match="not an IPv4 address"):
        ip_aton(text)


@given(addr=st.binary(min_size=6, max_size=6))
def test_mac_addresses_round_trip(addr: bytes) -> None:
    assert mac_aton(mac_ntoa(addr)) == addr


def test_mac_addresses_as_people_write_them() -> None:
    assert mac_ntoa(bytes.fromhex("525400a1b2c3")) == "52:54:00:a1:b2:c3"
    assert mac_aton("52:54:0:A1:B2:c3") == bytes.fromhex("525400a1b2c3")


@pytest.mark.parametrize("text", ["", "52:54:00:12:34", "52-54-00-12-34-56", "g2:54:00:12:34:56"])
def test_what_is_no_mac_address(text: str) -> None:
    with pytest.raises(ValueError, match="not a MAC address"):
        mac_aton(text)


def test_prefixes() -> None:
    assert parse_prefix("10.1.2.3/8") == (0x0A010203, 8)
    assert parse_prefix("10.1.2.3") == (0x0A010203, 32)
    assert [prefix_mask(n) for n in (0, 1, 24, 32)] == [0, 0x80000000, 0xFFFFFF00, 0xFFFFFFFF]
    for text in ("10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x"):
        with pytest.raises(ValueError, match="not a prefix"):
            parse_prefix(text)
    with pytest.raises(ValueError, match="0 to 32"):
        prefix_mask(33)
