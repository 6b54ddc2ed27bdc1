"""Hosts and routers of a lab: a softnet Host, its devices, its programs."""

from __future__ import annotations

import io
import json
import runpy
import sys
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from softnet.host import Host
from softnet.lab.errors import LabError, unknown
from softnet.lab.proc import Proc
from softnet.tools.commands import TOOLS
from softnet.tools.terminal import Terminal, run_tool, split
from softnet.usr import api as usr

if TYPE_CHECKING:
    from softnet.lab.link import End
    from softnet.lab.topology import Lab


class Output(str):
    """What a tool printed, and how it ended."""

    returncode: int

    def __new__(cls, text: str, returncode: int) -> Output:
        self = str.__new__(cls, text)
        self.returncode = returncode
        return self

    @property
    def json(self) -> object:
        """What a tool printed with --json, as Python's lists and dicts."""
        return json.loads(self)


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
    def address(self) -> str:
        """Its first address, as text; 127.0.0.1 before it has a link."""
        return str(self.ends[0].address.ip) if self.ends else "127.0.0.1"

    # Programs

    def start(self, fn: Callable[..., object] | str, *args: object, name: str = "") -> Proc:
        """Run fn(*args), or a tool given as a command line, as a program of this host.

        Returns once it waits for the first time: a server that is started before its client is
        listening when the client comes.
        """
        if isinstance(fn, str):
            return self.start_tool(fn)
        if not callable(fn):
            raise LabError(
                f"{self.name}.start() takes a function or a command line, not {fn!r}: write "
                f"{self.name}.start(main) or {self.name}.start('ping h2')"
            )
        process = usr.run_main(self.host, fn, *args, name=name or name_of(fn))
        proc = Proc(self, process)
        self.lab.settle()
        return proc

    def call(self, fn: Callable[..., object], *args: object, name: str = "") -> object:
        """start(), run the lab until it is over, and return its result or raise its exception."""
        return self.start(fn, *args, name=name).wait()

    def start_tool(self, command: str) -> Proc:
        """Run one of softnet's own tools: ping, ss, ip, ... (softnet/tools)."""
        argv = split(command)
        if not argv or argv[0] not in TOOLS:
            raise unknown("tool", argv[0] if argv else "", TOOLS)
        out = io.StringIO()
        terminal = Terminal(argv, self.name, out, self.lab.names)
        task = self.host.spawn(run_tool, TOOLS[argv[0]], terminal, name=argv[0])
        proc = Proc(self, task, out)
        self.lab.settle()
        return proc

    def sh(self, command: str) -> Output:
        """Run a tool to its end: h1.sh("ping -c 3 h2"). What it printed, a str with .returncode."""
        proc = self.start_tool(command)
        proc.wait()
        return Output(proc.stdout.rstrip("\n"), proc.returncode or 0)

    def ss(self, options: str = "") -> Output:
        """Its sockets, as ss(8) lists them: h1.ss("-tin")."""
        return self.sh(f"ss {options}")

    def ip(self, words: str) -> Output:
        """Its devices, addresses, routes, neighbours: h1.ip("addr"), h1.ip("-s link")."""
        return self.sh(f"ip {words}")

    def ping(self, destination: str, count: int = 3) -> Output:
        """h1.ping("h2"): falsy returncode if it answers."""
        return self.sh(f"ping -c {count} {destination}")

    def run_module(self, module: str, *argv: str) -> Proc:
        """python -m MODULE ARGV... as a program of this host."""
        return self.start(module_main, module, [module, *argv], name=module)

    def run_path(self, path: str, *argv: str) -> Proc:
        """python PATH ARGV... as a program of this host."""
        process = usr.run_path(self.host, path, argv)
        proc = Proc(self, process)
        self.lab.settle()
        return proc

    def read(self, path: str) -> str:
        """The text of a file of /proc: h1.read("/proc/net/dev")."""
        return self.sh(f"cat {path}")

    def counters(self) -> dict[str, int]:
        """Every counter of /proc/net/snmp and /proc/net/netstat: {"Tcp.OutSegs": 12, ...}."""
        found: dict[str, int] = {}
        for path in ("/proc/net/snmp", "/proc/net/netstat"):
            rows = [line.split() for line in self.read(path).splitlines()]
            for names, values in zip(rows[::2], rows[1::2], strict=True):
                group = names[0].rstrip(":")
                for name, value in zip(names[1:], values[1:], strict=True):
                    found[f"{group}.{name}"] = int(value)
        return found

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
