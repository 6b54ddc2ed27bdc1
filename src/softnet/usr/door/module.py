"""The module `_socket` of a process that lives on softnet.

The real one's constants, exceptions, resolver and helpers, with our class and the functions that
make, close and copy sockets. Names are looked up as always; only what is found is then
reached through softnet.
"""

from __future__ import annotations

import _socket
import errno
import os
import struct
from operator import index
from types import ModuleType
from typing import Any

from softnet.usr.door.sock import FLAGS, OURS, here, real, socket

SIOCGIFINDEX = 0x8933
IFREQ = struct.Struct("16si20x")  # struct ifreq with ifr_ifindex


def socketpair(family: Any = None, type: int = _socket.SOCK_STREAM, proto: int = 0, /) -> Any:
    """socketpair([family[, type[, proto]]]) -> (socket object, socket object)"""
    family = _socket.AF_UNIX if family is None else index(family)
    if family not in OURS:
        raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
    pair = []
    for made in here.kernel.socketpair(family, index(type) & ~FLAGS, index(proto)):
        if type & _socket.SOCK_NONBLOCK:
            os.set_blocking(made.fd, False)
        pair.append(socket(family, type, proto, made.fd))
    return tuple(pair)


def close(fd: int, /) -> None:
    """close(integer) -> None"""
    entry = None
    if isinstance(fd, int) and fd >= 0:
        entry = here.kernel.find(fd)
    _socket.close(fd)
    if entry is not None:
        here.kernel.closed(entry)


def if_nameindex() -> list[tuple[int, str]]:
    """if_nameindex(): every device of the host, with or without an address."""
    with_socket = socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    fd = with_socket.fileno()
    try:
        entry = here.kernel.find(fd)
        assert entry is not None
        text = here.kernel.call(entry, fd, "read_proc", "/proc/net/dev").decode()
        names = [row.split(":")[0].strip() for row in text.splitlines()[2:]]
        rows = [
            (here.kernel.call(entry, fd, "ioctl", SIOCGIFINDEX, IFREQ.pack(name.encode(), 0)), name)
            for name in names
        ]
    finally:
        with_socket.close()
    return sorted((IFREQ.unpack(answer)[1], name) for answer, name in rows)


def if_nametoindex(name: Any, /) -> int:
    """if_nametoindex(if_name)"""
    wanted = os.fsdecode(name)
    for number, one in if_nameindex():
        if one == wanted:
            return number
    raise OSError("no interface with this name")


def if_indextoname(number: int, /) -> str:
    """if_indextoname(if_index)"""
    _socket.if_indextoname(1 if 0 < index(number) < 1 << 31 else number)
    for known, name in if_nameindex():
        if known == number:
            return name
    raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))


def make_module() -> ModuleType:
    """The module object, to be sys.modules["_socket"]."""
    module = ModuleType("_socket", _socket.__doc__)
    module.__dict__.update({k: v for k, v in vars(_socket).items() if k != "__name__"})
    type.__setattr__(socket, "__module__", "_socket")
    type.__setattr__(socket, "__doc__", real.__doc__)
    module.__dict__.update(
        socket=socket,
        SocketType=socket,
        socketpair=socketpair,
        close=close,
        if_nameindex=if_nameindex,
        if_nametoindex=if_nametoindex,
        if_indextoname=if_indextoname,
        has_ipv6=False,
    )
    return module
