"""What stands where _ssl._SSLSocket stood: OpenSSL over two MemoryBIOs, carried by a subclass.

ssl.SSLSocket, unmodified, calls these methods. Records are cut here: never is a byte read past the
record that is arriving, so that after unwrap() the rest of the stream belongs to the program.
The module ssl is not imported: the door needs this before it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

HEADER = 5  # bytes of a record's header: type, version, length of what follows


class TlsRecords:
    """An OpenSSL connection in memory; a subclass has run(), which moves the records."""

    __slots__ = ("header", "incoming", "left", "outgoing", "sock", "ssl", "unsent")

    sock: Any
    ssl: Any  # the _ssl._SSLSocket over the two BIOs
    incoming: Any
    outgoing: Any
    header: bytes  # of the record that is arriving, as far as it did
    left: int  # of its body
    unsent: bytes  # records that the socket had no room for

    def __init__(self, sock: Any, bio: Callable[[], Any], make: Callable[[Any, Any], Any]) -> None:
        self.sock = sock
        self.incoming = bio()
        self.outgoing = bio()
        self.ssl = make(self.incoming, self.outgoing)
        self.header = b""
        self.left = 0
        self.unsent = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ssl, name)

    def run(self, what: str, operation: Callable[..., Any], *args: Any) -> Any:
        """Try operation until it has the records it wants."""
        raise AssertionError(f"{type(self).__name__} has no run()")

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

    def do_handshake(self) -> None:
        """Exchange records until the connection is there."""
        self.run("handshake", self.ssl.do_handshake)

    def read(self, size: int = 1024, buffer: Any = None) -> Any:
        """Decrypted bytes, or how many were put into buffer."""
        args = (size,) if buffer is None else (size, buffer)
        return self.run("read", self.ssl.read, *args)

    def shutdown(self) -> Any:
        """Say goodbye and wait for the peer's; the plain socket."""
        self.run("shutdown", self.ssl.shutdown)
        return self.sock

    def wanted(self) -> int:
        """Return how many bytes the record that is arriving lacks, as far as is known."""
        return self.left or HEADER - len(self.header)

    def arrived(self, data: bytes) -> None:
        """Hand over at most wanted() bytes; none at all is the end of the stream."""
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

    def to_send(self) -> bytes:
        """Take what OpenSSL wants sent and what was left of the last time."""
        data: bytes = self.unsent + self.outgoing.read()
        self.unsent = b""
        return data
