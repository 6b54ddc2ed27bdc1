"""What a system call of a script works with: its arguments, the descriptors, the flow it belongs to."""

from __future__ import annotations

import errno
from os import strerror
from typing import TYPE_CHECKING

import softnet.uapi.in_ as in_
import softnet.uapi.socket as socket
from softnet.lab.packetdrill.flow import Flow
from softnet.lab.packetdrill.nodes import (
    ANY,
    NULL,
    Call,
    Name,
    ScriptError,
    Struct,
    Text,
    Value,
)
from softnet.structs.socket import Sockaddr, SockaddrIn
from softnet.wire.addr import ip_ntoa

if TYPE_CHECKING:
    from softnet.lab.packetdrill.runner import Runner


class CallContext:
    """One call of a script, as it is made."""

    def __init__(self, run: Runner, call: Call, line: int) -> None:
        self.run = run
        self.call = call
        self.args = call.args
        self.line = line
        self.differences: list[str] = []
        self.verdict: int | OSError | None = None
        self.begin_ns = 0
        self.end_ns = 0

    def fail(self, message: str) -> ScriptError:
        """An argument that makes no sense."""
        return ScriptError(self.run.script.path, self.line, f"{self.call.name}(): {message}")

    def check(self, what: str, expected: Value, seen: object) -> None:
        """Compare something the call wrote; `...` is satisfied with anything."""
        if expected is ANY or expected is NULL:
            return
        if isinstance(expected, Text):
            expected_plain: object = expected.value
        elif isinstance(expected, list) and len(expected) == 1 and not isinstance(seen, list):
            self.check(what, expected[0], seen)
            return
        else:
            expected_plain = expected
        if expected_plain != seen:
            self.differences.append(f"{what}: expected {expected_plain!r}, seen {seen!r}")

    # Arguments

    def value(self, i: int) -> Value:
        """The i-th argument."""
        return self.args[i]

    def number(self, i: int, default: int = 0) -> int:
        """A number; `...` is the default."""
        return self.plain(self.args[i], default) if i < len(self.args) else default

    def plain(self, value: Value, default: int = 0) -> int:
        """A value as a number."""
        if isinstance(value, int):
            return value
        if value is ANY or value is NULL:
            return default
        if isinstance(value, list) and len(value) == 1:
            return self.plain(value[0], default)
        raise self.fail(f"a number is needed, not {value!r}")

    def fd(self, i: int) -> int:
        """A descriptor: the host's own for the script's. One the script never had is passed on."""
        return self.run.live_fd(self.number(i))

    def new_fd(self, live: int, expected: Value | None = None) -> int:
        """A call made a descriptor: the script's number for it."""
        script = self.call.result if expected is None else expected
        if isinstance(script, int) and script >= 0:
            if script in self.run.fds:
                raise self.fail(f"the script has a descriptor {script} already")
            self.run.fds[script] = live
            return script
        self.run.fds[live] = live
        return live

    def data(self, i: int, size: int) -> bytes:
        """The size bytes that a call sends: zeros, or a string and zeros behind it."""
        value = self.args[i]
        if value is NULL and size:
            raise OSError(errno.EFAULT, strerror(errno.EFAULT))
        if isinstance(value, Text):
            self.run.flow_of_fd(self.number(0)).zeros = False
            return value.value.encode("latin-1")[:size].ljust(size, b"\0")
        return bytes(max(size, 0))

    def struct(self, value: Value, kind: str) -> Struct:
        """A value that must be a struct of that kind."""
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, Struct) or value.kind != kind:
            raise self.fail(f"struct {kind} is needed, not {value!r}")
        return value

    # Addresses

    def address(self, value: Value, default: tuple[int, int]) -> Sockaddr:
        """A struct sockaddr; `...` is the default (address, port), a number a family alone."""
        if value is ANY:
            return SockaddrIn(*default)
        if isinstance(value, int):
            return Sockaddr(value)
        s = self.struct(value, "sockaddr")
        family = self.plain(s.fields.get("sa_family", s.fields.get("sin_family", ANY)))
        if family == socket.AF_UNSPEC:
            return Sockaddr(socket.AF_UNSPEC)
        if family != socket.AF_INET:
            raise OSError(errno.EAFNOSUPPORT, strerror(errno.EAFNOSUPPORT))
        return SockaddrIn(
            self.plain(s.fields.get("sin_addr", ANY)), self.plain(s.fields.get("sin_port", ANY))
        )

    def check_address(self, what: str, expected: Value, seen: Sockaddr | None) -> None:
        """Compare an address that a call wrote."""
        if not isinstance(expected, Struct) or expected.kind != "sockaddr":
            return
        wanted = self.address(expected, (0, 0))
        if pair_of(wanted) != pair_of(seen):
            self.differences.append(
                f"{what}: expected {address_text(wanted)}, seen {address_text(seen)}"
            )

    # What the script is about

    def flow(self) -> Flow:
        """The flow of the first argument, a descriptor."""
        return self.run.flow_of_fd(self.number(0))

    def local(self) -> tuple[int, int]:
        """What `...` means to bind()."""
        return self.run.config.local(), self.run.config.bind_port

    def remote(self) -> tuple[int, int]:
        """What `...` means to connect()."""
        return self.run.config.remote()[0], self.run.config.connect_port


def pair_of(address: Sockaddr | None) -> tuple[int, int] | None:
    """Address and port."""
    return (address.sin_addr, address.sin_port) if isinstance(address, SockaddrIn) else None


def address_text(address: Sockaddr | None) -> str:
    """For reports."""
    pair = pair_of(address)
    return f"{ip_ntoa(pair[0])}:{pair[1]}" if pair else "no address"


def is_udp(flow: Flow) -> bool:
    """Datagrams?"""
    return flow.protocol == in_.IPPROTO_UDP


def name_of(value: Value) -> str:
    """A string or a bare word."""
    return value.value if isinstance(value, Text | Name) else ""
