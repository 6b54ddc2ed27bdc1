"""What the programs of tests/diff are written with: sockets whose every call is written down.

A program is a function of one argument, a Recorder: `s = t.socket()` makes a Sock, and each method
called on it becomes a Step: its text, and what it answered as text (a value, or an errno's name).
Nothing is raised into the program, so it goes on after an error as the other side does. Only the
standard library is used: the same file runs on softnet and on the machine's own kernel.

Numbers that differ between two runs by right are named in order of appearance: ephemeral ports
(`port1`), sockets (`s1`). A step that a later kernel answers differently is announced by since().
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import select
import threading
import time
from collections.abc import Callable, Iterable
from socket import AF_INET, SOCK_DGRAM, SOCK_STREAM
from socket import socket as new_socket
from typing import Any, NamedTuple

EPHEMERAL = range(32768, 65536)  # programs bind ports below
LONG = 64  # bytes; more are shown as a digest

POLL_NAMES = {
    0x0001: "IN",
    0x0002: "PRI",
    0x0004: "OUT",
    0x0008: "ERR",
    0x0010: "HUP",
    0x0020: "NVAL",
    0x0040: "RDNORM",
    0x0080: "RDBAND",
    0x0100: "WRNORM",
    0x0200: "WRBAND",
    0x0400: "MSG",
    0x2000: "RDHUP",
}
MSG_NAMES = {
    0x1: "OOB",
    0x8: "CTRUNC",
    0x20: "TRUNC",
    0x80: "EOR",
    0x2000: "ERRQUEUE",
    0x40000000: "CMSG_CLOEXEC",
}


class Later(NamedTuple):
    """A named exception: since kernel version, the step answers differently, and why."""

    version: str  # "4.20"; "config": it depends on how a kernel was configured, "free": on chance
    was: str  # what softnet answers, and the kernel before that version
    why: str


class Step(NamedTuple):
    """One call of a program."""

    call: str
    answer: str
    later: Later | None = None


class Failure(str):
    """The errno's name, where a call raised: falsy, so `if s.connect(...)` reads well."""

    def __bool__(self) -> bool:
        return False


def names(bits: int, table: dict[int, str]) -> str:
    """Flags as text: IN|OUT; what has no name in hexadecimal."""
    known = [name for bit, name in table.items() if bits & bit]
    rest = bits & ~sum(table)
    return "|".join(known + ([hex(rest)] if rest else [])) or "0"


class Sock:
    """A socket whose methods are recorded. Unknown attributes are methods of the socket."""

    def __init__(self, recorder: Recorder, sock: new_socket, name: str) -> None:
        self.recorder = recorder
        self.sock = sock
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def fileno(self) -> int:
        """Not recorded: so that select and poll take a Sock."""
        return self.sock.fileno()

    @property
    def port(self) -> int:
        """Its local port, not recorded."""
        return int(self.sock.getsockname()[1])

    @property
    def addr(self) -> Any:
        """Its local address, not recorded."""
        return self.sock.getsockname()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            return self.recorder.call(f"{self.name}.{method}", getattr(self.sock, method), *args)

        return call

    def accept(self) -> Any:
        """accept(): the new socket is a Sock too; None after an error."""
        answer = self.recorder.call(f"{self.name}.accept", self.sock.accept)
        return answer[0] if isinstance(answer, tuple) else None

    def recvmsg(self, *args: Any) -> Any:
        """recvmsg() with the flags by name."""

        def receive(*args: Any) -> Any:
            data, control, flags, addr = self.sock.recvmsg(*args)
            return data, control, names(flags, MSG_NAMES), addr

        return self.recorder.call(f"{self.name}.recvmsg", receive, *args)

    def poll(self, mask: int = 0x2FFF, timeout: int = 0) -> Any:
        """What poll() says of it: everything unless told."""
        return self.recorder.poll([(self, mask)], timeout)

    def set(self, level: int, name: int, value: Any) -> Any:
        """setsockopt(), recorded with numbers."""
        return self.recorder.call(
            f"{self.name}.setsockopt", self.sock.setsockopt, level, name, value
        )

    def get(self, level: int, name: int, size: int | None = None) -> Any:
        """getsockopt(): an int, or size bytes."""
        args = (level, name) if size is None else (level, name, size)
        return self.recorder.call(f"{self.name}.getsockopt", self.sock.getsockopt, *args)


class Unlike:
    """What each side does in its own way."""

    def disconnect(self, fd: int) -> None:
        """connect(AF_UNSPEC)"""

    def accept4(self, fd: int, flags: int) -> None:
        """accept4(), and close what it gives."""

    def allow_ping(self) -> None:
        """Open net.ipv4.ping_group_range to everybody."""

    def read_proc(self, path: str) -> str:
        """The text of a file of /proc."""
        return path

    def extend(self) -> None:
        """Have what a kernel of today has: the extensions that softnet has switched off."""

    def add_link(self) -> None:
        """veth0 with 10.9.0.1/24, up; its other end, veth1, has no address."""


