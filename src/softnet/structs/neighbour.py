"""struct neighbour: a next hop on a link, and how to write the link header for it.

Linux: include/net/neighbour.h

One NeighTable per address family and namespace (ARP's is net.ipv4.arp_tbl) holds the Neighbours,
each found by (address, device). NeighParms are the tunables: a default set in the table, one for
each device. A protocol subclasses NeighTable and NeighOps; the machine itself is
net/core/neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.neighbour as nud
from softnet.kernel.timer import Timer
from softnet.structs.skbuff import SkBuffHead

if TYPE_CHECKING:
    from softnet.arch.mem import Mem
    from softnet.structs.net_namespace import Net
    from softnet.structs.netdevice import NetDevice
    from softnet.structs.skbuff import SkBuff


class NeighParms:
    """struct neigh_parms: times in jiffies, the defaults those of ARP in 3.2."""

    __slots__ = (
        "dev",
        "tbl",
        "dead",
        "base_reachable_time",
        "retrans_time",
        "gc_staletime",
        "reachable_time",
        "delay_probe_time",
        "queue_len",
        "ucast_probes",
        "app_probes",
        "mcast_probes",
        "anycast_delay",
        "proxy_delay",
        "proxy_qlen",
        "locktime",
    )

    dev: NetDevice | None  # None: the table's default
    tbl: NeighTable
    dead: bool
    base_reachable_time: int
    retrans_time: int
    gc_staletime: int
    reachable_time: int  # base_reachable_time times 0.5 to 1.5
    delay_probe_time: int
    queue_len: int  # packets that wait for an answer: unres_qlen
    ucast_probes: int
    app_probes: int
    mcast_probes: int
    anycast_delay: int
    proxy_delay: int
    proxy_qlen: int
    locktime: int

    def __init__(self, tbl: NeighTable, dev: NetDevice | None) -> None:
        self.dev = dev
        self.tbl = tbl
        self.dead = False
        self.base_reachable_time = 30 * const.HZ
        self.retrans_time = const.HZ
        self.gc_staletime = 60 * const.HZ
        self.reachable_time = 30 * const.HZ
        self.delay_probe_time = 5 * const.HZ
        self.queue_len = 3
        self.ucast_probes = 3
        self.app_probes = 0
        self.mcast_probes = 3
        self.anycast_delay = const.HZ
        self.proxy_delay = 8 * const.HZ // 10
        self.proxy_qlen = 64
        self.locktime = const.HZ

    def copy_from(self, other: NeighParms) -> None:
        """Take over the tunables of other."""
        self.base_reachable_time = other.base_reachable_time
        self.retrans_time = other.retrans_time
        self.gc_staletime = other.gc_staletime
        self.reachable_time = other.reachable_time
        self.delay_probe_time = other.delay_probe_time
        self.queue_len = other.queue_len
        self.ucast_probes = other.ucast_probes
        self.app_probes = other.app_probes
        self.mcast_probes = other.mcast_probes
        self.anycast_delay = other.anycast_delay
        self.proxy_delay = other.proxy_delay
        self.proxy_qlen = other.proxy_qlen
        self.locktime = other.locktime


class NeighStatistics:
    """struct neigh_statistics: one CPU's counters of a table."""

    __slots__ = (
        "allocs",
        "destroys",
        "hash_grows",
        "res_failed",
        "lookups",
        "hits",
        "rcv_probes_mcast",
        "rcv_probes_ucast",
        "periodic_gc_runs",
        "forced_gc_runs",
        "unres_discards",
    )

    allocs: int
    destroys: int
    hash_grows: int
    res_failed: int
    lookups: int
    hits: int
    rcv_probes_mcast: int
    rcv_probes_ucast: int
    periodic_gc_runs: int
    forced_gc_runs: int
    unres_discards: int

    def __init__(self) -> None:
        self.allocs = 0
        self.destroys = 0
        self.hash_grows = 0
        self.res_failed = 0
        self.lookups = 0
        self.hits = 0
        self.rcv_probes_mcast = 0
        self.rcv_probes_ucast = 0
        self.periodic_gc_runs = 0
        self.forced_gc_runs = 0
        self.unres_discards = 0


class NeighOps:
    """struct neigh_ops: how a protocol asks for a neighbour, and by which functions it sends."""

    __slots__ = ("family", "output", "connected_output")

    family: int
    output: int  # const.NEIGH_OUTPUT_* while the neighbour is in doubt
    connected_output: int  # and while it is known to be there

    def __init__(self, family: int, output: int, connected_output: int) -> None:
        self.family = family
        self.output = output
        self.connected_output = connected_output

    def solicit(self, neigh: Neighbour, skb: SkBuff | None) -> None:
        """Ask the link for neigh. skb, or None, is the first packet that waits: not to be freed."""

    def error_report(self, neigh: Neighbour, skb: SkBuff) -> None:
        """neigh does not answer: consume skb, which waited."""
        raise AssertionError("a neighbour without error_report")


