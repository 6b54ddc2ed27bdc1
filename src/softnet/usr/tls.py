"""ssl over a simulated socket: OpenSSL talks to memory, and this carries its records.

_ssl's own objects read and write a real descriptor. Here ssl.SSLSocket, unmodified, drives a
TlsObject instead, which has their methods: an OpenSSL connection over two MemoryBIOs, and the
socket's recv and send with its time-out. It never reads past the record it is in: after unwrap()
the rest of the stream belongs to the program (STARTTLS and back).
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import softnet.syscalls as sys_
import softnet.uapi.poll as poll_
from softnet.usr.clock import original
from softnet.usr.redef import SIM_FD, sock_get, user_call
from softnet.usr.sockets import call, call_until, deadline

HEADER = 5  # bytes of a record's header: type, version, length of what follows


class TlsObject:
    """Stands where _ssl._SSLSocket stands."""

    __slots__ = ("header", "incoming", "left", "outgoing", "sock", "ssl", "unsent")

    sock: Any
    ssl: Any  # the _ssl._SSLSocket over the two BIOs
    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO
    header: bytes  # of the record that is arriving, as far as it did
    left: int  # of its body
    unsent: bytes  # records that a socket that does not block had no room for

    def __init__(self, sock: Any, make: Callable[[Any, Any], Any]) -> None:
        self.sock = sock
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.ssl = make(self.incoming, self.outgoing)
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
        if self.unsent:
            self.flush("write")
            if self.unsent:
                raise ssl.SSLWantWriteError(
                    ssl.SSL_ERROR_WANT_WRITE, "The operation did not complete (write)"
                )
        n: int = self.run("write", self.ssl.write, data)
        return n

    def shutdown(self) -> Any:
        """Say goodbye and wait for the peer's; the plain socket."""
        self.run("shutdown", self.ssl.shutdown)
        return self.sock

    # The machinery

    def run(self, what: str, operation: Callable[..., Any], *args: Any) -> Any:
        """Try operation until it has the records it wants."""
        timeout = sock_get(self.sock)[1]
        until = deadline(timeout) if timeout > 0 else timeout
        while True:
            try:
                result = user_call(operation, *args)
            except ssl.SSLWantReadError:
                self.flush(what, until)
                self.fill(what, until)
            except ssl.SSLError:
                self.flush(what, until)  # the alert that tells the peer
                raise
            else:
                self.flush(what, until)
                return result

    def transfer(self, what: str, until: int, events: int, fn: Any, *args: Any) -> Any:
        """A system call on the socket within its time-out; until: 0 at once, -1 whenever."""
        fd = sock_get(self.sock)[0]
        if until <= 0:
            return call(fd, until, events, fn, fd, *args)
        try:
            return call_until(fd, until, events, fn, fd, *args)
        except TimeoutError:
            raise TimeoutError(f"The {what} operation timed out") from None

    def flush(self, what: str, until: int = 0) -> None:
        """Send what OpenSSL wants sent, as far as the socket takes it."""
        data = self.unsent + self.outgoing.read()
        self.unsent = b""
        while data:
            try:
                n = self.transfer(what, until, poll_.POLLOUT, sys_.sys_sendto, data)
            except BlockingIOError:
                self.unsent = data
                return
            data = data[n:]

    def fill(self, what: str, until: int) -> None:
        """Receive more of the record that is arriving, and nothing beyond it."""
        size = self.left or HEADER - len(self.header)
        try:
            data = self.transfer(what, until, poll_.POLLIN, sys_.sys_recv, size)
        except BlockingIOError:
            raise ssl.SSLWantReadError(
                ssl.SSL_ERROR_WANT_READ, "The operation did not complete (read)"
            ) from None
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


def wrap_socket(
    self: Any,
    sock: Any,
    server_side: bool,
    server_hostname: Any = None,
    *,
    owner: Any = None,
    session: Any = None,
) -> Any:
    """_ssl._SSLContext._wrap_socket()"""
    if sock_get(sock)[0] < SIM_FD:
        return original("_ssl._SSLContext._wrap_socket")(
            self, sock, server_side, server_hostname, owner=owner, session=session
        )

    def make(incoming: Any, outgoing: Any) -> Any:
        return self._wrap_bio(
            incoming, outgoing, server_side, server_hostname, owner=owner, session=session
        )

    return TlsObject(sock, make)
