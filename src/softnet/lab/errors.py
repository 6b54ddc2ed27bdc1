"""Errors that a lab's user makes, in words that say what to type instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LabError(ValueError):
    """The lab cannot do what was asked; the message says why and what would work."""


def unknown(kind: str, name: str, known: Iterable[str], where: str = "") -> LabError:
    """An error for a name that does not exist: the closest ones first."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        hint = "did you mean " + " or ".join(repr(c) for c in close) + "?"
    elif names:
        hint = "there is " + ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    else:
        hint = "there is none yet"
    return LabError(f"no {kind} {name!r}{where}: {hint}")


class TimeLimit(Exception):
    """The virtual time that `softnet run --until` allows is over."""


class HostCrashed(RuntimeError):
    """The host of the program that one waited for lost power."""