class Neighbour(Timer):
    """struct neighbour; it is its own timer."""

    __slots__ = (
        "tbl",
        "parms",
        "dev",
        "primary_key",
        "confirmed",
        "updated",
        "used",
        "flags",
        "nud_state",
        "type",
        "dead",
        "probes",
        "refcnt",
        "ha",
        "hh",
        "hh_ptr",
        "hh_len",
        "hh_type",
        "output",
        "ops",
        "arp_queue",
    )

    tbl: NeighTable
    parms: NeighParms
    dev: NetDevice
    primary_key: int  # the address; 128 bits in IPv6
    confirmed: int  # jiffies when it was last known to be reachable
    updated: int  # jiffies of the last change of state
    used: int  # jiffies of the last packet sent in doubt
    flags: int  # NTF_*
    nud_state: int  # NUD_*
    type: int  # RTN_* of the address
    dead: bool
    probes: int
    refcnt: int  # 1 for the table, 1 for each cached route
    ha: bytes  # dev.addr_len bytes
    hh: bytes  # the link header ready made, or b""
    hh_ptr: Mem
    hh_len: int
    hh_type: int  # the EtherType in hh
    output: int  # const.NEIGH_OUTPUT_*
    ops: NeighOps
    arp_queue: SkBuffHead

    def __init__(self, tbl: NeighTable, key: int, dev: NetDevice) -> None:
        Timer.__init__(self)
        self.tbl = tbl
        self.parms = tbl.parms
        self.dev = dev
        self.primary_key = key
        self.confirmed = 0
        self.updated = 0
        self.used = 0
        self.flags = 0
        self.nud_state = nud.NUD_NONE
        self.type = 0
        self.dead = False
        self.probes = 0
        self.refcnt = 1
        self.ha = bytes(dev.addr_len)
        self.hh = b""
        self.hh_ptr = mem.addr(self.hh)
        self.hh_len = 0
        self.hh_type = 0
        self.output = const.NEIGH_OUTPUT_BLACKHOLE
        self.ops = tbl.ops
        self.arp_queue = SkBuffHead()

    def function(self) -> None:
        """neigh_timer_handler(): the timer fired."""
        self.tbl.machine.timer(self)

    def set_hh(self, hh: bytes) -> None:
        """Keep hh as the ready made link header."""
        self.hh = hh
        self.hh_ptr = mem.addr(hh)
        self.hh_len = len(hh)


class PneighEntry:
    """struct pneigh_entry: an address that we answer for."""

    __slots__ = ("dev", "flags", "key")

    key: int
    dev: NetDevice | None  # None: on every device
    flags: int

    def __init__(self, key: int, dev: NetDevice | None) -> None:
        self.key = key
        self.dev = dev
        self.flags = 0


class NeighMachine:
    """What a Neighbour's timer calls: net/core/neighbour registers itself here."""

    __slots__ = ()

    def timer(self, neigh: Neighbour) -> None:
        """neigh_timer_handler()"""


class NeighTable:
    """struct neigh_table."""

    __slots__ = (
        "net",
        "family",
        "key_len",
        "id",
        "ops",
        "parms",
        "parms_list",
        "gc_interval",
        "gc_thresh1",
        "gc_thresh2",
        "gc_thresh3",
        "last_flush",
        "last_rand",
        "gc_work",
        "proxy_timer",
        "proxy_queue",
        "entries",
        "hash",
        "phash",
        "stats",
        "machine",
        "error",
    )

    net: Net
    family: int
    key_len: int  # bytes
    id: str  # "arp_cache"
    ops: NeighOps  # of an entry until its constructor chose
    parms: NeighParms  # the default
    parms_list: list[NeighParms]  # of devices
    gc_interval: int  # jiffies
    gc_thresh1: int  # with fewer entries nothing is collected
    gc_thresh2: int  # with more, collecting may happen while one is made, every 5 s
    gc_thresh3: int  # with more, it must
    last_flush: int
    last_rand: int
    gc_work: Timer | None
    proxy_timer: Timer | None
    proxy_queue: SkBuffHead
    entries: int
    hash: dict[int, Neighbour]  # by ifindex << (8 * key_len) | address
    phash: dict[int, PneighEntry]
    stats: list[NeighStatistics]  # by CPU
    machine: NeighMachine
    error: int  # why the last neigh_create() answered None: a negative errno

    def __init__(self, net: Net, family: int, key_len: int, id: str, ops: NeighOps) -> None:
        self.net = net
        self.family = family
        self.key_len = key_len
        self.id = id
        self.ops = ops
        self.parms = NeighParms(self, None)
        self.parms_list = []
        self.gc_interval = 30 * const.HZ
        self.gc_thresh1 = 128
        self.gc_thresh2 = 512
        self.gc_thresh3 = 1024
        self.last_flush = 0
        self.last_rand = 0
        self.gc_work = None
        self.proxy_timer = None
        self.proxy_queue = SkBuffHead()
        self.entries = 0
        self.hash = {}
        self.phash = {}
        self.stats = [NeighStatistics()]
        self.machine = NeighMachine()
        self.error = 0

    def constructor(self, neigh: Neighbour) -> int:
        """A new entry: choose its parms, type, ops, output, and its state if that is known."""
        return 0

    def pconstructor(self, pneigh: PneighEntry) -> int:
        """A new proxy entry; 0 or -errno."""
        return 0

    def pdestructor(self, pneigh: PneighEntry) -> None:
        """A proxy entry goes."""

    def proxy_redo(self, skb: SkBuff) -> None:
        """Consume skb, a request that waited for the proxy delay: answer it now."""
        raise AssertionError("a table without proxy_redo")


class NetEventOps:
    """A listener of netevent: neighbours that change, redirects, PMTU.
    register_netevent_notifier()"""

    __slots__ = ()

    def neigh_update(self, neigh: Neighbour) -> None:
        """NETEVENT_NEIGH_UPDATE: its link address or state changed."""

    def neigh_notify(self, neigh: Neighbour, event: int) -> None:
        """__neigh_notify(): RTM_NEWNEIGH, RTM_DELNEIGH or RTM_GETNEIGH, for those who listen."""
