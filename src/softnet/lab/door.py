"""The host behind `softnet run --socket`: one that a whole real process lives on, in real time.

    stack = DoorStack()
    stack.enter()
    try:
        fd = sys_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK)
    finally:
        stack.leave()
    wait = stack.advance(now_ns)

The world has no main loop of its own: whoever calls in runs it up to the present, and advance()
says when it has to be run again. usr/door does both. Nothing may sleep in it.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from softnet.fs.file import FdTable
from softnet.host import Host
from softnet.kernel.sched import Task, adopt, outsider
from softnet.lab.routing import config
from softnet.machine.clock import World
from softnet.net.core.rtnl import rtnl_create_link

# What programs of today expect beyond 3.2: they ask hasattr(socket, "SO_REUSEPORT") whether they may.
ERA = "3.2+SO_REUSEPORT"
DEVICE = "dummy0"
ADDRESS, PREFIXLEN, GATEWAY = "10.255.0.1", 24, "10.255.0.2"  # of a network where nobody answers


class DoorStack:
    """A world with one host, and the one task of it that real threads borrow."""

    __slots__ = ("host", "task", "world")

    world: World
    host: Host
    task: Task

    def __init__(self, seed: int = 0, silent: bool = False) -> None:
        """silent: beyond lo is a network where nobody answers, instead of none."""
        self.world = World(seed)
        self.host = Host(self.world, "softnet", era=ERA)
        self.task = outsider(self.host.machine, "door")
        self.task.files = FdTable()
        self.task.nsproxy = self.host.net
        if silent:
            with self.host.rtnl():
                rtnl_create_link(self.host.net, "dummy", DEVICE, {})
            self.host.set_up(DEVICE)
            self.host.add_address(DEVICE, ADDRESS, PREFIXLEN)
            self.host.add_route(config(IPv4Network("0.0.0.0/0"), IPv4Address(GATEWAY)))

    def enter(self) -> None:
        """What is called from now on are system calls of the host's program."""
        adopt(self.task)

    def leave(self) -> None:
        """No more of them for now."""
        adopt(None)

    def advance(self, now_ns: int) -> int:
        """Let everything happen that is due at now_ns; when the next thing is, -1 for never."""
        world = self.world
        world.run(until_ns=max(now_ns, world.clock.now))
        return world.queue.next_when()

    def busy(self) -> bool:
        """Is there something to do at once?"""
        return self.world.runqueue.count > 0
