"""Fixtures of the routing layer's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit.tcp_peer import dut
from tests.net.ipv4.route_kit import RouteHost

__all__ = ["dut"]


@pytest.fixture
def rhost() -> Iterator[RouteHost]:
    with RouteHost() as h:
        yield h
