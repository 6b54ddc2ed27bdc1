"""Private Python state for each host: Lab(isolate="modules").

A real machine has one interpreter for each program. Here all programs share one, and with it
sys.modules, os.environ, the working directory, the configuration of logging. With isolation, those
are a host's own, and sys.argv, sys.path, sys.stdout, sys.stderr and __main__ a process's own:

    shared          the standard library, site-packages, extension modules, softnet
    private         every other module: imported anew by each host that imports it

What a host sees is put in place when one of its threads is switched to and the last that ran was not
its; outside() puts back what the lab's own code had. A crash forgets everything.
"""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
import sysconfig
import types
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.redef import switch_in, switch_out
from softnet.usr.task import HostState, Process, me, registry

MAIN = "__main__"
OURS = str(Path(__file__).parent.parent) + os.sep
STDLIB = tuple({sysconfig.get_path(kind) + os.sep for kind in ("stdlib", "platstdlib")})
INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
LOGGER_FIELDS = ("level", "handlers", "propagate", "disabled", "filters")

LoggerState = dict[logging.Logger, tuple[Any, ...]]


def is_private(module: Any) -> bool:
    """Is that module one that each host has for itself?"""
    where = getattr(module, "__file__", None)
    if where is None:
        parts = getattr(module, "__path__", None)  # a namespace package
        where = next(iter(parts), None) if parts is not None else None
        if where is None:
            return False
        where += os.sep
    if not isinstance(where, str) or where.endswith(tuple(EXTENSION_SUFFIXES)):
        return False
    return not where.startswith((OURS, *STDLIB)) and not any(part in where for part in INSTALLED)


class Sink(io.RawIOBase):
    """Under a program's sys.stdout: keeps what was written, for the program and for its host."""

    def __init__(self, *kept: bytearray) -> None:
        super().__init__()
        self.kept = kept

    def writable(self) -> bool:
        """Nothing else."""
        return True

    def write(self, data: Any, /) -> int:
        """All of it."""
        part = bytes(data)
        for buffer in self.kept:
            buffer += part
        return len(part)


def console(*kept: bytearray) -> io.TextIOWrapper:
    """A text stream that nothing is held back in."""
    raw: Any = Sink(*kept)
    return io.TextIOWrapper(raw, "utf-8", newline="\n", write_through=True)


class Personal:
    """What each process of an isolated host has for itself."""

    __slots__ = ("argv", "err", "main", "out", "path", "stderr", "stdout")

    argv: list[str]
    path: list[str]
    stdout: Any
    stderr: Any
    main: Any

    def __init__(self, host_out: bytearray, host_err: bytearray) -> None:
        self.out, self.err = bytearray(), bytearray()
        self.stdout, self.stderr = console(self.out, host_out), console(self.err, host_err)
        begins = stage.outer if stage.personal is not None else sys
        self.argv, self.path = list(begins.argv), list(begins.path)
        self.main = types.ModuleType(MAIN)

    def enter(self) -> None:
        """Put it in place."""
        sys.argv, sys.path = self.argv, self.path
        sys.stdout, sys.stderr = self.stdout, self.stderr
        sys.modules[MAIN] = self.main

    def leave(self) -> None:
        """Remember what the program made of it."""
        self.argv, self.path = sys.argv, sys.path
        self.stdout, self.stderr = sys.stdout, sys.stderr
        self.main = sys.modules[MAIN]


