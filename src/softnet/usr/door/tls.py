"""ssl over a softnet socket: OpenSSL talks to memory, and this carries its records.

_ssl's own objects read and write the real descriptor. Here ssl.SSLSocket, unmodified, drives a
Tls instead, which has their methods: an OpenSSL connection over two MemoryBIOs, and the
socket's recv and send with its time-out.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

from softnet.usr.door.sock import POLLIN, POLLOUT, entry_of, here, socket
from softnet.usr.tls_records import TlsRecords


class Tls(TlsRecords):
    """Stands where _ssl._SSLSocket stands."""

    __slots__ = ("mod",)

    mod: Any  # the module ssl

    def __init__(self, mod: Any, sock: Any, make: Callable[[Any, Any], Any]) -> None:
        super().__init__(sock, mod.MemoryBIO, make)
        self.mod = mod

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

    def run(self, what: str, operation: Any, *args: Any) -> Any:
        """Try operation until it has the records it wants."""
        timeout = self.sock.gettimeout()
        until = deadline(timeout)
        while True:
            try:
                result = operation(*args)
            except self.mod.SSLWantReadError:
                # What has arrived is read before anything is sent, as far as that does not wait.
                if not self.fill_at_once():
                    self.flush(what, until, timeout)
                    self.fill(what, until, timeout)
            except self.mod.SSLError:
                with suppress(OSError):
                    self.flush(what, until, 0)  # the alert that tells the peer, if it is there
                raise
            else:
                # OpenSSL's server does not mind if the peer left before it got its tickets.
                tickets = what == "handshake" and self.ssl.server_side
                with suppress(BrokenPipeError, ConnectionResetError) if tickets else nullcontext():
                    # With OpenSSL the answer to the peer's last message goes while we run on.
                    self.flush(what, until, timeout, quietly=what in ("handshake", "read"))
                return result

    def wait(self, what: str, events: int, until: float | None) -> None:
        """Sleep until the descriptor is ready."""
        left = None if until is None else max(0.0, (until - time.monotonic()) * 1000)
        poll = select.poll()
        poll.register(self.sock.fileno(), events)
        if not poll.poll(left):
            raise TimeoutError(f"The {what} operation timed out")

    def call(self, name: str, *args: Any, by: Any = None) -> Any:
        """A system call on the socket; OSError(EBADF) if it is closed."""
        entry, fd = entry_of(self.sock)
        assert entry is not None
        return (by or here.kernel.call)(entry, fd, name, *args)

    def flush(
        self, what: str, until: float | None, timeout: float | None, quietly: bool = False
    ) -> None:
        """Send what OpenSSL wants sent, as far as the socket takes it."""
        data = self.to_send()
        call = here.kernel.call_quietly if quietly else here.kernel.call
        while data:
            try:
                data = data[self.call("send", data, 0, by=call) :]
            except BlockingIOError:
                if timeout == 0:
                    self.unsent = data
                    return
                self.wait(what, POLLOUT, until)

    def fill(self, what: str, until: float | None, timeout: float | None) -> None:
        """Receive more of the record that is arriving, and nothing beyond it."""
        while not self.fill_at_once():
            if timeout == 0:
                raise self.mod.SSLWantReadError(
                    self.mod.SSL_ERROR_WANT_READ, "The operation did not complete (read)"
                )
            self.wait(what, POLLIN, until)

    def fill_at_once(self) -> bool:
        """fill() with what is there; False if nothing is."""
        try:
            data = self.call("recv", self.wanted(), 0)
        except BlockingIOError:
            return False
        self.arrived(data)
        return True


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
        if not isinstance(sock, socket) or entry_of(sock)[0] is None:
            return theirs(self, sock, server_side, server_hostname, owner=owner, session=session)

        def make(incoming: Any, outgoing: Any) -> Any:
            return self._wrap_bio(
                incoming, outgoing, server_side, server_hostname, owner=owner, session=session
            )

        return Tls(ssl, sock, make)

    ssl.SSLContext._wrap_socket = _wrap_socket
