"""The real world at a lab's door: TAP devices of the machine, programs in its namespaces.

    with softnet.Lab(clock="real") as lab, lab.outside() as outside:
        h1 = lab.host("h1")
        tap = lab.tap(h1, "10.9.0.2/24")           h1's tap0; the machine has the other end
        client = outside.namespace("client")
        client.take(tap.name, "10.9.0.1/24")
        client.start(["ping", "10.9.0.2"])

Needs root, or a user namespace (unshare -Urnm), and a lab with the real clock.
"""

from __future__ import annotations

import os
from ipaddress import IPv4Interface

from softnet.drivers.net.tun_real import TunReal, tun_real_add
from softnet.lab.errors import LabError
from softnet.lab.node import Node
from softnet.machine.outside.netns import Outside
from softnet.machine.outside.tap import DEVICE as TUN
from softnet.machine.outside.tap import open_tap

__all__ = ["LabTap", "Outside", "add_tap"]


class LabTap:
    """A TAP device: `name` in the machine, `device` on the node."""

    def __init__(self, node: Node, dev: TunReal) -> None:
        self.node = node
        self.dev = dev
        self.name = dev.tap.name
        self.device = dev.name

    def close(self) -> None:
        """Both ends go."""
        self.node.host.set_down(self.device)
        self.dev.tap.close()


def remedy() -> str:
    """What lets this user make a TAP."""
    if os.path.exists(TUN) and not os.access(TUN, os.R_OK | os.W_OK):
        return f"This user may not open {TUN}: as root, chmod 666 {TUN}, or be root"
    return "Be root, or run in a user namespace: unshare -Urnm python ..."


def add_tap(node: Node, address: str, name: str = "sn%d") -> LabTap:
    """Give node a device that is the TAP called name in the machine, up and with that address.

    LabError without the rights to make one, or on a virtual clock, which would not wait for it.
    """
    if node.lab.world.clock.virtual:
        raise LabError("a TAP needs real time: write softnet.Lab(clock='real')")
    interface = IPv4Interface(address)
    try:
        tap = open_tap(name)
    except OSError as e:
        raise LabError(f"cannot make the TAP device {name!r}: {e.strerror}. {remedy()}") from e
    host = node.host
    with host.running():
        dev = tun_real_add(host.net, tap)
    host.set_up(dev.name)
    host.add_address(dev.name, str(interface.ip), interface.network.prefixlen)
    made = LabTap(node, dev)
    node.lab.closers.append(made.close)
    return made
