"""Processes that multiprocessing starts anew live on their parent's host, too.

Its methods "spawn" and "forkserver" execute a new Python with a line of code (-c). Here that line
begins with another, which puts the door in place as in a forked child: the new process calls the
parent's stack (remote.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from softnet.usr.door.sock import here

ROOT = str(Path(__file__).resolve().parents[3])  # where the package softnet lies
ALONE = "multiprocessing.resource_tracker"  # works without sockets


def patch_multiprocessing(module: Any) -> None:
    """multiprocessing.util: what it executes joins this process's host."""
    theirs = module.spawnv_passfds

    def spawnv_passfds(path: Any, args: Any, passfds: Any) -> Any:
        return theirs(path, joining(list(args)), passfds)

    module.spawnv_passfds = spawnv_passfds


def joining(args: list[Any]) -> list[Any]:
    """The words of a Python's command line, which puts the door in place first."""
    if "-c" in args[:-1]:
        at = args.index("-c") + 1
        if ALONE not in args[at]:
            args[at] = (
                f"import sys; sys.path.append({ROOT!r}); from softnet.usr.door.start import join; "
                f"join({here.address!r}); {args[at]}"
            )
    return args
