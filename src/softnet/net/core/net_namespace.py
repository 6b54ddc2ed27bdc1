"""The life of a network namespace: what makes one, what takes it apart.

Linux: net/core/net_namespace.c

Each subsystem that keeps something per namespace registers PernetOperations at boot, in the order
in which they depend on each other. setup_net() runs their init(), cleanup_net() their exit()
backwards.

    register_pernet_subsys(PernetFns("loopback", loopback_net_init))
    init_net = create_init_net(machine, rtnl, "3.2")
    net = copy_net_ns(init_net, "ns1")          unshare(CLONE_NEWNET), ip netns add
    put_net(net)                                nobody uses it any more: cleanup_net()

The registry is code only, one for all hosts; register everything before the first host boots.
"""

from __future__ import annotations

from collections.abc import Callable

from softnet.kernel.lock import Mutex
from softnet.kernel.sysctl import SysctlTable
from softnet.machine.machine import Machine
from softnet.structs.net_namespace import Net

NET_INODE_FIRST = 0xF0000000  # inode numbers of /proc/*/ns/net, as later kernels give them


class PernetOperations:
    """struct pernet_operations: subclass, or use PernetFns."""

    __slots__ = ("name",)

    name: str

    def __init__(self, name: str) -> None:
        self.name = name

    def init(self, net: Net) -> None:
        """A namespace begins; raises OSError if it cannot."""

    def exit(self, net: Net) -> None:
        """It ends. RTNL is not held."""


class PernetFns(PernetOperations):
    """PernetOperations made of functions."""

    __slots__ = ("exit_fn", "init_fn")

    init_fn: Callable[[Net], None]
    exit_fn: Callable[[Net], None] | None

    def __init__(
        self,
        name: str,
        init_fn: Callable[[Net], None],
        exit_fn: Callable[[Net], None] | None = None,
    ) -> None:
        PernetOperations.__init__(self, name)
        self.init_fn = init_fn
        self.exit_fn = exit_fn

    def init(self, net: Net) -> None:
        """Call init_fn."""
        self.init_fn(net)

    def exit(self, net: Net) -> None:
        """Call exit_fn, if there is one."""
        if self.exit_fn is not None:
            self.exit_fn(net)


pernet_list: list[PernetOperations] = []


def register_pernet_subsys(ops: PernetOperations) -> None:
    """Have every namespace set up by ops too. One registration per name; the first one stays."""
    if all(other.name != ops.name for other in pernet_list):
        pernet_list.append(ops)


def unregister_pernet_subsys(name: str) -> None:
    """Set up no more namespaces by these ops; those that exist keep what they have."""
    pernet_list[:] = [ops for ops in pernet_list if ops.name != name]


def create_init_net(machine: Machine, rtnl: Mutex, era: str) -> Net:
    """The host's first namespace, set up; machine.init_net."""
    net = Net(machine, "init_net", rtnl, era)
    net.inode = NET_INODE_FIRST
    machine.init_net = net
    setup_net(net)
    return net


def copy_net_ns(old_net: Net, name: str) -> Net:
    """A new, empty namespace beside old_net: unshare(CLONE_NEWNET)."""
    init_net = old_net.nets[0]
    net = Net(old_net.machine, name, old_net.rtnl, old_net.era)
    net.inode = max(other.inode for other in init_net.nets) + 1
    net.nets = init_net.nets
    net.nets.append(net)
    try:
        setup_net(net)
    except BaseException:
        net.nets.remove(net)
        raise
    return net


def setup_net(net: Net) -> None:
    """Run every init() in order; if one raises, undo those before it."""
    if net.sysctl is None:
        net.sysctl = SysctlTable(net.machine.sysctl)
    done: list[PernetOperations] = []
    for ops in list(pernet_list):
        try:
            ops.init(net)
        except BaseException:
            for other in reversed(done):
                other.exit(net)
            raise
        done.append(ops)
    net.count = 1


def get_net(net: Net) -> Net:
    """One user of net more: a task, a socket of the kernel, a name under /var/run/netns."""
    assert net.count > 0
    net.count += 1
    return net


def put_net(net: Net) -> None:
    """One user less; the last one takes the namespace apart."""
    net.count -= 1
    assert net.count >= 0
    if net.count == 0:
        cleanup_net(net)


def cleanup_net(net: Net) -> None:
    """Run every exit(), last one first. Task context, no RTNL."""
    assert net is not net.nets[0], "init_net stays"
    for ops in reversed(list(pernet_list)):
        ops.exit(net)
    net.nets.remove(net)


def for_each_net(net: Net) -> list[Net]:
    """Every namespace of net's host, init_net first."""
    return list(net.nets)
