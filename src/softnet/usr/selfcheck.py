"""Does every row of the table do here what it says? For the tests, and for softnet doctor.

A row is fine when its replacement is called for a simulated program's call, and for nobody else's,
and when the definition is as it was once everything is off.
"""

from __future__ import annotations

import _queue
import _thread
import importlib
import random
import select
import socket
import ssl
from collections.abc import Callable
from typing import Any, NamedTuple

from softnet.usr.patch import definition, install, installer, uninstall
from softnet.usr.redef import (
    AFTER,
    FD,
    SIM_FD,
    Context,
    add_waiters,
    epoll_set,
    sock_set,
    switch_in,
    switch_out,
    user_call,
)
from softnet.usr.table import PYTHON, ROWS, Row

NOBODY = SIM_FD + 12345  # a simulated descriptor that no program has


class Verdict(NamedTuple):
    """What was found about a row."""

    key: str
    status: str  # "ok", "absent" (not on this Python), or what is wrong


class NoTask:
    """What the scheduler would hand to the hooks."""

    def __init__(self) -> None:
        self.usr = Context()


def check_table() -> list[Verdict]:
    """A verdict for each row. Labs may be open; then only that all is put back is left out."""
    install()
    try:
        verdicts = [Verdict(row.key(), check(row)) for row in ROWS]
    finally:
        uninstall()
    if installer.count == 0:
        verdicts = [
            Verdict(v.key, "still on") if v.status == "ok" and is_on(v.key) else v for v in verdicts
        ]
    return verdicts


def is_on(key: str) -> bool:
    """Is that redirect in force?"""
    return bool(installer.redirects[key].enabled)


def check(row: Row) -> str:
    """One row: "ok", "absent" or what is wrong."""
    if not row.applies():
        return "absent"
    redirect = installer.redirects.get(row.key())
    if redirect is None or not redirect.enabled:
        return "not redirected"
    if row.rule == PYTHON:
        return "ok" if redirect.function.__code__ is redirect.trampoline else "other code"
    called: list[Any] = []
    real = redirect.replacement
    redirect.replacement = lambda *args, **kwargs: called.append(args)
    try:
        in_a_program(row, called)
    finally:
        redirect.replacement = real
    return "ok" if len(called) == 1 else f"called {len(called)} times"


def in_a_program(row: Row, called: list[Any]) -> None:
    """Call what the row is about as a simulated program's own code would."""
    function, args = callee(row)
    if row.rule == AFTER:
        add_waiters(1)
    switch_in(NoTask())
    try:
        user_call(attempt, function, args, called)
    finally:
        switch_out(NoTask())
        if row.rule == AFTER:
            add_waiters(-1)
        for thing in args:
            let_go(thing)


def attempt(function: Callable[..., Any], args: list[Any], called: list[Any]) -> None:
    """Call with what it takes: C looks at the number of arguments before anything else."""
    for more in ((), (None,)):
        try:
            function(*args, *more)
        except TypeError:
            if not called:
                continue
        return


def callee(row: Row) -> tuple[Callable[..., Any], list[Any]]:
    """What to call, and its first arguments."""
    found = definition(row)
    if "." not in row.name:
        return found, [NOBODY] if row.rule == FD else []
    kind, name = row.name.split(".")
    if type(found).__name__ in ("classmethod_descriptor", "classmethod"):
        return getattr(getattr(importlib.import_module(row.module), kind), name), []
    return found, [row.instance if row.instance is not None else MAKERS[kind](row)]


def held(make: Callable[[], Any]) -> Callable[[Row], Any]:
    """A lock that can be released, if that is what the row does."""

    def made(row: Row) -> Any:
        lock = make()
        if row.rule == AFTER:
            lock.acquire()
        return lock

    return made


def simulated_socket(row: Row) -> Any:
    """A socket with a simulated descriptor."""
    sock = socket.socket.__new__(socket.socket)
    sock_set(sock, NOBODY, int(socket.AF_INET), int(socket.SOCK_STREAM), 0, -1)
    return sock


def simulated_epoll(row: Row) -> Any:
    """An epoll object with a simulated descriptor."""
    epoll = select.epoll()
    epoll.close()
    epoll_set(epoll, NOBODY)
    return epoll


def let_go(thing: Any) -> None:
    """No descriptor of these is anybody's."""
    if isinstance(thing, socket.socket):
        sock_set(thing, -1, int(socket.AF_INET), int(socket.SOCK_STREAM), 0, -1)
    elif hasattr(thing, "poll"):
        epoll_set(thing, -1)


MAKERS: dict[str, Callable[[Row], Any]] = {
    "LockType": held(_thread.allocate_lock),
    "RLock": lambda row: _thread.RLock(),
    "_ThreadHandle": lambda row: vars(_thread)["_ThreadHandle"](),
    "SimpleQueue": lambda row: _queue.SimpleQueue(),
    "Random": lambda row: random.Random(),
    "_SSLContext": lambda row: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    "socket": simulated_socket,
    "epoll": simulated_epoll,
}
