"""What the answers to system calls have in common."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

PASS = -(1 << 62)  # let the real kernel make the call
GONE = PASS + 1  # it was answered, or its thread is no more

# (thread: process.Thread, args) -> value; process.py stands above, so it cannot be named here.
Answer = Callable[[Any, tuple[int, ...]], int]


def error(code: int) -> OSError:
    """An OSError in the system's words."""
    return OSError(code, os.strerror(code))


def signed(value: int) -> int:
    """A C int that came in a register."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def invalid() -> OSError:
    """EINVAL"""
    return error(errno.EINVAL)
