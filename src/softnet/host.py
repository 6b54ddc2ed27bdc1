"""Host: one simulated computer with a booted kernel.

Linux: init/main.c (do_initcalls)

    world = World(seed=7)
    h1 = Host(world, "h1")
    h1.add_address("lo", "127.0.0.2", 8)
    task = h1.spawn(program, arg)
    world.run(predicate=task.finished)

INITCALLS below is the boot list, and with it the table of contents of the whole stack: what there
is, in the order in which each part stands on those before it.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import softnet.uapi.if_ as if_
from softnet.drivers.net.dummy import dummy_init
from softnet.drivers.net.e1000.e1000_main import e1000_net_init
from softnet.drivers.net.loopback import loopback_net_init
from softnet.drivers.net.veth import veth_init
from softnet.fs.file import FdTable
from softnet.kernel.boot import start_kernel
from softnet.kernel.era import era_version
from softnet.kernel.lock import Mutex
from softnet.kernel.sched import Task, crash_tasks, spawn
from softnet.machine.cable import Port
from softnet.machine.clock import World
from softnet.machine.cpu import set_this_cpu
from softnet.machine.machine import Machine
from softnet.machine.nic.e1000 import E1000Nic
from softnet.net.core.dev.config import dev_change_flags, dev_set_mtu
from softnet.net.core.dev.init import net_dev_init, netdev_net_exit, netdev_net_init
from softnet.net.core.dev.registry import dev_get_by_name
from softnet.net.core.filter import filter_init
from softnet.net.core.link_watch import linkwatch_init
from softnet.net.core.net_namespace import PernetFns, create_init_net, register_pernet_subsys
from softnet.net.core.net_proc import dev_proc_init
from softnet.net.core.rtnl import rtnl_lock, rtnl_unlock
from softnet.net.core.sysctl_net_core import sysctl_core_net_init
from softnet.net.ipv4.af_inet import inet_init, inet_net_init, netns_ipv4_init
from softnet.net.ipv4.arp import arp_init, arp_net_exit, arp_net_init
from softnet.net.ipv4.devinet import devinet_init, devinet_net_init, inet_add_addr
from softnet.net.ipv4.fib_frontend import (
    fib_del_route,
    fib_frontend_init,
    fib_frontend_net_exit,
    fib_frontend_net_init,
    fib_new_route,
)
from softnet.net.ipv4.fib_proc import fib_proc_init
from softnet.net.ipv4.fib_rules import fib4_rules_init
from softnet.net.ipv4.icmp import icmp_init, icmp_net_init
from softnet.net.ipv4.igmp import igmp_init
from softnet.net.ipv4.inet_diag import inet_diag_init
from softnet.net.ipv4.inetpeer import inetpeer_net_init
from softnet.net.ipv4.ip_forward import ip_forward_init
from softnet.net.ipv4.ip_fragment import ipfrag_net_exit, ipfrag_net_init
from softnet.net.ipv4.ip_input import ip_input_init
from softnet.net.ipv4.ip_output import ip_output_init
from softnet.net.ipv4.ping import ping_net_init
from softnet.net.ipv4.raw import raw_net_init
from softnet.net.ipv4.route import route_net_exit, route_net_init
from softnet.net.ipv4.route_proc import route_proc_init
from softnet.net.ipv4.route_sysctl import route_sysctl_net_init
from softnet.net.ipv4.tcp import tcp_init, tcp_net_exit, tcp_net_init
from softnet.net.unix.af_unix import unix_init, unix_net_init
from softnet.structs.fib import FibConfig
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice
from softnet.wire.addr import ip_aton

NetFn = Callable[[Net], None]


class Initcall:
    """One row of the boot list: init once per process, net_init and net_exit per namespace."""

    __slots__ = ("init", "name", "net_exit", "net_init")

    name: str
    init: Callable[[], None] | None
    net_init: NetFn | None
    net_exit: NetFn | None

    def __init__(
        self,
        name: str,
        init: Callable[[], None] | None = None,
        net_init: NetFn | None = None,
        net_exit: NetFn | None = None,
    ) -> None:
        self.name = name
        self.init = init
        self.net_init = net_init
        self.net_exit = net_exit


INITCALLS: tuple[Initcall, ...] = (
    # net/core: devices and the softirqs that serve them
    Initcall("sysctl_net_core", None, sysctl_core_net_init),
    Initcall("net_dev", net_dev_init, netdev_net_init, netdev_net_exit),
    Initcall("linkwatch", linkwatch_init),
    Initcall("filter", filter_init),
    Initcall("dev_proc", dev_proc_init),
    # net/ipv4, bottom up: addresses, neighbours, routes, datagrams
    Initcall("netns_ipv4", None, netns_ipv4_init),
    Initcall("devinet", devinet_init, devinet_net_init),
    Initcall("arp", arp_init, arp_net_init, arp_net_exit),
    Initcall("inetpeer", None, inetpeer_net_init),
    Initcall("fib_rules", fib4_rules_init),
    Initcall("fib_frontend", fib_frontend_init, fib_frontend_net_init, fib_frontend_net_exit),
    Initcall("fib_proc", fib_proc_init),
    Initcall("route", None, route_net_init, route_net_exit),
    Initcall("route_sysctl", None, route_sysctl_net_init),
    Initcall("route_proc", route_proc_init),
    Initcall("ip_fragment", None, ipfrag_net_init, ipfrag_net_exit),
    Initcall("ip_input", ip_input_init),
    Initcall("ip_forward", ip_forward_init),
    Initcall("ip_output", ip_output_init),
    # net/ipv4: what sockets speak
    Initcall("icmp", icmp_init, icmp_net_init),
    Initcall("igmp", igmp_init),
    Initcall("ping", None, ping_net_init),
    Initcall("raw", None, raw_net_init),
    Initcall("af_inet", inet_init, inet_net_init),
    Initcall("tcp", tcp_init, tcp_net_init, tcp_net_exit),
    Initcall("inet_diag", inet_diag_init),
    # net/unix
    Initcall("af_unix", unix_init, unix_net_init),
    # drivers/net
    Initcall("loopback", None, loopback_net_init),
    Initcall("veth", veth_init),
    Initcall("dummy", dummy_init),
    Initcall("e1000", None, e1000_net_init),
)


def do_initcalls() -> None:
    """Fill the registries that all hosts of the process share. Again is no different from once."""
    for call in INITCALLS:
        if call.init is not None:
            call.init()
        if call.net_init is not None:
            register_pernet_subsys(PernetFns(call.name, call.net_init, call.net_exit))


class Host:
    """A machine and what runs on it: the first network namespace, its programs.

    ram is the memory the kernel believes in (bytes): limits that Linux derives from it follow it,
    and no other. era: "3.2" (its last stable release), "3.2.0" (the bare one), or a later kernel
    whose mechanisms shall be there too, or "3.2+SO_REUSEPORT": kernel/era has the names.
    """

    __slots__ = ("boots", "era", "machine", "name", "net", "world")

    world: World
    name: str
    machine: Machine
    net: Net
    era: str
    boots: int  # how often it was switched on

    def __init__(
        self, world: World, name: str, ncpus: int = 1, ram: int = 0, era: str = "3.2"
    ) -> None:
        era_version(era)  # ValueError, before anything is made
        do_initcalls()
        self.world = world
        self.name = name
        self.era = era
        self.boots = 0
        self.machine = world.new_machine(name, ncpus, ram)
        self.boot()

    def boot(self) -> None:
        """Switch the machine on."""
        self.boots += 1
        with self.running():
            start_kernel(self.machine)
            self.net = create_init_net(self.machine, Mutex("rtnl_mutex"), self.era)
            self.set_up("lo")

    def __repr__(self) -> str:
        return f"<Host {self.name!r}>"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the block as this host's own code, on its first CPU: what an operator does to it."""
        before = set_this_cpu(self.machine.boot_cpu)
        try:
            yield
        finally:
            set_this_cpu(before)

    @contextmanager
    def rtnl(self) -> Iterator[None]:
        """running(), with the RTNL held."""
        with self.running():
            rtnl_lock(self.net)
            try:
                yield
            finally:
                rtnl_unlock(self.net)

    # What an operator types

    def device(self, name: str) -> NetDevice:
        """The device called name; OSError(ENODEV)."""
        dev = dev_get_by_name(self.net, name)
        if dev is None:
            raise OSError(errno.ENODEV, f"host {self.name!r} has no device {name!r}")
        return dev

    def add_e1000(self, port: Port, mac: bytes) -> str:
        """Plug a network card with that MAC address in, and a cable's end into it; its name, eth0."""
        with self.running():
            dev = E1000Nic(self.machine, mac, port).pdev.driver_data
        if not isinstance(dev, NetDevice):
            raise OSError(errno.EIO, f"host {self.name!r}: no driver took the card")
        return dev.name

    def set_up(self, name: str) -> None:
        """ip link set NAME up"""
        self.change_flags(name, if_.IFF_UP, 0)

    def set_down(self, name: str) -> None:
        """ip link set NAME down"""
        self.change_flags(name, 0, if_.IFF_UP)

    def change_flags(self, name: str, on: int, off: int) -> None:
        """Set and clear IFF_* bits of a device; OSError if it refuses."""
        with self.rtnl():
            dev = self.device(name)
            err = dev_change_flags(dev, (dev.flags | on) & ~off)
        if err < 0:
            raise OSError(-err, f"host {self.name!r}: device {name!r} refuses")

    def add_address(self, name: str, address: str, prefixlen: int) -> None:
        """ip addr add ADDRESS/PREFIXLEN brd + dev NAME"""
        with self.rtnl():
            inet_add_addr(self.net, self.device(name), ip_aton(address), prefixlen, broadcast=-1)

    def add_route(self, cfg: FibConfig) -> None:
        """ip route add; OSError with Linux's errno."""
        with self.rtnl():
            fib_new_route(self.net, cfg)

    def del_route(self, cfg: FibConfig) -> None:
        """ip route del; OSError(ESRCH) if there is none like it."""
        with self.rtnl():
            fib_del_route(self.net, cfg)

    def set_mtu(self, name: str, mtu: int) -> None:
        """ip link set NAME mtu MTU; OSError(EINVAL) for one the device cannot."""
        with self.rtnl():
            err = dev_set_mtu(self.device(name), mtu)
        if err < 0:
            raise OSError(-err, f"host {self.name!r}: device {name!r} cannot have an MTU of {mtu}")

    def sysctl(self, name: str, value: object) -> None:
        """sysctl -w NAME=VALUE"""
        with self.running():
            self.net.sysctl.write(name, str(value))

    # Programs

    def spawn(
        self,
        fn: Callable[..., object],
        *args: object,
        name: str = "",
        fd_base: int = 0,
        keep_exception: bool = True,
    ) -> Task:
        """A process that will call fn(*args), with no open files, in the first namespace.

        fd_base: its lowest descriptor. An exception it lets out is kept for task.result().
        """
        task = spawn(self.machine, fn, *args, name=name, keep_exception=keep_exception)
        task.files = FdTable(fd_base)
        task.nsproxy = self.net
        return task

    def halt(self) -> None:
        """Pull the plug: every task ends where it stands. Called from outside every task.

        Its cards must be off their cables already: a task's finally blocks may close sockets.
        """
        crash_tasks(self.machine)
        self.world.forget_events(self.machine.host_id)

    def power_on(self) -> None:
        """After halt(): another machine of this name boots, with nothing but lo."""
        self.machine = self.world.replace_machine(self.machine, self.name, self.boots)
        self.boot()
