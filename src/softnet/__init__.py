"""softnet: the network subsystem of Linux 3.2, rebuilt in user space in typed Python.

    import softnet

    with softnet.Lab(seed=7) as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2, rate="10mbit", delay="20ms", loss="1%")

The map of the tree. Imports point down the page, never up or sideways:

    lab/            topologies, links, faults, captures, the story of a packet
    tools/  usr/    programs that run on a host; what libc and the standard library are to a
                    program. Both enter by syscalls.py and by nothing else
    host.py         boots one computer; its list of initcalls is the stack's table of contents
    syscalls.py     sys_socket, sys_bind, ...: the table user space enters by
    drivers/net/    loopback veth tun e1000 ...: they never see a protocol
    net/            bridge vlan packet unix ipv6; ipv4; netfilter; sched; netlink; ethernet;
                    socket; core
    structs/        nouns: SkBuff NetDevice Napi Sock Net DstEntry Qdisc, and the ops classes
                    between the layers
    fs/             open files, poll and epoll, /proc
    kernel/         softirq, timers, wait queues, scheduler, rcu, locks, sysctl, trace, random
    machine/        clock, CPUs, interrupts, memory, buses, NICs, cables; machine/outside is the
                    one door to the real world
    wire/           codecs: bytes and values
    arch/           the few primitives with a C twin: byte order, copy, checksum, 32-bit wrap
    uapi/           the numbers that user space knows

To read it as a book: host, machine/machine, structs/skbuff, net/core/skbuff, structs/netdevice,
net/socket, net/core/dev/ (registry, xmit, receive, napi), net/ipv4/ip_input, ip_output, tcp.
Each folder's docstring says what lives there, what it may import and which file comes first.

A module with a .pxd beside it is compiled to C where a compiler was at hand. The source
is the same, and SOFTNET_PURE=1 in the environment runs it interpreted all the same.

Importing softnet loads nothing else: its public names are loaded when first used.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softnet.host import Host
    from softnet.lab.errors import HostCrashed, LabError, TimeLimit
    from softnet.lab.explore import FoundFault, explore
    from softnet.lab.faults import Schedule, schedule
    from softnet.lab.strategy import faults
    from softnet.lab.topology import Lab

__all__ = [
    "FoundFault",
    "Host",
    "HostCrashed",
    "Lab",
    "LabError",
    "Schedule",
    "TimeLimit",
    "__version__",
    "explore",
    "faults",
    "schedule",
]
__version__ = "0.1.0"

# Public name -> the module that defines it.
EXPORTS = {
    "FoundFault": "softnet.lab.explore",
    "Host": "softnet.host",
    "HostCrashed": "softnet.lab.errors",
    "Lab": "softnet.lab.topology",
    "LabError": "softnet.lab.errors",
    "Schedule": "softnet.lab.faults",
    "TimeLimit": "softnet.lab.errors",
    "explore": "softnet.lab.explore",
    "faults": "softnet.lab.strategy",
    "schedule": "softnet.lab.faults",
}


def __getattr__(name: str) -> object:
    """Load a public name at its first use."""
    home = EXPORTS.get(name)
    if home is None:
        raise AttributeError(f"module 'softnet' has no attribute {name!r}")
    value: object = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *EXPORTS})


if os.environ.get("SOFTNET_PURE"):
    # Only then is the module needed at all: it makes imports pass by the .so files.
    sys.meta_path.insert(0, importlib.import_module("softnet._pure").SourceFinder())
