"""Streams of luck."""

from __future__ import annotations

from hashlib import blake2s

import pytest

from softnet.machine.entropy import RandomStream


def test_seed_and_name_decide() -> None:
    a = RandomStream(7, "host:h1").bytes(100)
    assert a == RandomStream(7, "host:h1").bytes(100)
    assert a != RandomStream(8, "host:h1").bytes(100)
    assert a != RandomStream(7, "host:h2").bytes(100)


def test_the_numbers_are_these_for_ever() -> None:
    """A stored seed must replay on every version: changing this breaks every recorded run."""
    key = blake2s(b"1:x").digest()
    block = blake2s(bytes(8), key=key).digest()
    assert block.hex()[:8] == "f2756978"
    r = RandomStream(1, "x")
    assert r.bytes(4) == block[:4]
    assert r.u32() == int.from_bytes(block[4:8], "big")
    assert r.u64() == int.from_bytes(block[8:16], "little")
    assert r.below(1000) == int.from_bytes(block[16:22], "big") % 1000
    assert r.uniform53() == (int.from_bytes(block[22:29], "big") >> 3) / 2**53
    following = blake2s((1).to_bytes(8, "little"), key=key).digest()
    assert r.u32() == int.from_bytes(following[:4], "big"), "a block's odd bytes are not used"


def test_bytes_do_not_depend_on_how_they_are_asked_for() -> None:
    a, b = RandomStream(1, "x"), RandomStream(1, "x")
    assert a.bytes(70) == b"".join(b.bytes(n) for n in (1, 31, 2, 30, 6))


def test_ranges() -> None:
    r = RandomStream(3, "ranges")
    assert all(0 <= r.u32() < 1 << 32 for _ in range(200))
    assert all(0 <= r.u64() < 1 << 64 for _ in range(200))
    assert all(0.0 <= r.uniform53() < 1.0 for _ in range(200))
    assert {r.below(3) for _ in range(200)} == {0, 1, 2}
    assert r.below(1) == 0
    assert 0 <= r.below(1 << 48) < 1 << 48


def test_below_refuses_what_it_cannot_draw_from() -> None:
    r = RandomStream(3, "x")
    with pytest.raises(AssertionError):
        r.below(0)
    with pytest.raises(AssertionError):
        r.below((1 << 48) + 1)


def test_chance_has_about_its_probability() -> None:
    r = RandomStream(11, "dice")
    hits = sum(r.chance(0.3) for _ in range(4000))
    assert 1080 < hits < 1320
    assert not any(r.chance(0.0) for _ in range(50))
    assert all(r.chance(1.0) for _ in range(50))


def test_mean_and_spread_of_uniform53() -> None:
    r = RandomStream(5, "u")
    xs = [r.uniform53() for _ in range(4000)]
    mean = sum(xs) / len(xs)
    assert abs(mean - 0.5) < 0.02
    assert abs(sum((x - mean) ** 2 for x in xs) / len(xs) - 1 / 12) < 0.005
