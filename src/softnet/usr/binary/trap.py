"""The C extension native/_trap, and what stands in for it where it was not built."""

from __future__ import annotations

import os
import signal
from types import ModuleType
from typing import Any

from softnet.usr import redef

NUMBERS: dict[str, int] = {}
found: list[ModuleType] = []
try:
    from softnet.usr.native import _trap

    NUMBERS = _trap.NUMBERS
    found.append(_trap)
except ImportError:
    found.clear()

NAMES = {nr: name for name, nr in NUMBERS.items()}
SIM_FD = redef.SIM_FD  # and with redef.py imported first, SOFTNET_NATIVE is searched


def native() -> Any:
    """The extension; RuntimeError, with what to do, if programs cannot be started here."""
    if not NUMBERS:
        raise RuntimeError(
            "softnet was built without its C extension softnet.usr.native._trap, and real programs"
            " need it (Linux on x86-64 or arm64): install a C compiler and build again, or install"
            " a wheel"
        )
    return found[0]


def name_of(nr: int) -> str:
    """The name of a system call, or its number."""
    return NAMES.get(nr, f"system call {nr}")


def allowed() -> str:
    """Try whether programs can be started here; why not, "" if they can."""
    try:
        extension = native()
        null = os.open(os.devnull, os.O_RDWR)
        try:
            fds = (null, null, null)
            pid, pidfd, listener = extension.spawn(b"/", [b"/"], [], None, fds, [NUMBERS["execve"]])
        finally:
            os.close(null)
    except (OSError, RuntimeError) as e:
        return str(e)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(pidfd)
    os.close(listener)
    return ""
