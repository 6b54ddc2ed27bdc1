"""Namespaces of the real kernel, and programs in them: what a demonstration on a TAP needs.

    with Outside() as outside:                     everything it made is gone at the end
        ns = outside.namespace("client")
        ns.take(tap.name, "10.9.0.1/24")           move a TAP there, address it, bring it up
        process = ns.start(["ping", "-c", "1", "10.9.0.2"])

Needs ip(8), and root: the machine's, or a user namespace's over namespaces of its own.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Sequence
from types import TracebackType

STOP_SECONDS = 2.0  # that a program has to end by itself when asked to


class Namespace:
    """A network namespace with a name."""

    __slots__ = ("name", "processes")

    name: str
    processes: list[subprocess.Popen[str]]

    def __init__(self, name: str) -> None:
        self.name = name
        self.processes = []
        ip("netns", "add", name)
        ip("-n", name, "link", "set", "lo", "up")

    def take(self, device: str, address: str, mtu: int = 0) -> None:
        """Move a device here, give it an address ("10.9.0.1/24") and bring it up."""
        ip("link", "set", device, "netns", self.name)
        # Nobody here speaks IPv6: no router solicitations into the void.
        self.sysctl(f"net.ipv6.conf.{device}.disable_ipv6", "1")
        ip("-n", self.name, "addr", "add", address, "dev", device)
        if mtu:
            ip("-n", self.name, "link", "set", device, "mtu", str(mtu))
        ip("-n", self.name, "link", "set", device, "up")

    def route(self, *words: str) -> None:
        """ip route add WORDS"""
        ip("-n", self.name, "route", "add", *words)

    def sysctl(self, name: str, value: str) -> None:
        """Set it if it is there."""
        path = "/proc/sys/" + name.replace(".", "/")
        command = f"test ! -e {path} || echo {value} > {path}"
        run(["ip", "netns", "exec", self.name, "sh", "-c", command], check=False)

    def start(self, command: Sequence[str]) -> subprocess.Popen[str]:
        """Start a program here; its output is ours to read. It does not outlive the namespace."""
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.name, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.processes.append(process)
        return process

    def remove(self) -> None:
        """End its programs and remove it, whatever is still there."""
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        run(["ip", "netns", "del", self.name], check=False)


class Outside:
    """What we made in the real kernel; the end of the with statement removes it."""

    __slots__ = ("made", "prefix", "stack")

    prefix: str
    made: dict[str, Namespace]
    stack: contextlib.ExitStack

    def __init__(self, prefix: str = "sn") -> None:
        self.prefix = f"{prefix}{os.getpid()}"
        self.made = {}
        self.stack = contextlib.ExitStack()

    def __enter__(self) -> Outside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.stack.close()

    def namespace(self, name: str) -> Namespace:
        """A namespace of our own; its real name has our process's number in it."""
        ns = Namespace(f"{self.prefix}-{name}")
        self.stack.callback(ns.remove)
        self.made[name] = ns
        return ns


def run(command: Sequence[str], check: bool = True) -> str:
    """Run a program to its end; its output. RuntimeError, with what it said, if it failed."""
    done = subprocess.run(
        list(command), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise RuntimeError(f"{' '.join(command)}: {said}")
    return done.stdout


def ip(*words: str) -> str:
    """ip(8)"""
    return run(["ip", *words])
