"""The RTNL and the kinds of links."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

from softnet.net.core.rtnl import (
    ASSERT_RTNL,
    RtnlLinkOps,
    RtnlTodo,
    link_ops,
    rtnl_create_link,
    rtnl_is_locked,
    rtnl_link_register,
    rtnl_lock,
    rtnl_register_todo,
    rtnl_todos,
    rtnl_trylock,
    rtnl_unlock,
)
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice
from tests.net.core.dev.kit import DevHost, Wire, rtnl


@pytest.fixture
def host() -> Iterator[DevHost]:
    with DevHost() as h:
        yield h


def test_lock_and_assertion(host: DevHost) -> None:
    with pytest.raises(AssertionError, match="RTNL: assertion failed"):
        ASSERT_RTNL(host.net)
    rtnl_lock(host.net)
    ASSERT_RTNL(host.net)
    assert rtnl_is_locked(host.net)
    assert not rtnl_trylock(host.net)
    rtnl_unlock(host.net)
    assert rtnl_trylock(host.net)
    rtnl_unlock(host.net)


def test_todo_runs_when_it_is_free(host: DevHost) -> None:
    class Todo(RtnlTodo):
        locked: bool | None = None

        def run(self, net: Net) -> None:
            Todo.locked = rtnl_is_locked(net)

    todo = Todo()
    rtnl_register_todo(todo)
    rtnl_register_todo(Todo())
    try:
        with rtnl(host.net):
            assert Todo.locked is None
        assert Todo.locked is False
        assert sum(type(t) is Todo for t in rtnl_todos) == 1
    finally:
        rtnl_todos.remove(todo)


def test_link_kinds(host: DevHost) -> None:
    class WireOps(RtnlLinkOps):
        def newlink(self, net: Net, name: str, data: dict[str, object]) -> NetDevice:
            return Wire(net, name)

    rtnl_link_register(WireOps("wire"))
    try:
        with rtnl(host.net):
            assert rtnl_create_link(host.net, "wire", "w0", {}).name == "w0"
            assert rtnl_create_link(host.net, "wire", "", {}).name == "wire%d"
            with pytest.raises(OSError, match="not supported") as e:
                rtnl_create_link(host.net, "string", "s0", {})
        assert e.value.errno == errno.EOPNOTSUPP
    finally:
        del link_ops["wire"]
