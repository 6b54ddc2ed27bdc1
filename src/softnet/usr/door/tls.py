"""ssl over a softnet socket: OpenSSL talks to memory, and this carries its records.

_ssl's own objects read and write the real descriptor. Here ssl.SSLSocket, unmodified, drives a
Tls instead, which has their methods: an OpenSSL connection over two MemoryBIOs, and the
socket's recv and send with its time-out. It never reads past the record it is in: after unwrap()
the rest of the stream belongs to the program.
"""

from __future__ import annotations

import select
import time
from typing import Any

from softnet.usr.door.sock import POLLIN, POLLOUT, here, real, socket

HEADER = 5  # bytes of a record's header: type, version, length of what follows


class Tls:
    """Stands where _ssl._SSLSocket stands."""

    __slots__ = ("header", "incoming", "left", "mod", "outgoing", "sock", "ssl", "unsent")

    mod: Any  # the module ssl
    sock: Any
    ssl: Any  # the _ssl._SSLSocket over the two BIOs
    incoming: Any
    outgoing: Any
    header: bytes  # of the record that is arriving, as far as it did
    left: int  # of its body
    unsent: bytes  # records that the socket had no room for

    def __init__(self, mod: Any, sock: Any) -> None:
        self.mod = mod
        self.sock = sock
        self.incoming = mod.MemoryBIO()
        self.outgoing = mod.MemoryBIO()
        self.header = b""
        self.left = 0
        self.unsent = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ssl, name)

    @property
    def context(self) -> Any:
        """The SSLContext; a server's SNI callback may exchange it."""
        return self.ssl.context

    @context.setter
    def context(self, value: Any) -> None:
        self.ssl.context = value

    @property
    def session(self) -> Any:
        """The session, for resumption."""
        return self.ssl.session

    @session.setter
    def session(self, value: Any) -> None:
        self.ssl.session = value

    @property
    def owner(self) -> Any:
        """The SSLSocket."""
        return self.ssl.owner

    @owner.setter
    def owner(self, value: Any) -> None:
        self.ssl.owner = value

    # What ssl.SSLSocket calls

    def do_handshake(self) -> None:
        """Exchange records until the connection is there."""
        self.run("handshake", self.ssl.do_handshake)

    def read(self, size: int = 1024, buffer: Any = None) -> Any:
        """Decrypted bytes, or how many were put into buffer."""
        args = (size,) if buffer is None else (size, buffer)
        return self.run("read", self.ssl.read, *args)

    def write(self, data: Any) -> int:
        """Encrypt and send; bytes of data taken."""
        timeout = self.sock.gettimeout()
        self.flush("write", deadline(timeout), timeout)
        if self.unsent:
            raise self.mod.SSLWantWriteError(
                self.mod.SSL_ERROR_WANT_WRITE, "The operation did not complete (write)"
            )
        n: int = self.run("write", self.ssl.write, data)
        return n

    def shutdown(self) -> Any:
        """Say goodbye and wait for the peer's; the plain socket."""
        self.run("shutdown", self.ssl.shutdown)
        return self.sock

    # The machinery

    def run(self, what: str, operation: Any, *args: Any) -> Any:
        """Try operation until it has the records it wants."""
        timeout = self.sock.gettimeout()
        until = deadline(timeout)
        while True:
            try:
                result = operation(*args)
            except self.mod.SSLWantReadError:
                self.flush(what, until, timeout)
                self.fill(what, until, timeout)
            except self.mod.SSLError:
                self.flush(what, until, 0)  # the alert that tells the peer
                raise
            else:
                self.flush(what, until, timeout)
                return result

    def wait(self, what: str, events: int, until: float | None) -> None:
        """Sleep until the descriptor is ready."""
        left = None if until is None else max(0.0, (until - time.monotonic()) * 1000)
        poll = select.poll()
        poll.register(self.sock.fileno(), events)
        if not poll.poll(left):
            raise TimeoutError(f"The {what} operation timed out")

    def call(self, name: str, *args: Any) -> Any:
        """A system call on the socket; OSError(EBADF) if it is closed."""
        fd = real.fileno(self.sock)
        entry = here.kernel.find(fd)
        assert entry is not None
        return here.kernel.call(entry, fd, name, *args)

    def flush(self, what: str, until: float | None, timeout: float | None) -> None:
        """Send what OpenSSL wants sent, as far as the socket takes it."""
        data = self.unsent + self.outgoing.read()
        self.unsent = b""
        while data:
            try:
                data = data[self.call("send", data, 0) :]
            except BlockingIOError:
                if timeout == 0:
                    self.unsent = data
                    return
                self.wait(what, POLLOUT, until)

    def fill(self, what: str, until: float | None, timeout: float | None) -> None:
        """Receive more of the record that is arriving, and nothing beyond it."""
        size = self.left or HEADER - len(self.header)
        while True:
            try:
                data = self.call("recv", size, 0)
                break
            except BlockingIOError:
                if timeout == 0:
                    raise self.mod.SSLWantReadError(
                        self.mod.SSL_ERROR_WANT_READ, "The operation did not complete (read)"
                    ) from None
                self.wait(what, POLLIN, until)
        if not data:
            self.incoming.write_eof()
            return
        self.incoming.write(data)
        if self.left:
            self.left -= len(data)
            return
        self.header += data
        if len(self.header) == HEADER:
            self.left = int.from_bytes(self.header[3:], "big")
            self.header = b""


def deadline(timeout: float | None) -> float | None:
    """When a time-out is over; None for never."""
    return None if timeout is None else time.monotonic() + timeout


def patch(ssl: Any) -> None:
    """Let the module ssl use Tls for softnet's sockets."""
    theirs = ssl.SSLContext._wrap_socket

    def _wrap_socket(
        self: Any,
        sock: Any,
        server_side: bool,
        server_hostname: Any = None,
        *,
        owner: Any = None,
        session: Any = None,
    ) -> Any:
        if not isinstance(sock, socket) or here.kernel.find(sock.fileno()) is None:
            return theirs(self, sock, server_side, server_hostname, owner=owner, session=session)
        tls = Tls(ssl, sock)
        tls.ssl = self._wrap_bio(
            tls.incoming, tls.outgoing, server_side, server_hostname, owner=owner, session=session
        )
        return tls

    ssl.SSLContext._wrap_socket = _wrap_socket
