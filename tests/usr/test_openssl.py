"""OpenSSL's random numbers in a program are the program's luck; outside they are real."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from softnet.usr import openssl
from tests.kit.programs import Bench

pytestmark = pytest.mark.skipif(not openssl.source.find(), reason="this OpenSSL hides RAND")


def test_two_equal_worlds_draw_the_same(bench: Any) -> None:
    def drawn(seed: int) -> bytes:
        other = Bench(seed)
        try:
            got: bytes = other.run(lambda: ssl.RAND_bytes(40))
        finally:
            other.close()
        return got

    assert drawn(1) == drawn(1) != drawn(2)
    assert len(drawn(1)) == 40


def test_outside_it_is_real(bench: Any) -> None:
    assert ssl.RAND_bytes(16) != ssl.RAND_bytes(16)
    assert ssl.RAND_status()