class Recorder:
    """The steps of one program, and what it makes them with."""

    def __init__(self, unlike: Unlike) -> None:
        self.unlike = unlike
        self.steps: list[Step] = []
        self.ports: dict[int, str] = {}
        self.socks: list[Sock] = []
        self.later: Later | None = None

    # Making

    def socket(
        self,
        family: int = AF_INET,
        type: int = SOCK_STREAM,
        proto: int = 0,
    ) -> Any:
        """socket(); None after an error."""
        return self.call("socket", new_socket, family, type, proto) or None

    def tcp(self) -> Any:
        """A stream socket, not recorded."""
        return self.name(new_socket(AF_INET, SOCK_STREAM))

    def udp(self) -> Any:
        """A datagram socket, not recorded."""
        return self.name(new_socket(AF_INET, SOCK_DGRAM))

    def listener(self, port: int = 0, backlog: int = 8) -> Any:
        """A listening socket on 127.0.0.1, not recorded."""
        s = new_socket()
        s.bind(("127.0.0.1", port))
        s.listen(backlog)
        return self.name(s)

    def bound(self, port: int = 0, type: int = SOCK_DGRAM) -> Any:
        """A socket bound on 127.0.0.1, not recorded."""
        s = new_socket(AF_INET, type)
        s.bind(("127.0.0.1", port))
        return self.name(s)

    def pair(self) -> tuple[Any, Any]:
        """Two connected stream sockets: the client's and the server's end. Not recorded."""
        with new_socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            client = new_socket()
            client.connect(listener.getsockname())
            server, _ = listener.accept()
        return self.name(client), self.name(server)

    def name(self, sock: new_socket) -> Sock:
        """Give a socket its number."""
        named = Sock(self, sock, f"s{len(self.socks) + 1}")
        self.socks.append(named)
        return named

    # Recording

    def since(self, version: str, was: str, why: str) -> None:
        """The next step answers `was` here and up to that kernel version, differently after it."""
        self.later = Later(version, was, why)

    def note(self, call: str, answer: Any) -> None:
        """Write down something that is no call."""
        self.steps.append(Step(call, self.text(answer), self.later))
        self.later = None

    def call(self, what: str, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """fn(*args), written down; the answer, or a Failure."""
        given = [self.text(a) for a in args] + [f"{k}={self.text(v)}" for k, v in kwargs.items()]
        call = f"{what}({', '.join(given)})"
        real = [a.sock if isinstance(a, Sock) else a for a in args]
        try:
            answer = fn(*real, **kwargs)
        except (OSError, ValueError, OverflowError, TypeError) as e:
            failed = Failure(failure_name(e))
            self.note(call, failed)
            return failed
        if isinstance(answer, new_socket):
            answer = self.name(answer)
        elif isinstance(answer, tuple) and answer and isinstance(answer[0], new_socket):
            answer = (self.name(answer[0]), *answer[1:])
        self.note(call, answer)
        return answer

    def text(self, value: Any) -> str:
        """A value as both sides write it."""
        if isinstance(value, Failure):
            return str(value)
        if isinstance(value, bytes | bytearray | memoryview):
            data = bytes(value)
            if len(data) > LONG:
                return f"<{len(data)} bytes, {hashlib.sha256(data).hexdigest()[:12]}>"
            return repr(data)
        if isinstance(value, tuple) and len(value) == 2 and is_address(value):
            return f"({value[0]!r}, {self.port_name(value[1])})"
        if isinstance(value, tuple | list):
            inner = ", ".join(self.text(v) for v in value)
            return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
        if isinstance(value, bool | int):
            return str(int(value))
        return repr(value)

    def port_name(self, port: int) -> str:
        """An ephemeral port by the order of its appearance."""
        if port not in EPHEMERAL:
            return str(port)
        return self.ports.setdefault(port, f"port{len(self.ports) + 1}")

    # Waiting

    def poll(self, watched: Iterable[tuple[Any, int]], timeout: int = 0) -> dict[str, int]:
        """poll(): the answers by socket."""
        poller = select.poll()
        by_fd = {}
        shown = []
        for sock, mask in watched:
            poller.register(sock.fileno(), mask)
            by_fd[sock.fileno()] = sock.name
            shown.append(f"{sock.name}: {'all' if mask == 0x2FFF else names(mask, POLL_NAMES)}")
        got = {by_fd[fd]: bits for fd, bits in poller.poll(timeout)}
        answer = ", ".join(f"{name}: {names(bits, POLL_NAMES)}" for name, bits in got.items())
        self.note(f"poll({', '.join(shown)})", Failure(answer or "nothing"))
        return got

    def epoll(self) -> Epoll:
        """An epoll object."""
        return Epoll(self)

    def select(self, r: Any = (), w: Any = (), x: Any = (), timeout: float | None = 0) -> None:
        """select(): who is ready."""
        got = select.select(list(r), list(w), list(x), timeout)
        self.note(f"select({list(r)}, {list(w)}, {list(x)})", Failure(str(got)))

    def pause(self, seconds: float = 0.02) -> None:
        """Let what is on its way arrive."""
        time.sleep(seconds)

    def took(self, start: float, least: float, most: float) -> None:
        """Was it within bounds since start (time.monotonic())?"""
        spent = time.monotonic() - start
        right = least <= spent <= most
        self.note(f"took {least} to {most} s", 1 if right else f"{spent:.3f}")

    def thread(self, fn: Callable[[], None]) -> threading.Thread:
        """Run fn beside; it records only what cannot overtake the rest."""
        t = threading.Thread(target=fn)
        t.start()
        return t

    # What the standard library cannot say

    def disconnect(self, sock: Sock) -> None:
        """connect() to an address of family AF_UNSPEC."""
        self.call(f"{sock.name}.disconnect", lambda: self.unlike.disconnect(sock.fileno()))

    def accept4(self, sock: Sock, flags: int) -> None:
        """accept4() with any flags; a success is closed."""
        self.call(f"{sock.name}.accept4", lambda f: self.unlike.accept4(sock.fileno(), f), flags)

    def ioctl(self, sock: Sock, request: int, data: bytes) -> Any:
        """ioctl() on a struct."""
        return self.call(
            f"{sock.name}.ioctl[{request:#x}]",
            lambda raw: fcntl.ioctl(sock.fileno(), request, raw),
            data,
        )

    def ioctl_int(self, sock: Sock, request: int) -> None:
        """ioctl() that answers an int."""

        def ask() -> int:
            answer: bytes = fcntl.ioctl(sock.fileno(), request, bytes(4))
            return int.from_bytes(answer, "little")

        self.call(f"{sock.name}.ioctl[{request:#x}]", ask)

    def close_all(self) -> None:
        """What the program left open."""
        for sock in self.socks:
            sock.sock.close()


class Epoll:
    """select.epoll, recorded by the sockets' names."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.epoll = select.epoll()
        self.by_fd: dict[int, str] = {}

    def register(self, sock: Any, mask: int) -> None:
        """EPOLL_CTL_ADD"""
        self.by_fd[sock.fileno()] = sock.name
        self.recorder.call(
            f"epoll.register[{sock.name}]", lambda m: self.epoll.register(sock.fileno(), m), mask
        )

    def modify(self, sock: Any, mask: int) -> None:
        """EPOLL_CTL_MOD"""
        self.recorder.call(
            f"epoll.modify[{sock.name}]", lambda m: self.epoll.modify(sock.fileno(), m), mask
        )

    def unregister(self, sock: Any) -> None:
        """EPOLL_CTL_DEL"""
        self.recorder.call(
            f"epoll.unregister[{sock.name}]", lambda: self.epoll.unregister(sock.fileno())
        )

    def poll(self, timeout: float = 0, maxevents: int = -1) -> None:
        """epoll_wait()"""
        try:
            got = self.epoll.poll(timeout, maxevents)
        except OSError as e:
            self.recorder.note("epoll.poll()", Failure(failure_name(e)))
            return
        rows = sorted((self.by_fd[fd], names(bits & 0xFFFF, POLL_NAMES)) for fd, bits in got)
        answer = ", ".join(f"{name}: {bits}" for name, bits in rows) or "nothing"
        self.recorder.note("epoll.poll()", Failure(answer))

    def close(self) -> None:
        """Not recorded."""
        self.epoll.close()


def fill(sock: new_socket) -> None:
    """Send until neither side has room, though acknowledgements had time to come."""
    sock.setblocking(False)
    idle = 0
    while idle < 3:
        try:
            sock.send(b"x" * 65536)
            idle = 0
        except BlockingIOError:
            time.sleep(0.1)
            idle += 1
    sock.setblocking(True)


def is_address(value: tuple[Any, ...]) -> bool:
    """Is it an IPv4 address and a port?"""
    host, port = value
    return isinstance(host, str) and isinstance(port, int) and host.count(".") == 3


def failure_name(e: Exception) -> str:
    """The errno's name, or the exception's where it has none."""
    number = getattr(e, "errno", None)
    return errno.errorcode.get(number, str(number)) if number else type(e).__name__


def run_program(program: Callable[[Recorder], None], unlike: Unlike) -> list[Step]:
    """All steps; an exception of the program itself is the last one."""
    recorder = Recorder(unlike)
    try:
        program(recorder)
    except Exception as e:  # noqa: BLE001 - a step like any other: both sides must agree on it
        recorder.note("the program raised", f"{type(e).__name__}: {e}")
    recorder.close_all()
    return recorder.steps
