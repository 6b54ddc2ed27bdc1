"""Fixtures of the routing layer's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.net.ipv4.route_kit import RouteHost


@pytest.fixture
def rhost() -> Iterator[RouteHost]:
    with RouteHost() as h:
        yield h
