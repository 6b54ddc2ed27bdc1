"""Socket addresses as Python programs write them, and the plain form that calls.py takes.

What is wrong with an address is left to the real method to say, on a socket that is closed: it
parses before it does anything.
"""

from __future__ import annotations

import _socket
import errno
import os
import stat
from typing import Any

AF_UNIX, AF_INET = 1, 2
UNIX_PATH_MAX = 108

Plain = tuple[Any, ...]


def complain(family: int, method: str, *args: Any) -> None:
    """Let the real method raise for what it is given."""
    dead = _socket.socket(family, _socket.SOCK_DGRAM)
    dead.close()
    try:
        getattr(dead, method)(*args)
    except OSError as e:
        if isinstance(e, _socket.gaierror | _socket.herror) or e.errno != errno.EBADF:
            raise


def parse(family: int, address: Any, method: str, *before: Any) -> Plain:
    """The plain form of an address; raises as socket.method(*before, address) does."""
    if family == AF_UNIX:
        return AF_UNIX, unix_name(address, method, before)
    if type(address) is not tuple or len(address) != 2 or type(address[1]) is not int:
        complain(family, method, *before, address)
    host, port = address
    if not 0 <= port <= 0xFFFF or not isinstance(host, str | bytes | bytearray):
        complain(family, method, *before, address)
    return AF_INET, ipv4(host), int(port)


def ipv4(host: Any) -> int:
    """The host part as an integer; names are looked up as always."""
    try:
        dotted = _socket.inet_aton(host)
    except (OSError, TypeError):
        if isinstance(host, bytes | bytearray):
            host = host.decode("utf-8", "surrogateescape")
        dotted = _socket.inet_aton(_socket.gethostbyname(host))
    return int.from_bytes(dotted, "big")


def unix_name(address: Any, method: str, before: Any) -> bytes:
    """A path, or an abstract name that begins with NUL."""
    if isinstance(address, str):
        path = os.fsencode(address)
    else:
        try:
            path = bytes(memoryview(address))
        except TypeError:
            complain(AF_UNIX, method, *before, address)
            raise
    longest = UNIX_PATH_MAX if path[:1] in (b"", b"\0") else UNIX_PATH_MAX - 1
    if len(path) > longest:
        raise OSError("AF_UNIX path too long")
    return path


def of_file(addr: Plain) -> Plain:
    """For connect() and sendto(): a path becomes the file that it names. OSError(ENOENT ...)."""
    if addr[0] != AF_UNIX or addr[1][:1] in (b"", b"\0"):
        return addr
    st = os.stat(addr[1])
    if not stat.S_ISSOCK(st.st_mode):
        raise OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    return *addr, st.st_dev, st.st_ino


def make_file(addr: Plain) -> Plain:
    """For bind(): make the file of a path. OSError(EADDRINUSE) if there is one."""
    if addr[0] != AF_UNIX or addr[1][:1] in (b"", b"\0"):
        return addr
    path = addr[1]
    try:
        os.mknod(path, stat.S_IFSOCK | 0o777)
    except FileExistsError:
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE)) from None
    st = os.stat(path)
    return *addr, st.st_dev, st.st_ino


def shown(addr: Plain | None) -> Any:
    """The address that a program sees; None where the kernel gave none."""
    if addr is None:
        return None
    if addr[0] == AF_INET:
        number = addr[1]
        return _socket.inet_ntoa(number.to_bytes(4, "big")), addr[2]
    name = addr[1]
    return name if name[:1] == b"\0" else os.fsdecode(name)
