"""install() and uninstall(): redirect what table.py lists, and put it back.

Counted: the first install() redirects, the last uninstall() leaves nothing changed. Redirects are
made once per Python process and switched on and off.
"""

from __future__ import annotations

import importlib
import select
import socket
import sys
import types
from collections.abc import Callable
from typing import Any

from softnet.usr import (
    clock,
    collector,
    foreign,
    openssl,
    paths,
    polling,
    resolver,
    sockcalls,
    sockends,
    sockets,
    threads,
)
from softnet.usr.escape import on_audit
from softnet.usr.mute import mute
from softnet.usr.redef import (
    NATIVE,
    Redirect,
    back_idents,
    check_layout,
    kernel_call,
    learn_types,
    set_mute_hook,
    set_outside_hook,
    set_slots,
    user_mode,
    watch_escapes,
)
from softnet.usr.stray import used_outside
from softnet.usr.table import PYTHON, ROWS, Row
from softnet.usr.task import IDENT_BASE, IDENTS_BACKED, registry
from softnet.usr.watchdog import watchdog

SOCKET_METHOD = "_socket.socket."
DIRECT = ("send", "recv_into")  # compiled, redef.c calls sockcalls.send_direct itself


class PythonRedirect:
    """A function written in Python: its code object is exchanged, so every copy follows."""

    __slots__ = ("code", "defaults", "function", "kwdefaults", "original", "trampoline")

    function: Any
    original: Callable[..., Any]

    def __init__(self, function: Any, replacement: Callable[..., Any]) -> None:
        self.function = function
        self.code = function.__code__
        self.defaults = function.__defaults__
        self.kwdefaults = function.__kwdefaults__
        original = types.FunctionType(
            self.code, function.__globals__, function.__name__, self.defaults, function.__closure__
        )
        original.__kwdefaults__ = self.kwdefaults
        self.original = original

        def choose(*args: Any, **kwargs: Any) -> Any:
            if user_mode():
                return kernel_call(replacement, *args, **kwargs)
            return original(*args, **kwargs)

        name = f"_softnet_{function.__name__}"
        function.__globals__[name] = choose
        self.trampoline = call_choose.__code__.replace(
            co_names=(name,), co_name=function.__name__, co_qualname=function.__qualname__
        )

    @property
    def enabled(self) -> bool:
        """Is it on?"""
        return self.function.__code__ is self.trampoline

    def enable(self) -> None:
        """Redirect from now on."""
        self.function.__defaults__ = None
        self.function.__kwdefaults__ = None
        self.function.__code__ = self.trampoline

    def disable(self) -> None:
        """Put the function back as it was."""
        self.function.__code__ = self.code
        self.function.__defaults__ = self.defaults
        self.function.__kwdefaults__ = self.kwdefaults


def call_choose(*args: Any, **kwargs: Any) -> Any:
    """The trampoline's code; its one global name is replaced."""
    return choose_by_name(*args, **kwargs)


def choose_by_name(*args: Any, **kwargs: Any) -> Any:
    """Stands for the name that PythonRedirect puts in its place."""
    raise AssertionError("the name is replaced before the code is used")


class Installer:
    """How often install() was called, and the redirects."""

    __slots__ = ("count", "redirects")

    count: int
    redirects: dict[str, Any]

    def __init__(self) -> None:
        self.count = 0
        self.redirects = {}

    def prepare(self) -> None:
        """Make every redirect; the first time only. RuntimeError on a Python unlike the known."""
        prove_layout()
        learn_types(socket.SocketType, select.epoll)
        back_idents(IDENT_BASE, IDENTS_BACKED)
        for row in ROWS:
            if row.applies():
                self.redirects[row.key()] = make(row)
        compiled: dict[str, object] = getattr(sockcalls, "__pyx_capi__", {}) if NATIVE else {}
        for name in DIRECT:
            if name + "_direct" in compiled:
                self.redirects[SOCKET_METHOD + name].set_direct(compiled[name + "_direct"])
        clock.originals.update(self.redirects)

    def arrived(self, module: str) -> None:
        """A package of foreign.py's table is loaded: its rows, on if the others are."""
        for key, function, replacement in foreign.rows(module):
            if key not in self.redirects:
                self.redirects[key] = PythonRedirect(function, replacement)
                clock.originals[key] = self.redirects[key]
            if self.count:
                self.redirects[key].enable()


installer = Installer()
watcher = foreign.Watcher(installer.arrived)


def definition(row: Row) -> Any:
    """The object that a row is about: a C function, a method descriptor, or a Python function."""
    owner: Any = importlib.import_module(row.module)
    *types_, name = row.name.split(".")
    for type_ in types_:
        owner = getattr(owner, type_)
        owner = getattr(owner, "__wrapped__", owner)  # redef_pure.py puts a class before it
    return owner.__dict__[name] if types_ else getattr(owner, name)


def make(row: Row) -> Any:
    """The redirect of a row, off."""
    if row.rule == PYTHON:
        return PythonRedirect(definition(row), row.replacement)
    return Redirect(definition(row), row.replacement, row.rule, row.instance)


def prove_layout() -> None:
    """Are socket and epoll objects laid out in memory as redef.c believes?"""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s, select.epoll() as e:
        s.settimeout(1.5)
        facts = (s.fileno(), int(s.family), int(s.type), s.proto, 1_500_000_000, e, e.fileno())
        if not check_layout(s, *facts):
            raise RuntimeError("this Python's sockets are laid out in a way softnet does not know")


def install() -> None:
    """Redirect. Again counts; undo each by uninstall()."""
    if installer.count == 0:
        if not installer.redirects:
            installer.prepare()
        for module in foreign.FOREIGN:
            installer.arrived(module)
        sys.meta_path.insert(0, watcher)
        for redirect in installer.redirects.values():
            redirect.enable()
        set_slots(
            True,
            sockends.sock_init,
            sockets.sock_finalize,
            polling.epoll_new,
            polling.epoll_gone,
        )
        set_mute_hook(mute)
        set_outside_hook(used_outside)
        paths.install()
        watch_escapes(on_audit)
        openssl.install()
        collector.install()
        watchdog.start()
    installer.count += 1


def uninstall() -> None:
    """Undo one install(); the last one puts every definition back."""
    assert installer.count > 0, "uninstall() without install()"
    installer.count -= 1
    if installer.count:
        return
    watchdog.stop()
    sys.meta_path.remove(watcher)
    watch_escapes(None)
    collector.uninstall()
    openssl.uninstall()
    sockends.forget_sockets()
    set_slots(False, None, None, None, None)
    for redirect in installer.redirects.values():
        redirect.disable()
    paths.uninstall()
    registry.clear()
    threads.forget_all()
    resolver.resolvers.clear()


def installed() -> bool:
    """Is it in force?"""
    return installer.count > 0
