"""Put the door in place and run a program behind it.

    install(stack)                  this process lives on stack's host from now on
    status = run(stack, words)      words: PROGRAM ARGS or -m MODULE ARGS

Before install() nothing may have imported socket: what did keeps the real one.
"""

from __future__ import annotations

import atexit
import importlib.machinery
import os
import posix
import runpy
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from softnet.usr.door import files, foreign, tls
from softnet.usr.door.kernel import Kernel, Stack
from softnet.usr.door.module import make_module
from softnet.usr.door.pump import Pump
from softnet.usr.door.remote import Remote, Server, become_child
from softnet.usr.door.sock import here
from softnet.usr.door.spawned import patch_multiprocessing


class AfterImport(MetaPathFinder):
    """Calls patch(module) when a module was imported."""

    def __init__(self, patches: dict[str, Any]) -> None:
        self.patches = patches

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> Any:
        """The real spec, with a loader that patches."""
        patch = self.patches.get(fullname)
        if patch is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = PatchingLoader(spec.loader, patch)
        return spec


class PatchingLoader(Loader):
    """Loads as another loader does, then patches."""

    def __init__(self, loader: Any, patch: Any) -> None:
        self.loader = loader
        self.patch = patch

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def create_module(self, spec: Any) -> ModuleType | None:
        """As the other does."""
        module: ModuleType | None = self.loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """As the other does; then the patch."""
        self.loader.exec_module(module)
        self.patch(module)


# s: a system call is Python here, and threads shall get on beside each other as on two processors.
SWITCH_INTERVAL = 0.0001
PATCHES = {
    "ssl": tls.patch,
    "OpenSSL.SSL": foreign.patch_pyopenssl,
    "multiprocessing.util": patch_multiprocessing,
}


def install(stack: Stack) -> None:
    """Replace _socket and what goes with it, for good."""
    here.kernel = Kernel(stack)
    pump = Pump(here.kernel)
    server = Server(here.kernel, pump)
    here.address = server.address
    pump.start()
    lead(lambda: become_child(here.kernel, pump, server))


def join(address: bytes) -> None:
    """The same in a process that another one executed: its stack is at address."""
    here.kernel = Remote(address, {})
    here.address = address

    def child() -> Remote:
        assert isinstance(here.kernel, Remote)
        return here.kernel.forked()

    lead(child)


def lead(child: Callable[[], Remote]) -> None:
    """Lead all calls to here.kernel; child() makes a forked child's."""
    early = [name for name in ("socket", "ssl", *PATCHES) if name in sys.modules]
    assert not early, f"{early} came before the door"

    def in_child() -> None:
        here.kernel = child()

    # No call is half done at the fork.
    os.register_at_fork(
        before=lambda: here.kernel.lock.acquire(),
        after_in_parent=lambda: here.kernel.lock.release(),
        after_in_child=in_child,
    )
    # Nor at the end, when threads stop wherever they are and destructors still close sockets.
    atexit.register(lambda: here.kernel.lock.acquire())
    sys.setswitchinterval(SWITCH_INTERVAL)
    sys.modules["_socket"] = make_module()
    sys.meta_path.insert(0, AfterImport(PATCHES))
    files.install(posix)


def run(stack: Stack, words: list[str]) -> int:
    """Run PROGRAM ARGS or -m MODULE ARGS as the interpreter would; its exit code."""
    install(stack)
    try:
        if words[0] == "-m":
            sys.argv = words[1:]
            sys.path.insert(0, os.getcwd())
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = words
            sys.path.insert(0, str(Path(words[0]).resolve().parent))
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as e:
        if e.code is None or isinstance(e.code, int):
            return e.code or 0
        sys.stderr.write(f"{e.code}\n")
        return 1
    return 0
