"""Quantities as people write them, and what a wrong one is answered with."""

from __future__ import annotations

import pytest

from softnet.lab.errors import LabError
from softnet.lab.units import (
    chance,
    rate_bps,
    show_chance,
    show_rate,
    show_time,
    size_bytes,
    time_ns,
)


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (rate_bps, "10mbit", 10_000_000),
        (rate_bps, "1.5 Gbit", 1_500_000_000),
        (rate_bps, "64kibit", 65536),
        (rate_bps, "1mbps", 8_000_000),
        (rate_bps, 9600, 9600),
        (time_ns, "20ms", 20_000_000),
        (time_ns, "1.5s", 1_500_000_000),
        (time_ns, "300us", 300_000),
        (time_ns, 2, 2_000_000_000),
        (time_ns, "1h", 3_600_000_000_000),
        (chance, "1%", 0.01),
        (chance, "0.25", 0.25),
        (chance, "100%", 1.0),
        (size_bytes, "64kb", 65536),
        (size_bytes, 1500, 1500),
    ],
)
def test_reads(read, text, value) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (rate_bps, "10mbits", "no unit 'mbits'"),
        (rate_bps, "fast", "write something like 10mbit"),
        (time_ns, "20 parsec", "no unit 'parsec'"),
        (time_ns, -1, "negative"),
        (chance, 5, "write '5%'"),
        (chance, "200%", "write '100%'"),
        (chance, None, "no quantity"),
        (size_bytes, True, "no quantity"),
    ],
)
def test_errors_say_what_to_write(read, text, words) -> None:
    with pytest.raises(LabError, match=words):
        read(text)


def test_shows() -> None:
    assert [show_rate(r) for r in (10**7, 64_000, 1234, 0)] == [
        "10mbit",
        "64kbit",
        "1234bit",
        "no limit",
    ]
    assert [show_time(t) for t in (2 * 10**9, 1_500_000, 300)] == ["2s", "1.5ms", "0.3us"]
    assert [show_chance(p) for p in (0.01, 0.0005, 1.0)] == ["1%", "0.05%", "100%"]
