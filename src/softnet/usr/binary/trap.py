"""The C extension native/_trap, and what stands in for it where it was not built."""

from __future__ import annotations

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
