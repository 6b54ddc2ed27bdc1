"""Doors to the real world that a simulated program must not open: caught and named.

CPython announces them as audit events. An escape would stop the whole simulation for as long as it
takes, cost no virtual time and differ from run to run.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from types import FrameType

from softnet.usr.errors import EscapedError
from softnet.usr.task import current_process, me

STDLIB = sysconfig.get_path("stdlib")
OURS = os.path.dirname(__file__)
ON_A_SOCKET = ("socket.bind", "socket.connect", "socket.sendto", "socket.sendmsg")
DOORS = {
    "socket.__new__": "a real socket",
    "socket.bind": "a real socket",
    "socket.connect": "a real socket",
    "socket.sendto": "a real socket",
    "socket.sendmsg": "a real socket",
    "socket.getaddrinfo": "the real resolver",
    "socket.gethostbyname": "the real resolver",
    "socket.gethostbyaddr": "the real resolver",
    "socket.getnameinfo": "the real resolver",
    "os.fork": "a real process",
    "os.forkpty": "a real process",
    "os.spawn": "a real process",
    "os.exec": "a real process",
    "pty.spawn": "a real process",
}


def on_audit(event: str, args: object) -> None:
    """An audit event in a simulated program's own code; raises for an escape."""
    what = DOORS.get(event)
    if what is None:
        return
    if event in ON_A_SOCKET and isinstance(args, tuple) and args[0].fileno() < 0:
        return  # it is closed: the real call says so
    if current_process() is not None:
        raise escaped(what, event, args)


def escaped(what: str, event: str, args: object) -> EscapedError:
    """Who wanted what, where."""
    thread = me()
    return EscapedError(
        f"host {thread.process.host.machine.name!r}: {thread.task.name} asks for {what} ({event}"
        f"{args!r}) at {call_site(sys._getframe(2))}"
    )


def call_site(frame: FrameType | None) -> str:
    """file:line of the nearest frame that is neither the standard library's nor ours."""
    first = frame
    while frame is not None:
        name = frame.f_code.co_filename
        elsewhere = not name.startswith((STDLIB, "<frozen")) or "site-packages" in name
        if elsewhere and not name.startswith(OURS):
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back
    return f"{first.f_code.co_filename}:{first.f_lineno}" if first is not None else "?"
