"""Fixtures of the e1000's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.drivers.net.e1000.kit import Pair


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two hosts, up; afterwards nothing may be left mapped, and no napi in between."""
    p = Pair()
    yield p
    p.check()
