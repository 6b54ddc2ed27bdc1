"""csum.py against RFC 1071's own example and a sum done word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import softnet.arch.csum as csum

BYTES = st.binary(max_size=99)
EVEN = st.binary(max_size=49).map(lambda b: b + b[::-1])
U16 = st.integers(0, 0xFFFF)


def checksum(data: bytes) -> int:
    """RFC 1071 4.1, as slowly and plainly as possible."""
    total = 0
    for i, byte in enumerate(data):
        total += byte << 8 if i % 2 == 0 else byte
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def of(data: bytes) -> int:
    return csum.csum_fold(csum.csum_partial(data, 0, len(data), 0))


def test_the_example_of_rfc_1071() -> None:
    data = bytes.fromhex("0001f203f4f5f6f7")
    assert csum.csum_partial(data, 0, 8, 0) == 0xDDF2
    assert of(data) == 0xFFFF - 0xDDF2


@given(data=BYTES)
def test_any_block_sums_as_word_by_word(data: bytes) -> None:
    assert of(data) == checksum(data)


def test_only_zeros_sum_to_zero() -> None:
    assert csum.csum_partial(bytes(10), 0, 10, 0) == 0
    assert csum.csum_partial(b"\xff\xff", 0, 2, 0) == 0xFFFF
    assert csum.csum_partial(b"\xff\xff", 0, 2, 0xFFFFFFFF) == 0xFFFF


@given(head=BYTES, tail=BYTES)
def test_blocks_join_at_any_offset(head: bytes, tail: bytes) -> None:
    s = csum.csum_partial(head, 0, len(head), 0)
    t = csum.csum_partial(tail, 0, len(tail), 0)
    whole = csum.csum_block_add(s, t, len(head))
    assert csum.csum_fold(whole) == checksum(head + tail)
    rest = csum.csum_fold(csum.csum_block_sub(whole, t, len(head)))
    assert rest in {checksum(head), checksum(head) ^ 0xFFFF if not any(head) else checksum(head)}


@given(data=EVEN, more=EVEN)
def test_sub_takes_back_what_add_gave(data: bytes, more: bytes) -> None:
    s = csum.csum_partial(b"\x12\x34" + data, 0, len(data) + 2, 0)
    t = csum.csum_partial(more, 0, len(more), 0)
    assert csum.csum_fold(csum.csum_sub(csum.csum_add(s, t), t)) == csum.csum_fold(s)


@given(data=EVEN, check=U16)
def test_a_block_with_its_checksum_verifies(data: bytes, check: int) -> None:
    block = bytearray(data + b"\0\0" + b"\x45\x00")
    check = of(bytes(block))
    block[len(data) : len(data) + 2] = check.to_bytes(2, "big")
    assert of(bytes(block)) == 0


@given(
    data=st.binary(min_size=8, max_size=40).filter(lambda b: len(b) % 2 == 0),
    new=st.binary(min_size=4, max_size=4),
    at=st.integers(0, 9),
)
def test_replacing_words_is_recomputing(data: bytes, new: bytes, at: int) -> None:
    block = b"\x45\x00" + data  # never all zeros: RFC 1624 section 3
    at = 2 + 2 * at % (len(data) - 2)
    changed = block[:at] + new + block[at + 4 :]
    old32, new32 = int.from_bytes(block[at : at + 4], "big"), int.from_bytes(new, "big")
    assert csum.csum_replace4(of(block), old32, new32) == of(changed)
    first = csum.csum_replace2(of(block), old32 >> 16, new32 >> 16)
    assert csum.csum_replace2(first, old32 & 0xFFFF, new32 & 0xFFFF) == of(changed)


@given(
    saddr=st.integers(0, 0xFFFFFFFF),
    daddr=st.integers(0, 0xFFFFFFFF),
    proto=st.integers(0, 255),
    data=BYTES,
)
def test_the_pseudo_header(saddr: int, daddr: int, proto: int, data: bytes) -> None:
    pseudo = saddr.to_bytes(4, "big") + daddr.to_bytes(4, "big") + bytes((0, proto))
    pseudo += len(data).to_bytes(2, "big")
    s = csum.csum_partial(data, 0, len(data), 0)
    assert csum.csum_tcpudp_magic(saddr, daddr, len(data), proto, s) == checksum(pseudo + data)


def test_an_ip_header_verifies_to_zero() -> None:
    header = bytes.fromhex("45000073000040004011b861c0a80001c0a800c7")
    assert csum.ip_fast_csum(header, 0, 5) == 0
    assert csum.ip_fast_csum(b"pad" + header, 3, 5) == 0
