"""Socket addresses: the tuples that Python programs hold, and the kernel's structs.

What is wrong with an address is left to the real method to say: it parses before it does anything,
and on a socket without a descriptor it can do nothing.
"""

from __future__ import annotations

import socket
from typing import Any

from softnet.syscalls import Sockaddr, SockaddrIn, SockaddrUn
from softnet.usr.resolver import resolve_address

AF_UNSPEC = 0
AF_UNIX = 1
AF_INET = 2
TEXTS_MAX = 1024  # addresses whose text is kept

texts: dict[int, str] = {}  # the text of addresses


def ip_text(addr: int) -> str:
    """A host integer as dotted text."""
    text = texts.get(addr)
    if text is None:
        text = f"{addr >> 24}.{addr >> 16 & 255}.{addr >> 8 & 255}.{addr & 255}"
        if len(texts) >= TEXTS_MAX:
            texts.clear()
        texts[addr] = text
    return text


def to_sockaddr(family: int, address: Any, complain: Any) -> Sockaddr:
    """The struct for an address tuple; complain(address) raises for what is none."""
    if family == AF_INET:
        if type(address) is not tuple or len(address) != 2:
            complain(address)
        host, port = address
        if not isinstance(host, str | bytes | bytearray):
            complain(address)
        if not isinstance(port, int):
            complain(("0.0.0.0", port))
            port = port.__index__()
        ip = resolve_address(host)
        if not 0 <= port <= 0xFFFF:
            complain(("0.0.0.0", port))
        return SockaddrIn(ip, port)
    if family == AF_UNIX:
        return unix_sockaddr(address, complain)
    raise OSError(97, "Address family not supported by protocol")


def unix_sockaddr(address: Any, complain: Any) -> Sockaddr:
    """A path, or an abstract name that begins with NUL."""
    if isinstance(address, str):
        path = address.encode("utf-8", "surrogateescape")
    elif isinstance(address, bytes | bytearray | memoryview):
        path = bytes(address)
    else:
        complain(address)
    if len(path) > 108 or (len(path) == 108 and path[:1] != b"\0"):
        raise OSError("AF_UNIX path too long")
    return SockaddrUn(path)


def from_sockaddr(addr: Sockaddr | None) -> Any:
    """The address a program sees; None where the kernel gave none."""
    if addr is None:
        return None
    if isinstance(addr, SockaddrIn):
        return ip_text(addr.sin_addr), addr.sin_port
    if isinstance(addr, SockaddrUn):
        if addr.path[:1] == b"\0":
            return addr.path
        return addr.path.decode("utf-8", "surrogateescape")
    return ""


def parse_type(type: int) -> tuple[int, bool]:
    """(type without its flags, SOCK_NONBLOCK given)."""
    return (
        type & ~(socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK),
        type & socket.SOCK_NONBLOCK != 0,
    )
