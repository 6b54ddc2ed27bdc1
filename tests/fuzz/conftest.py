"""A host whose card is fed with whatever a test makes up, the buffer sanitizer watching."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from softnet.net.core.skb_debug import SkbDebug, skb_sanitizer
from tests.kit.wire_host import WireHost


@pytest.fixture
def debug() -> Iterator[SkbDebug]:
    with skb_sanitizer() as run:
        yield run


@pytest.fixture
def dut(debug: SkbDebug) -> WireHost:
    return WireHost()
