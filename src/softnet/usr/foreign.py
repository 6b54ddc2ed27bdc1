"""Packages that talk to the kernel by themselves, in C: mapped to what is simulated, or refused by name.

uvloop becomes asyncio's own loop. trio's cache of idle threads is one for all of Python: here each
process has its own, as a thread of another's would work on that one's host. The others would open
real sockets behind Python's back, or block the whole simulation: whoever calls them is told. Rows
apply once their package is imported, be that before the lab or in it.
"""

from __future__ import annotations

import asyncio
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from types import ModuleType
from typing import Any

from softnet.usr.clock import original
from softnet.usr.errors import EscapedError
from softnet.usr.redef import user_call
from softnet.usr.task import me


def new_event_loop() -> Any:
    """uvloop.new_event_loop()"""
    return user_call(asyncio.SelectorEventLoop)


def run(main: Any, *, loop_factory: Any = None, debug: Any = None, **kwargs: Any) -> Any:
    """uvloop.run()"""
    return user_call(asyncio.run, main, debug=debug)


def start_thread_soon(cache: Any, fn: Any, deliver: Any, name: Any = None) -> None:
    """trio's ThreadCache.start_thread_soon()"""
    process = me().process
    if process.workers is None:
        process.workers = type(cache)()
    user_call(original(TRIO + ".ThreadCache.start_thread_soon"), process.workers, fn, deliver, name)


def refuse(what: str, instead: str) -> Callable[..., Any]:
    """A replacement that says no."""

    def refused(*args: Any, **kwargs: Any) -> Any:
        raise EscapedError(
            f"host {me().process.host.machine.name!r}: {what} opens its own sockets in C, which"
            f" softnet cannot simulate; {instead}"
        )

    return refused


TRIO = "trio._core._thread_cache"
FOREIGN: dict[str, tuple[tuple[str, Callable[..., Any]], ...]] = {
    "uvloop": (("new_event_loop", new_event_loop), ("run", run)),
    TRIO: (("ThreadCache.start_thread_soon", start_thread_soon),),
    "pycares": (
        ("Channel.__init__", refuse("pycares", "use aiohttp.ThreadedResolver or dnspython")),
    ),
    "gevent.monkey": (("patch_all", refuse("gevent", "use threads: they are greenlets here")),),
    "grpc": (
        ("insecure_channel", refuse("grpc", "use a client in pure Python")),
        ("secure_channel", refuse("grpc", "use a client in pure Python")),
        ("server", refuse("grpc", "use a server in pure Python")),
    ),
    "psycopg2": (("connect", refuse("psycopg2 (libpq)", "use pg8000 or asyncpg")),),
}


def rows(module: str) -> list[tuple[str, Any, Callable[..., Any]]]:
    """(key, function, replacement) of what a loaded package has of its rows."""
    loaded = sys.modules.get(module)
    found = []
    for name, replacement in FOREIGN.get(module, ()):
        owner: Any = loaded
        for part in name.split("."):
            owner = getattr(owner, part, None)
        if hasattr(owner, "__code__") and not owner.__code__.co_freevars:
            found.append((f"{module}.{name}", owner, replacement))
    return found


class Watcher(MetaPathFinder):
    """Stands first in sys.meta_path while labs are open; sees a package of the table arrive."""

    def __init__(self, arrived: Callable[[str], None]) -> None:
        self.arrived = arrived
        self.busy = False

    def find_spec(
        self, fullname: str, path: Any = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec that everybody else finds, with a loader that tells."""
        if fullname not in FOREIGN or self.busy:
            return None
        self.busy = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self.busy = False
        if spec is not None and spec.loader is not None:
            spec.loader = Teller(spec.loader, self.arrived)
        return spec


class Teller(Loader):
    """A loader that tells when its module is there."""

    def __init__(self, loader: Any, arrived: Callable[[str], None]) -> None:
        self.loader = loader
        self.arrived = arrived

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """The real one's."""
        module: ModuleType | None = self.loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """The real one's, then tell."""
        self.loader.exec_module(module)
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        module.__loader__ = self.loader
        self.arrived(module.__name__)
