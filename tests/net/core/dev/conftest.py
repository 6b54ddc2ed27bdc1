"""Fixtures of the device layer's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.net.core.dev.kit import DevHost


@pytest.fixture
def host() -> Iterator[DevHost]:
    with DevHost() as h:
        yield h


@pytest.fixture
def smp() -> Iterator[DevHost]:
    with DevHost(ncpus=4) as h:
        yield h
