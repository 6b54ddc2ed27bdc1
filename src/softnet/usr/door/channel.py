"""A softnet socket whose descriptor C drives by itself: the near end carries its bytes.

Usually the near end shows only the state of the socket (proxy.py), and Python's calls carry the
data. From Kernel.hand_over() on, what is written to the descriptor is sent, and what the socket
receives lies in it to be read: OpenSSL's SSL_set_fd(), for one, works. A reset shows as the end.
"""

from __future__ import annotations

import _socket

from softnet.usr.door import calls
from softnet.usr.door.proxy import receive, send

PIECE = 1 << 16  # bytes moved at once
MSG_NOSIGNAL = 0x4000


class Channel:
    """What is on its way between the far end and the host's socket."""

    __slots__ = ("ended", "inward", "outward")

    inward: bytes  # received, not yet at the near end
    outward: bytes  # written there, not yet sent
    ended: bool  # no more will be received

    def __init__(self, ended: bool = False) -> None:
        self.inward = b""
        self.outward = b""
        self.ended = ended

    def move(self, kfd: int, far: _socket.socket) -> bool:
        """Move what can be moved, in the stack; was it anything?"""
        moved = False
        while self.move_out(kfd, far) or self.move_in(kfd, far):
            moved = True
        return moved

    def move_out(self, kfd: int, far: _socket.socket) -> bool:
        """Send what was written."""
        if not self.outward:
            self.outward = receive(far, PIECE)
        if not self.outward:
            return False
        try:
            sent = calls.send(kfd, self.outward, MSG_NOSIGNAL)
        except BlockingIOError:
            return False
        except OSError:  # the peer is gone: what is read will say so
            sent = len(self.outward)
        self.outward = self.outward[sent:]
        return True

    def move_in(self, kfd: int, far: _socket.socket) -> bool:
        """Hand on what was received."""
        if not self.inward and not self.ended:
            try:
                self.inward = calls.recv(kfd, PIECE, _socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            except OSError:
                self.inward = b""
            if not self.inward:
                self.ended = True
                far.shutdown(_socket.SHUT_WR)
        if not self.inward:
            return False
        gone = send(far, self.inward)
        self.inward = self.inward[gone:]
        return gone > 0
