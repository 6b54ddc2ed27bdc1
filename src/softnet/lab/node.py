"""Hosts and routers of a lab: a softnet Host, its devices, its programs."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from softnet.usr import api as usr
from softnet.host import Host
from softnet.lab.errors import LabError
from softnet.lab.proc import Proc

if TYPE_CHECKING:
    from softnet.lab.link import End
    from softnet.lab.topology import Lab


class Node:
    """A host of a lab."""

    forwards = False  # does it pass on packets that are not for it?

    def __init__(self, lab: Lab, name: str, host: Host) -> None:
        self.lab = lab
        self.name = name
        self.host = host
        self.ends: list[End] = []  # its devices, eth0 first
        self.routes: dict[IPv4Network, IPv4Address] = {}  # given by routing.py

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    @property
    def ip(self) -> str:
        """Its first address, as text; 127.0.0.1 before it has a link."""
        return str(self.ends[0].address.ip) if self.ends else "127.0.0.1"

    # Programs

    def start(self, fn: Callable[..., object], *args: object, name: str = "") -> Proc:
        """Run fn(*args) as a program of this host; returns once it waits for the first time.

        A server that is started before its client is listening when the client comes.
        """
        if not callable(fn):
            raise LabError(
                f"{self.name}.start() takes a function, not {fn!r}: "
                f"for a tool write {self.name}.sh({str(fn)!r})"
            )
        process = usr.run_main(self.host, fn, *args, name=name or name_of(fn))
        proc = Proc(self, process)
        self.lab.settle()
        return proc

    def call(self, fn: Callable[..., object], *args: object, name: str = "") -> object:
        """start(), run the lab until it is over, and return its result or raise its exception."""
        return self.start(fn, *args, name=name).wait()

    def run_module(self, module: str, *argv: str) -> Proc:
        """python -m MODULE ARGV... as a program of this host."""
        return self.start(module_main, module, [module, *argv], name=module)

    def run_path(self, path: str, *argv: str) -> Proc:
        """python PATH ARGV... as a program of this host."""
        process = usr.run_path(self.host, path, argv)
        proc = Proc(self, process)
        self.lab.settle()
        return proc

    def sysctl(self, name: str, value: object) -> None:
        """sysctl -w NAME=VALUE"""
        self.host.sysctl(name, value)


class Router(Node):
    """A node that forwards."""

    forwards = True


def name_of(fn: Callable[..., object]) -> str:
    """What to call a program made of fn."""
    name = getattr(fn, "__qualname__", "") or type(fn).__name__
    return name.rsplit(".", 1)[-1].replace("<lambda>", "lambda")


def module_main(module: str, argv: list[str]) -> None:
    """python -m MODULE, in a task."""
    saved = sys.argv
    sys.argv = argv
    try:
        runpy.run_module(module, run_name="__main__")
    finally:
        sys.argv = saved
