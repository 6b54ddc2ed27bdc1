"""The packet-buffer sanitizer as a fixture. In a conftest.py or a test module:

    from tests.kit.sanitizer import skb_debug  # noqa: F401  a fixture is used by name
    pytestmark = pytest.mark.usefixtures("skb_debug")

A test that frees twice, uses what it freed, or leaves an skb alive then fails and names the lines.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from softnet.net.core.skb_debug import SkbDebug, skb_debug_disable, skb_debug_enable


@pytest.fixture
def skb_debug() -> Iterator[SkbDebug]:
    """On for the test; at its end everything is verified and nothing may be alive."""
    debug = skb_debug_enable()
    try:
        yield debug
        debug.verify()
        assert debug.leaks() == []
    finally:
        skb_debug_disable()
