"""The RTNL: the one mutex of network configuration, per host.

Linux: rtnl_lock() and friends of net/core/rtnetlink.c

Whoever changes devices, addresses or routes holds it; notifiers run under it. It is a mutex: a task
may sleep while holding it, and no softirq may take it. What must be done when nobody holds it any
more (the end of unregister_netdevice()) is done by rtnl_unlock(): RtnlTodo.
"""

from __future__ import annotations

from softnet.structs.net_namespace import Net


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
