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
from softnet.usr.tls_records import TlsRecords


class TlsObject(TlsRecords):
    """Stands where _ssl._SSLSocket stands."""

    __slots__ = ()

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
        data = self.to_send()
        while data:
            try:
                n = self.transfer(what, until, poll_.POLLOUT, sys_.sys_sendto, data)
            except BlockingIOError:
                self.unsent = data
                return
            data = data[n:]

    def fill(self, what: str, until: int) -> None:
        """Receive more of the record that is arriving, and nothing beyond it."""
        try:
            data = self.transfer(what, until, poll_.POLLIN, sys_.sys_recv, self.wanted())
        except BlockingIOError:
            raise ssl.SSLWantReadError(
                ssl.SSL_ERROR_WANT_READ, "The operation did not complete (read)"
            ) from None
        self.arrived(data)


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

    return TlsObject(sock, ssl.MemoryBIO, make)
