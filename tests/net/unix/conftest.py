"""Programs on simulated hosts; or, with SOFTNET_ON_KERNEL set, on the machine's own kernel.

    SOFTNET_ON_KERNEL=1 python -m pytest tests/net/unix

is how the answers in these tests were verified. What Linux 3.2 answers otherwise than later
kernels is marked `only_softnet`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.kit.programs import bench
from tests.kit.programs import net as simulated

__all__ = ["bench", "simulated"]

ON_KERNEL = bool(os.environ.get("SOFTNET_ON_KERNEL"))
only_softnet = pytest.mark.skipif(ON_KERNEL, reason="later kernels differ")


class Kernel:
    """Runs a program where it stands."""

    def run(self, fn: Callable[..., object], *args: object) -> object:
        result = fn(*args)
        for thread in threading.enumerate():
            if thread is not threading.current_thread():
                thread.join(10)
        return result


@pytest.fixture
def net(request: pytest.FixtureRequest) -> Any:
    """What runs a program."""
    return Kernel() if ON_KERNEL else request.getfixturevalue("simulated")