class Logs:
    """The configuration of logging: of every logger, and the list of handlers."""

    __slots__ = ("disable", "handler_list", "handlers", "loggers", "raising")

    def __init__(self) -> None:
        """As in a program that has configured nothing."""
        self.loggers: LoggerState = {logging.root: (logging.WARNING, [], True, False, [])}
        self.disable = 0
        self.handlers: Any = type(logging._handlers)()  # type: ignore[attr-defined] # private
        self.handler_list: list[Any] = []
        self.raising = True

    def save(self) -> None:
        """Take it from logging, and leave there what an unconfigured program has."""
        self.loggers = {}
        for logger in (logging.root, *logging.root.manager.loggerDict.values()):
            if isinstance(logger, logging.Logger) and configured(logger):
                fields = vars(logger)
                self.loggers[logger] = tuple(fields[name] for name in LOGGER_FIELDS)
                logger.level, logger.handlers, logger.filters = 0, [], []
                logger.propagate, logger.disabled = True, False
        self.disable = logging.root.manager.disable
        names = vars(logging)
        self.handlers, self.handler_list = names["_handlers"], names["_handlerList"]
        self.raising = logging.raiseExceptions

    def load(self) -> None:
        """Put it in place."""
        for logger, values in self.loggers.items():
            for name, value in zip(LOGGER_FIELDS, values, strict=True):
                setattr(logger, name, value)
        logging.root.manager.disable = self.disable
        names = vars(logging)
        names["_handlers"], names["_handlerList"] = self.handlers, self.handler_list
        logging.raiseExceptions = self.raising
        logging.root.manager._clear_cache()  # type: ignore[attr-defined] # private


def configured(logger: logging.Logger) -> bool:
    """Has anybody set anything on it? The root always has its level."""
    return bool(
        logger.level or logger.handlers or logger.filters or logger.disabled or not logger.propagate
    )


class State:
    """What is a host's own; one more is the lab's."""

    __slots__ = ("count", "cwd", "environ", "logs", "modules")

    def __init__(self, environ: Any) -> None:
        self.modules: dict[str, Any] = {}  # the private ones
        self.count = 0  # of all modules, when they were put in place
        self.environ = environ  # the dict under os.environ
        self.cwd: str | None = None  # where it went by os.chdir()
        self.logs = Logs()

    def save(self) -> None:
        """What is in place is taken out and kept here."""
        if len(sys.modules) != self.count or not self.modules.keys() <= sys.modules.keys():
            self.modules = {
                name: module
                for name, module in list(sys.modules.items())
                if is_private(module) and name != MAIN
            }
        for name in self.modules:
            sys.modules.pop(name, None)
        self.environ = environ_data()
        self.logs.save()

    def load(self, home: str) -> None:
        """Put it in place. home: where the lab's own code is."""
        sys.modules.update(self.modules)
        self.count = len(sys.modules)
        os.environ._data = self.environ  # type: ignore[attr-defined] # private
        os.environb._data = self.environ  # type: ignore[attr-defined] # private
        self.logs.load()
        go(self.cwd or home)


def environ_data() -> Any:
    """The dict under os.environ and os.environb."""
    return os.environ._data  # type: ignore[attr-defined] # private


def go(folder: str) -> None:
    """chdir(), unless the folder is gone."""
    try:
        if os.getcwd() != folder:
            os.chdir(folder)
    except OSError:
        return


class Isolated(State):
    """A host's own state, and its processes'."""

    __slots__ = ("err", "out", "processes")

    def __init__(self) -> None:
        theirs = stage.theirs.environ if stage.host is not None else environ_data()
        State.__init__(self, dict(theirs))
        self.processes: dict[int, Personal] = {}  # by pid
        self.out, self.err = bytearray(), bytearray()  # of all its programs

    def personal(self, pid: int) -> Personal:
        """A process's own, made at first sight. It outlives the process: its output is asked for."""
        found = self.processes.get(pid)
        if found is None:
            found = self.processes[pid] = Personal(self.out, self.err)
        return found


class Outer(Personal):
    """What the lab's code has in the place of a process's own."""

    __slots__ = ()

    def __init__(self) -> None:
        self.leave()  # it has what is in place


