"""What a tool runs in: its words, its output, the names of the lab; and the table of tools.

    def main(t: Terminal) -> int:
        args = t.parse(parser("uptime", "say how long the host is up"))
        t.print(f"up {sys_.sys_clock_gettime() // 10**9} s")
        return 0

A tool returns its exit code. It raises ToolError to end with a message, as a program that calls
exit(); an OSError becomes the message that perror() prints.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Sequence
from typing import NoReturn, Protocol

import softnet.syscalls as sys_
from softnet.wire.addr import ip_aton, ip_ntoa

USAGE = 2  # exit code after words that a tool does not understand
READ_SIZE = 1 << 16  # bytes


class Names(Protocol):
    """The hosts table of a lab."""

    def resolve(self, name: str, asker: str) -> Sequence[str]:
        """The addresses of a name as host `asker` sees them; empty if unknown."""

    def name_of(self, address: str, asker: str) -> str | None:
        """The name of a dotted address; None if it has none."""


class Output(Protocol):
    """Where a tool prints: io.StringIO, sys.stdout."""

    def write(self, text: str, /) -> int:
        """Print."""


class ToolError(Exception):
    """A tool gives up: message and exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        Exception.__init__(self, message)
        self.code = code


class Parser(argparse.ArgumentParser):
    """argparse that neither prints nor exits: it raises ToolError."""

    def error(self, message: str) -> NoReturn:
        """Words that make no sense."""
        raise ToolError(f"{self.format_usage()}{self.prog}: {message}", USAGE)

    def print_help(self, file: object = None) -> None:
        """-h"""
        raise ToolError(self.format_help().rstrip(), 0)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """argparse wants to end the process."""
        raise ToolError(message or "", status)


class Terminal:
    """One run of a tool."""

    __slots__ = ("argv", "host", "names", "out")

    argv: list[str]  # its words, its own name first
    host: str  # the host it runs on
    out: Output
    names: Names

    def __init__(self, argv: list[str], host: str, out: Output, names: Names) -> None:
        self.argv = argv
        self.host = host
        self.out = out
        self.names = names

    def print(self, *lines: str) -> None:
        """Print lines."""
        for line in lines:
            self.out.write(line + "\n")

    def parse(self, parser: Parser) -> argparse.Namespace:
        """The words, understood."""
        return parser.parse_args(self.argv[1:])

    def resolve(self, name: str) -> int:
        """An address or a name as an address; ToolError if nobody has it."""
        try:
            return ip_aton(name)
        except ValueError:
            found = ["127.0.0.1"] if name == "localhost" else self.names.resolve(name, self.host)
        if not found:
            raise ToolError(f"{self.argv[0]}: {name}: Name or service not known", USAGE)
        return ip_aton(found[0])

    def name_of(self, addr: int) -> str:
        """The name of an address; the address itself if it has none."""
        text = ip_ntoa(addr)
        return self.names.name_of(text, self.host) or text


def parser(name: str, what: str) -> Parser:
    """A parser for the words of a tool."""
    return Parser(prog=name, description=what)


def read_file(path: str) -> str:
    """The text of a file of /proc; OSError(ENOENT)."""
    fd = sys_.sys_open(path)
    try:
        parts = []
        while part := sys_.sys_read(fd, READ_SIZE):
            parts.append(part)
        return b"".join(parts).decode()
    finally:
        sys_.sys_close(fd)


def run_tool(tool: Callable[[Terminal], int], t: Terminal) -> int:
    """Run a tool to its end; its exit code, its last words printed."""
    try:
        return tool(t)
    except ToolError as e:
        if str(e):
            t.print(str(e))
        return e.code
    except OSError as e:
        t.print(f"{t.argv[0]}: {e.strerror or e}")
        return 1


def split(command: str | Sequence[str]) -> list[str]:
    """A command line as words."""
    return shlex.split(command) if isinstance(command, str) else list(command)
