"""_socket: the names and numbers of a host's network devices."""

from __future__ import annotations

import errno
from typing import Any

from softnet.usr.task import me


def devices() -> list[tuple[int, str]]:
    """(index, name) of each, in the order in which the kernel knows them."""
    net: Any = me().task.nsproxy
    return [(dev.ifindex, dev.name) for dev in net.dev_base] if net is not None else []


def if_nameindex() -> list[tuple[int, str]]:
    """socket.if_nameindex()"""
    return devices()


def if_nametoindex(name: Any, /) -> int:
    """socket.if_nametoindex()"""
    text = name if isinstance(name, str) else bytes(name).decode()
    for index, known in devices():
        if known == text:
            return index
    raise OSError(errno.ENODEV, "no interface with this name")


def if_indextoname(index: int, /) -> str:
    """socket.if_indextoname()"""
    for number, name in devices():
        if number == index:
            return name
    raise OSError(errno.ENXIO, "No such device or address")
