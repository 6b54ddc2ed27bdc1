"""The RTNL: the one mutex of network configuration, per host.

Linux: rtnl_lock() and friends of net/core/rtnetlink.c

Whoever changes devices, addresses or routes holds it; notifiers run under it. It is a mutex: a task
may sleep while holding it, and no softirq may take it. What must be done when nobody holds it any
more (the end of unregister_netdevice()) is done by rtnl_unlock(): RtnlTodo.

Drivers of virtual devices register a kind here (RtnlLinkOps), which `ip link add type` asks for.
"""

from __future__ import annotations

import errno

from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice


class RtnlTodo:
    """Work for the moment after the RTNL is free; see rtnl_register_todo()."""

    __slots__ = ()

    def run(self, net: Net) -> None:
        """net's host has just let go of the RTNL."""


rtnl_todos: list[RtnlTodo] = []


def rtnl_register_todo(todo: RtnlTodo) -> None:
    """Have todo.run() called after each rtnl_unlock(); once at boot, one instance per class."""
    if not any(type(other) is type(todo) for other in rtnl_todos):
        rtnl_todos.append(todo)


def rtnl_lock(net: Net) -> None:
    """Take the RTNL of net's host; may sleep."""
    net.rtnl.lock()


def rtnl_trylock(net: Net) -> bool:
    """Take the RTNL if it is free."""
    return net.rtnl.trylock()


def rtnl_unlock(net: Net) -> None:
    """Let go of the RTNL and do what waited for that."""
    net.rtnl.unlock()
    for todo in rtnl_todos:
        todo.run(net)


def rtnl_is_locked(net: Net) -> bool:
    """Does anybody hold the RTNL?"""
    return net.rtnl.is_locked()


def ASSERT_RTNL(net: Net) -> None:
    """The caller must hold the RTNL."""
    assert net.rtnl.is_locked(), "RTNL: assertion failed"


class RtnlLinkOps:
    """struct rtnl_link_ops: a kind of device that can be made by name. Deleting one is the device's
    ndo_dellink()."""

    __slots__ = ("kind",)

    kind: str

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def newlink(self, net: Net, name: str, data: dict[str, object]) -> NetDevice:
        """Make and register a device called name (or by that pattern). RTNL; raises OSError.

        data are the options after "type KIND", in the words of ip-link(8).
        """
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")


link_ops: dict[str, RtnlLinkOps] = {}


def rtnl_link_register(ops: RtnlLinkOps) -> None:
    """Offer a kind, once at boot; a second registration by the same class changes nothing."""
    old = link_ops.get(ops.kind)
    assert old is None or type(old) is type(ops), f"link kind {ops.kind} is taken"
    if old is None:
        link_ops[ops.kind] = ops


def rtnl_create_link(net: Net, kind: str, name: str, data: dict[str, object]) -> NetDevice:
    """`ip link add NAME type KIND …`: the device. RTNL; OSError(EOPNOTSUPP) for an unknown kind."""
    ASSERT_RTNL(net)
    ops = link_ops.get(kind)
    if ops is None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")
    if not name:
        name = kind + "%d"
    return ops.newlink(net, name, data)
