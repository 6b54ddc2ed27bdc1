"""Those who look at a lab's hosts after every event: connection.py, trace_drops.py."""

from __future__ import annotations

from typing import Protocol

from softnet.machine.event import WorldTap
from softnet.usr import api as usr


class Watcher(Protocol):
    """Looks at hosts."""

    def after_event(self, host_id: int) -> None:
        """Something happened on that host; 0: on any."""


class WatcherTap(WorldTap):
    """Has a watcher look, as the lab's own code: an isolated program may have run just before."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher

    def after_event(self, host_id: int) -> None:
        """It happened."""
        usr.outside()
        self.watcher.after_event(host_id)
