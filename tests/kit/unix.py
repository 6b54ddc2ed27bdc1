"""UNIX sockets in tests' programs."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any


def unix(kind: int) -> socket.socket:
    """A UNIX socket."""
    return socket.socket(socket.AF_UNIX, kind)


def pair(kind: int) -> tuple[socket.socket, socket.socket]:
    """Two joined ones."""
    return socket.socketpair(socket.AF_UNIX, kind)


def error(fn: Callable[..., Any], *args: Any) -> Any:
    """The errno that fn(*args) fails with, 0 if it does not; its words if there is no errno."""
    try:
        fn(*args)
    except OSError as e:
        return e.errno if e.errno is not None else str(e)
    return 0


def once(kind: int, method: str, *args: Any) -> Any:
    """error() of one call on a socket of its own."""
    with unix(kind) as s:
        return error(getattr(s, method), *args)
