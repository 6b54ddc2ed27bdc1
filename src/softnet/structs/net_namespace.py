"""struct net: one network namespace, the root of everything that is not hardware.

Linux: include/net/net_namespace.h, include/net/netns/*.h, include/net/snmp.h

Differs from Linux: what the kernel keeps in globals (taps, netfilter hooks, socket hash tables,
the route cache) hangs here, so that one process holds thousands of hosts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.mem as mem

if TYPE_CHECKING:
    from softnet.arch.mem import I64s
    from softnet.kernel.lock import Mutex
    from softnet.kernel.notifier import NotifierBlock
    from softnet.kernel.sysctl import SysctlTable
    from softnet.kernel.timer import TimerBase
    from softnet.machine.entropy import RandomStream
    from softnet.machine.machine import Machine
    from softnet.structs.netdevice import NetDevice, PacketType, PtypeBucket
    from softnet.structs.netns_ipv4 import NetnsIpv4
    from softnet.structs.rps import RpsSockFlowTable
    from softnet.structs.sock import ProtoMem

SNMP_SLOTS = 128  # more than any MIB of 3.2 has


class SnmpMib:
    """A MIB: counters by index (uapi.snmp); they start at 0 and only grow."""

    __slots__ = ("own", "v")

    own: object
    v: I64s  # the list itself here, the address of its memory in C

    def __init__(self, slots: int) -> None:
        self.own = mem.i64_array(slots)
        self.v = mem.i64_ptr(self.own)

    def inc(self, i: int) -> None:
        """SNMP_INC_STATS()"""
        self.v[i] += 1

    def add(self, i: int, n: int) -> None:
        """SNMP_ADD_STATS()"""
        self.v[i] += n

    def dec(self, i: int) -> None:
        """SNMP_DEC_STATS()"""
        self.v[i] -= 1

    def get(self, i: int) -> int:
        """snmp_fold_field()"""
        return self.v[i]


class NetnsMib:
    """struct netns_mib: the MIBs of one namespace."""

    __slots__ = ("ip", "tcp", "udp", "udplite", "icmp", "icmpmsg_in", "icmpmsg_out", "net")

    ip: SnmpMib  # IPSTATS_MIB_*
    tcp: SnmpMib  # TCP_MIB_*
    udp: SnmpMib  # UDP_MIB_*
    udplite: SnmpMib
    icmp: SnmpMib  # ICMP_MIB_*
    icmpmsg_in: dict[int, int]  # by ICMP type
    icmpmsg_out: dict[int, int]
    net: SnmpMib  # LINUX_MIB_* (TcpExt)

    def __init__(self) -> None:
        self.ip = SnmpMib(48)
        self.tcp = SnmpMib(24)
        self.udp = SnmpMib(16)
        self.udplite = SnmpMib(16)
        self.icmp = SnmpMib(32)
        self.icmpmsg_in = {}
        self.icmpmsg_out = {}
        self.net = SnmpMib(SNMP_SLOTS)


class Net:
    """struct net."""

    __slots__ = (
        "machine",
        "name",
        "rtnl",
        "rand",
        "timers",
        "dev_base",
        "dev_by_name",
        "dev_by_index",
        "ifindex",
        "loopback_dev",
        "ptype_all",
        "ptype_base",
        "netdev_chain",
        "nets",
        "nf_hooks",
        "nf_active",
        "mib",
        "sysctl",
        "proc_net",
        "ipv4",
        "ipv6",
        "unx",
        "packet",
        "netlink",
        "core",
        "gen",
        "sockets",
        "inode",
        "era",
        "count",
    )

    machine: Machine
    name: str
    rtnl: Mutex  # rtnl_mutex: per host, shared by its namespaces
    rand: RandomStream  # the host's stream
    timers: TimerBase
    dev_base: list[NetDevice]  # dev_base_head, in registration order
    dev_by_name: dict[str, NetDevice]
    dev_by_index: dict[int, NetDevice]
    ifindex: int  # the last index given out
    loopback_dev: NetDevice
    ptype_all: PacketType | None  # taps on every device
    ptype_base: list[PtypeBucket] | None  # sockets' handlers, beside the boot-time registry
    netdev_chain: list[NotifierBlock]  # of this namespace only
    nets: list[Net]  # net_namespace_list: one list, shared by the host's namespaces
    nf_hooks: dict[int, list[object]]  # (pf << 3 | hooknum) -> NfHookOps by priority
    nf_active: int  # bit (pf << 3 | hooknum) set while nf_hooks has a row there
    mib: NetnsMib
    sysctl: SysctlTable
    proc_net: object  # fs.proc directory
    ipv4: NetnsIpv4
    ipv6: object
    unx: object
    packet: object
    netlink: object
    core: NetnsCore
    gen: dict[str, object]  # net_generic()
    sockets: dict[str, int]  # sock_inuse by protocol name
    inode: int
    era: str  # "3.2", "3.2.0", ...
    count: int  # users; put_net() of the last one takes the namespace apart

    def __init__(self, machine: Machine, name: str, rtnl: Mutex, era: str) -> None:
        self.machine = machine
        self.name = name
        self.rtnl = rtnl
        self.rand = machine.random
        self.timers = machine.timers
        self.dev_base = []
        self.dev_by_name = {}
        self.dev_by_index = {}
        self.ifindex = 0
        self.loopback_dev = None  # type: ignore[assignment]  # loopback_net_init() sets it
        self.ptype_all = None
        self.ptype_base = None
        self.netdev_chain = []
        self.nets = [self]  # setup_net() puts a later namespace into init_net's list instead
        self.nf_hooks = {}
        self.nf_active = 0
        self.mib = NetnsMib()
        self.sysctl = None  # type: ignore[assignment]  # setup_net() sets it
        self.proc_net = None
        self.ipv4 = None  # type: ignore[assignment]  # inet_net_init() sets it
        self.ipv6 = None
        self.unx = None
        self.packet = None
        self.netlink = None
        self.core = NetnsCore()
        self.gen = {}
        self.sockets = {}
        self.inode = 0
        self.era = era
        self.count = 0


class NetnsCore:
    """The net.core.* tunables, in the kernel's names; sysctl rows point at these fields."""

    __slots__ = (
        "netdev_budget",
        "netdev_max_backlog",
        "weight_p",
        "netdev_tstamp_prequeue",
        "rmem_default",
        "rmem_max",
        "wmem_default",
        "wmem_max",
        "optmem_max",
        "somaxconn",
        "message_cost",
        "message_burst",
        "warnings",
        "prot_mem",
        "xfrm_acq_expires",
        "hashrnd",
        "netstamp_needed",
        "rps_sock_flow_table",
    )

    netdev_budget: int
    netdev_max_backlog: int
    weight_p: int  # net.core.dev_weight
    netdev_tstamp_prequeue: int
    rmem_default: int
    rmem_max: int
    wmem_default: int
    wmem_max: int
    optmem_max: int
    somaxconn: int
    message_cost: int  # jiffies
    message_burst: int
    warnings: int
    prot_mem: dict[str, ProtoMem]  # by Proto.name; no tunable, but it lives as long
    xfrm_acq_expires: int
    hashrnd: int  # net/core/dev: the secret in flow hashes, 32 bits
    netstamp_needed: int  # who wants received packets stamped
    rps_sock_flow_table: RpsSockFlowTable | None

    def __init__(self) -> None:
        self.netdev_budget = 300
        self.netdev_max_backlog = 1000
        self.weight_p = 64
        self.netdev_tstamp_prequeue = 1
        self.rmem_default = 229376
        self.rmem_max = 229376
        self.wmem_default = 229376
        self.wmem_max = 229376
        self.optmem_max = 20480
        self.somaxconn = 128
        self.message_cost = 5000
        self.message_burst = 10
        self.warnings = 1
        self.prot_mem = {}
        self.xfrm_acq_expires = 30
        self.hashrnd = 0
        self.netstamp_needed = 0
        self.rps_sock_flow_table = None
