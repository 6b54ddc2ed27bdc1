"""The tools by name: what host.sh() can run."""

from __future__ import annotations

from collections.abc import Callable

from softnet.tools import cat, ip, ping, ss, traceroute
from softnet.tools.terminal import Terminal

TOOLS: dict[str, Callable[[Terminal], int]] = {
    "cat": cat.main,
    "ip": ip.main,
    "ping": ping.main,
    "ss": ss.main,
    "traceroute": traceroute.main,
}
