"""Hosts and routers of a lab: a softnet Host, its devices, its programs."""

from __future__ import annotations

import importlib
import inspect
import io
import json
import runpy
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from softnet.host import Host
from softnet.kernel.sched import current, nsleep
from softnet.lab.child import Child, Completed, run_program
from softnet.lab.errors import LabError, unknown
from softnet.lab.proc import Proc
from softnet.lab.routing import install_routes
from softnet.lab.units import Quantity, time_ns
from softnet.tools.commands import TOOLS
from softnet.tools.terminal import Terminal, run_tool, split
from softnet.usr import api as usr

if TYPE_CHECKING:
    from softnet.kernel.sched import Task
    from softnet.lab.link import End
    from softnet.lab.topology import Lab

    # Starts a program for a Proc, after so many ns.
    Begin = Callable[[Proc, int], usr.Process | Task]


class Output(str):
    """What a tool printed, and how it ended."""

    returncode: int

    def __new__(cls, text: str, returncode: int) -> Output:
        self = str.__new__(cls, text)
        self.returncode = returncode
        return self

    def __reduce__(self) -> tuple[type[Output], tuple[str, int]]:
        """For copies, and for what lab.fork() brings back."""
        return Output, (str(self), self.returncode)

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
        self.sysctls: dict[str, object] = {}  # as of /etc/sysctl.conf: they outlive a crash
        self.services: list[Proc] = []  # what start() started: they start again with the host
        self.powered = True
        self.crashing = False  # once the program that asked for it waits
        self.called = False  # did call() run here?

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    @property
    def address(self) -> str:
        """Its first address, as text; 127.0.0.1 before it has a link."""
        return str(self.ends[0].address.ip) if self.ends else "127.0.0.1"

    # Programs

    def start(
        self,
        fn: Callable[..., object] | str,
        *args: object,
        name: str = "",
        start_time: Quantity | None = None,
    ) -> Proc:
        """Run fn(*args), or a tool given as a command line, as a program of this host.

        Returns once it waits for the first time: a server that is started before its client is
        listening when the client comes. A coroutine function runs by asyncio.run(). start_time: not
        before that virtual time. What runs when the host crashes starts anew when it restarts.
        """
        proc = self.launch(fn, args, name, start_time)
        if not isinstance(fn, str):
            self.services.append(proc)
        return proc

    def call(self, fn: Callable[..., object], *args: object, name: str = "") -> object:
        """start(), run the lab until it is over, and return its result or raise its exception.

        It does not start again when the host does: then this is a HostCrashed.
        """
        self.called = True
        return self.launch(fn, args, name).wait()

    def launch(
        self,
        fn: Callable[..., object] | str,
        args: tuple[object, ...] = (),
        name: str = "",
        start_time: Quantity | None = None,
    ) -> Proc:
        """start() and call()"""
        self.need_power()
        begin = self.tool(fn) if isinstance(fn, str) else self.program(fn, args, name)
        if start_time is not None:
            begin = self.delayed(begin, time_ns(start_time, "start_time"))
        proc = Proc(self, begin)
        self.lab.settle()
        return proc

    def program(self, fn: Callable[..., object], args: tuple[object, ...], name: str) -> Begin:
        """What starts fn(*args)."""
        if not callable(fn):
            raise LabError(
                f"{self.name}.start() takes a function or a command line, not {fn!r}: write "
                f"{self.name}.start(main) or {self.name}.start('ping h2')"
            )
        title = name or name_of(fn)
        main: Callable[..., object] = fn
        if self.lab.isolate == "modules":
            main = usr.own_version(fn)
        if inspect.iscoroutinefunction(fn):
            args = (main, *args)
            main = run_coroutine
        return lambda proc, ns: usr.run_main(self.host, *wait_first(ns, main, args), name=title)

    def tool(self, command: str) -> Begin:
        """What starts one of softnet's own tools: ping, ss, ip, ... (softnet/tools)."""
        argv = split(command)
        if not argv or argv[0] not in TOOLS:
            raise unknown("tool", argv[0] if argv else "", TOOLS)

        def begin(proc: Proc, ns: int) -> Task:
            out = proc.output = io.StringIO()
            terminal = Terminal(argv, self.name, out, self.lab.names)
            main = wait_first(ns, run_tool, (TOOLS[argv[0]], terminal))
            return self.host.spawn(*main, name=argv[0])

        return begin

    def delayed(self, begin: Begin, start_ns: int) -> Begin:
        """begin, with a wait till start_ns first."""
        return lambda proc, ns: begin(proc, max(ns, start_ns - self.lab.world.clock.now))

    def sh(self, command: str) -> Output:
        """Run a tool to its end: h1.sh("ping -c 3 h2"). What it printed, a str with .returncode."""
        proc = self.launch(command)
        proc.wait()
        return Output(proc.stdout.rstrip("\n"), proc.returncode or 0)

    @property
    def stdout(self) -> str:
        """What its programs printed, in a lab that isolates them; "" in others: it is the lab's."""
        return usr.printed_by(self.host.machine)[0]

    @property
    def stderr(self) -> str:
        """The same for sys.stderr."""
        return usr.printed_by(self.host.machine)[1]

    def exec(
        self,
        *args: str,
        input: bytes | str = b"",
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        timeout: Quantity | None = None,
    ) -> Completed:
        """Run a real program to its end: h1.exec("curl", "http://h2/"); its exit code and output.

        input: its standard input. env: all of its environment; ours without proxies if not given.
        timeout: virtual time; TimeoutError, and the program is killed.
        """
        self.need_power()
        return run_program(self, args, input, env, cwd, timeout)

    def popen(
        self,
        *args: str,
        input: bytes | str = b"",
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        start_time: Quantity | None = None,
    ) -> Child:
        """Start a real program, as start() does a function: wait(), kill(), .stdout as it comes.

        Runs from the beginning again when the host restarts.
        """
        self.need_power()
        start_ns = time_ns(start_time, "start_time") if start_time is not None else 0
        child = Child(self, args, input, env, cwd, start_ns)
        self.services.append(child)
        self.lab.settle()
        return child

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
        self.need_power()
        proc = Proc(self, lambda proc, ns: usr.run_path(self.host, path, argv))
        self.services.append(proc)
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

    # Whom it asks for names

    def resolv_conf(
        self,
        *nameservers: Node | str,
        search: Iterable[str] = (),
        timeout: Quantity = 5,
        attempts: int = 2,
        ndots: int = 1,
        rotate: bool = False,
        edns0: bool = False,
    ) -> None:
        """Its /etc/resolv.conf: DNS servers by node, name or address; none: it asks nobody."""
        servers = tuple(s if isinstance(s, str) else s.name for s in nameservers)
        seconds = time_ns(timeout, "timeout") / 1e9
        conf = usr.ResolvConf(servers, tuple(search), ndots, seconds, attempts, rotate, edns0)
        self.lab.names.confs[self.name] = conf if servers else None

    def etc_hosts(self, address: str, *names: str) -> None:
        """A line of its own /etc/hosts, which goes before every server."""
        own = self.lab.names.hosts.setdefault(self.name, {})
        for name in names:
            own.setdefault(name.lower(), []).append(address)

    def sysctl(self, name: str, value: object) -> None:
        """sysctl -w NAME=VALUE; set again when the host restarts. LabError."""
        table = self.host.net.sysctl
        if name.replace("/", ".") not in table.names():
            raise unknown("sysctl", name, table.names())
        try:
            self.host.sysctl(name, value)
        except OSError as e:
            what = f"{name} = {value!r} on {self.name!r}"
            if name.endswith("tcp_congestion_control"):
                known = str(table.get("net.ipv4.tcp_available_congestion_control")).split()
                raise unknown("congestion control", str(value), known) from None
            raise LabError(f"{what}: {e.strerror}; it is {table.get(name)!r} now") from None
        self.sysctls[name] = value

    # Power

    def crash(self) -> None:
        """Power off: programs, sockets, caches are gone, and no packet says so.

        The cables stay up, as behind a switch; what arrives is lost. From a program of the lab it
        happens once that program waits.
        """
        if current() is not None:
            self.crashing = True
            self.lab.world.after(0, 0, self.crash_now)
            return
        self.crashing = False
        if not self.powered:
            return
        self.powered = False
        for end in self.ends:  # first: what a dying program closes must not be heard
            end.unplug()
        self.services = [proc for proc in self.services if not proc.finished()]
        usr.lose_power(self.host.machine)
        self.host.halt()
        self.lab.lost_power(self)
        usr.outside()
        usr.registry.forget_machine(self.host.machine)

    def crash_now(self) -> None:
        """What a program asked for, unless it has happened: who called the program may have been first."""
        if self.crashing:
            self.crash()

    def restart(self) -> None:
        """Power on, after a crash() if there was none: the kernel boots, with the same addresses.

        The programs that start() had started and that ran when the power went start from the
        beginning; their Procs stand for the new ones.
        """
        if current() is not None:
            self.lab.world.after(0, 0, self.restart)
            return
        self.crash()
        self.powered = True
        self.host.power_on()
        self.lab.has_booted(self)
        for name, value in self.sysctls.items():
            self.host.sysctl(name, value)
        for end in self.ends:
            end.plug()
        self.routes.clear()
        install_routes([self])
        for proc in self.services:
            proc.begin_again()
        self.lab.settle()

    def need_power(self) -> None:
        """LabError if the host is off, or its lab closed."""
        if not self.lab.open:
            raise LabError(f"the lab of {self.name!r} is closed: run programs inside its 'with'")
        if current() is None:
            self.crash_now()
        if not self.powered:
            raise LabError(
                f"{self.name!r} has no power since it crashed: {self.name}.restart() first"
            )


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


def run_coroutine(fn: Callable[..., Coroutine[object, object, object]], *args: object) -> object:
    """asyncio.run(fn(*args)), in a task."""
    asyncio = importlib.import_module("asyncio")
    result: object = asyncio.run(fn(*args))
    return result


def wait_first(
    ns: int, fn: Callable[..., object], args: tuple[object, ...]
) -> tuple[Callable[..., object], ...]:
    """fn and its arguments, to be called after ns."""
    return (fn, *args) if ns <= 0 else (after_a_while, ns, fn, *args)  # type: ignore[arg-type] # arguments are anything


def after_a_while(ns: int, fn: Callable[..., object], *args: object) -> object:
    """fn(*args) in ns, in a task."""
    usr.kernel_call(nsleep, ns)
    return fn(*args)
