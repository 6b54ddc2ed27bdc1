"""Callbacks of the garbage collector run outside the simulation, wherever it strikes.

gc.callbacks are the real program's: Hypothesis takes the time in one. When the collector runs is
nothing that a seed decides, so a callback that looked at a host's clock would move it at random.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

from softnet.usr.redef import kernel_call

Callback = Callable[..., object]  # (phase, info)


class Outside:
    """Stands in gc.callbacks for one that was there; equal to it, so that it can be removed."""

    __slots__ = ("callback",)

    __hash__ = None  # type: ignore[assignment]  # it has two identities

    def __init__(self, callback: Callback) -> None:
        self.callback = callback

    def __call__(self, phase: str, info: dict[str, int]) -> Any:
        return kernel_call(self.callback, phase, info)

    def __eq__(self, other: object) -> bool:
        return other is self or other == self.callback


def install() -> None:
    """Wrap those that are there."""
    gc.callbacks[:] = [Outside(c) for c in gc.callbacks]


def uninstall() -> None:
    """Unwrap those that are left; newer ones stay as they are."""
    gc.callbacks[:] = [c.callback if isinstance(c, Outside) else c for c in gc.callbacks]
