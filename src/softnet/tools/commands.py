"""The tools by name: what host.sh() can run."""

from __future__ import annotations

from collections.abc import Callable

from softnet.tools import cat, ping, ss
from softnet.tools.terminal import Terminal

TOOLS: dict[str, Callable[[Terminal], int]] = {
    "cat": cat.main,
    "ping": ping.main,
    "ss": ss.main,
}
