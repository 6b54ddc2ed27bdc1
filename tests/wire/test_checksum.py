"""The checksum of whole messages: RFC 1071, and packets that were once on a wire."""

from __future__ import annotations

import softnet.uapi.in_ as in_
from softnet.wire.checksum import checksum, transport_checksum


def test_the_example_of_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
    assert checksum(b"") == 0xFFFF


def test_sound_data_sums_to_zero() -> None:
    header = bytes.fromhex("45000073000040004011b861c0a80001c0a800c7")
    assert checksum(header) == 0
    assert checksum(bytearray(header[:10] + b"\0\0" + header[12:])) == 0xB861


def test_a_segment_is_summed_with_its_pseudo_header() -> None:
    datagram = bytes.fromhex("0035 0035 000a 0000 6869")
    check = transport_checksum(0x0A000001, 0x0A000002, in_.IPPROTO_UDP, datagram)
    words = [0x0A00, 0x0001, 0x0A00, 0x0002, 17, 10, 0x35, 0x35, 10, 0x6869]
    assert check == 0xFFFF - sum(words)
    sound = datagram[:6] + check.to_bytes(2, "big") + datagram[8:]
    assert transport_checksum(0x0A000001, 0x0A000002, in_.IPPROTO_UDP, sound) == 0