class Stage:
    """Whose state is in place: the lab's (host and personal are None), or a process's."""

    __slots__ = ("home", "host", "outer", "personal", "theirs")

    def __init__(self) -> None:
        self.host: Isolated | None = None
        self.personal: Personal | None = None
        self.outer = Outer()
        self.theirs = State(environ_data())  # the lab's
        self.home = "."

    def turn(self, host: Isolated, pid: int) -> None:
        """A thread of that process is about to run."""
        personal = host.personal(pid)
        if personal is self.personal:
            return
        (self.outer if self.personal is None else self.personal).leave()
        if host is not self.host:
            if self.host is None:
                self.home = os.getcwd()
                self.theirs.save()
            else:
                self.host.save()
            self.host = host
            host.load(self.home)
        self.personal = personal
        personal.enter()

    def clear(self) -> None:
        """The lab's own code goes on."""
        if self.personal is None or self.host is None:
            return
        self.personal.leave()
        self.host.save()
        self.theirs.load(self.home)
        self.outer.enter()
        self.host = self.personal = None


stage = Stage()


class IsolatingHooks(sys_.SwitchHooks):
    """The scheduler's hooks for the threads of one isolated host."""

    __slots__ = ("host",)

    on_switch_out = staticmethod(switch_out)

    def __init__(self, host: Isolated) -> None:
        self.host = host

    def on_switch_in(self, task: Any) -> None:
        """Before the Context, which mutes the streams of who dies."""
        stage.turn(self.host, task.pid)
        switch_in(task)


def isolate(world: Any) -> None:
    """Every host of that world that runs its first program from now on has a state of its own."""
    registry.isolating[id(world)] = make_hooks


def make_hooks(state: HostState) -> IsolatingHooks:
    """The hooks of a host that boots."""
    state.private = Isolated()
    return IsolatingHooks(state.private)


def outside() -> None:
    """The lab's own code is about to go on: what is its own is in place again."""
    stage.clear()


def streams_of(process: Process) -> tuple[str, str]:
    """What an isolated host's process wrote to stdout and stderr; nothing if it is not isolated."""
    private = process.host.private
    return text_of(None if private is None else private.personal(process.pid))


def printed_by(machine: Any) -> tuple[str, str]:
    """The same of all the processes of a machine, since it booted."""
    state = registry.hosts.get(id(machine))
    return text_of(None if state is None else state.private)


def text_of(kept: Any) -> tuple[str, str]:
    """The output of a process or a host."""
    if kept is None:
        return "", ""
    return kept.out.decode(errors="replace"), kept.err.decode(errors="replace")


def own_version(fn: Callable[..., object]) -> Callable[..., object]:
    """What an isolated host calls for fn: a function with a name in a private module is its own's.

    Lambdas, inner functions, bound methods and what stands in __main__ go as they are: they see the
    globals of the lab.
    """
    name = getattr(fn, "__qualname__", "<")
    module = sys.modules.get(getattr(fn, "__module__", None) or "")
    if not isinstance(fn, types.FunctionType) or "<" in name or module is None:
        return fn
    if module.__name__ == MAIN or not is_private(module) or found_in(module, name) is not fn:
        return fn

    def own(*args: object) -> object:
        return found_in(importlib.import_module(fn.__module__), name)(*args)

    return own


def found_in(module: Any, name: str) -> Any:
    """module.name.name; None if there is none."""
    for part in name.split("."):
        module = getattr(module, part, None)
    return module


# Rows of table.py


def private() -> Isolated | None:
    """The state of the host whose code runs, if it has one."""
    state: Isolated | None = me().process.host.private
    return state


def chdir(path: Any) -> None:
    """os.chdir(): the real one; it is remembered whose it was."""
    os.chdir(path)
    remember()


def fchdir(fd: int) -> None:
    """os.fchdir()"""
    os.fchdir(fd)
    remember()


def remember() -> None:
    """The host goes on from here when it runs again."""
    host = private()
    if host is not None:
        host.cwd = os.getcwd()


def putenv(name: Any, value: Any, /) -> None:
    """os.putenv(): the C library's environment is everybody's, so a host's own is Python's alone."""
    if private() is None:
        os.putenv(name, value)


def unsetenv(name: Any, /) -> None:
    """os.unsetenv()"""
    if private() is None:
        os.unsetenv(name)
