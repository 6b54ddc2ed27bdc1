"""Simulated descriptors in hands that are not their program's.

The lab's own code, a destructor or another host's program may hold a socket of a program that runs on,
is killed or is over. Closing it is always allowed, and is done when its program has its next turn;
for all else it is EBADF, as it would be for a number of another process.
"""

from __future__ import annotations

import errno
from typing import Any

from softnet.usr.redef import epoll_set, sock_get, sock_set
from softnet.usr.sockets import release_fd

CLOSING = ("close", "__exit__", "detach")


def used_outside(name: str, self: Any, fd: int) -> object:
    """A method of a simulated socket or epoll object is called where no simulated program runs."""
    if name not in CLOSING:
        raise OSError(
            errno.EBADF,
            f"Bad file descriptor: {name}() of a simulated program's {type(self).__name__} was called"
            " outside the program",
        )
    if hasattr(self, "family"):
        timeout = sock_get(self)[1]
        sock_set(self, -1, int(self.family), int(self.type), self.proto, timeout)
    else:
        epoll_set(self, -1)
    release_fd(fd, False)
    return None
