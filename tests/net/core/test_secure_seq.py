"""Keyed hashes: the reference vectors, and what hangs on the key."""

from __future__ import annotations

from softnet.net.core.secure_seq import (
    hsiphash_3words,
    jhash_3words,
    secure_ipv4_port_ephemeral,
    secure_tcp_sequence_number,
)

KEY = (0x03020100, 0x07060504)
ADDRESSES = (0x0A000001, 0x0A000002, 40000, 80)


def test_reference_vector_of_twelve_bytes() -> None:
    """HalfSipHash-2-4 of 00 01 … 0b under the key 00 … 07, from its authors' vectors.h."""
    assert hsiphash_3words(0x03020100, 0x07060504, 0x0B0A0908, *KEY) == 0x2F87F057


def test_isn_moves_by_one_each_64_ns() -> None:
    first = secure_tcp_sequence_number(*KEY, 0, *ADDRESSES)
    assert secure_tcp_sequence_number(*KEY, 63, *ADDRESSES) == first
    assert secure_tcp_sequence_number(*KEY, 6400, *ADDRESSES) == (first + 100) % 2**32


def test_isn_of_another_connection_or_key_is_unrelated() -> None:
    first = secure_tcp_sequence_number(*KEY, 0, *ADDRESSES)
    others = [
        secure_tcp_sequence_number(*KEY, 0, 0x0A000001, 0x0A000002, 40001, 80),
        secure_tcp_sequence_number(*KEY, 0, 0x0A000001, 0x0A000003, 40000, 80),
        secure_tcp_sequence_number(KEY[0] ^ 1, KEY[1], 0, *ADDRESSES),
    ]
    for other in others:
        assert bin(first ^ other).count("1") > 4
    assert len({first, *others}) == 4


def test_port_search_depends_on_the_destination() -> None:
    starts = {secure_ipv4_port_ephemeral(*KEY, 1, 2, port) for port in range(100)}
    assert len(starts) == 100
    assert all(0 <= start < 2**32 for start in starts)


def test_jhash_spreads_its_bits() -> None:
    values = [jhash_3words(1 << i, 0, 0, 0) for i in range(32)]
    assert len({value & 0xFF for value in values}) > 24
    assert all(0 <= value < 2**32 for value in values)
