"""struct net_device and what surrounds it: queues, NAPI, packet types, the per-CPU softnet_data.

Linux: include/linux/netdevice.h

A driver subclasses NetDevice and overrides the ndo_* methods, subclasses Napi and overrides poll().
A protocol subclasses PacketType and overrides rcv(). A qdisc subclasses Qdisc (sch_generic).
The stages that use these are in net/core/dev/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.uapi.if_ as if_
from softnet.kernel.lock import SpinLock
from softnet.structs.netdev_stats import NetDeviceStats
from softnet.structs.skbuff import SkBuffHead

if TYPE_CHECKING:
    from softnet.kernel.timer import Timer
    from softnet.machine.cpu import Cpu
    from softnet.structs.inetdevice import InDevice
    from softnet.structs.net_namespace import Net, NetnsCore
    from softnet.structs.rps import NetdevRxQueue, RpsDevFlowTable
    from softnet.structs.sch_generic import Qdisc
    from softnet.structs.skbuff import SkBuff


class NetdevQueue:
    """struct netdev_queue: one transmit queue of a device."""

    __slots__ = (
        "dev",
        "index",
        "qdisc",
        "qdisc_sleeping",
        "state",
        "tx_lock",
        "xmit_lock_owner",
        "trans_start",
        "trans_timeout",
    )

    dev: NetDevice
    index: int
    qdisc: Qdisc | None
    qdisc_sleeping: Qdisc | None
    state: int  # const.QUEUE_STATE_* bits
    tx_lock: SpinLock  # _xmit_lock
    xmit_lock_owner: int  # cpu id, -1 if nobody
    trans_start: int  # jiffies
    trans_timeout: int

    def __init__(self, dev: NetDevice, index: int) -> None:
        self.dev = dev
        self.index = index
        self.qdisc = None
        self.qdisc_sleeping = None
        self.state = 0
        self.tx_lock = SpinLock("_xmit_lock")
        self.xmit_lock_owner = -1
        self.trans_start = 0
        self.trans_timeout = 0


class HeaderOps:
    """struct header_ops: how a link type writes its header."""

    __slots__ = ()

    def create(
        self,
        skb: SkBuff,
        dev: NetDevice,
        type: int,
        daddr: bytes | None,
        saddr: bytes | None,
        len: int,
    ) -> int:
        """dev_hard_header(): push the header. Its length, negative while daddr is missing."""
        return 0

    def parse(self, skb: SkBuff) -> bytes:
        """dev_parse_header(): the sender's link address."""
        return b""

    def cache(self, ha: bytes, dev: NetDevice, type: int) -> bytes:
        """header_ops->cache: the whole header for neighbour ha, to be prepended as it is; b"" if
        this link cannot cache."""
        return b""


class RxHandler:
    """rx_handler_func_t: bridge, bonding, macvlan take a device's packets by this."""

    __slots__ = ()

    def handle_frame(self, skb: SkBuff) -> int:
        """One of const.RX_HANDLER_CONSUMED, _ANOTHER, _EXACT, _PASS."""
        return const.RX_HANDLER_PASS


class Napi:
    """struct napi_struct: a driver's promise to be polled until dry.

    Either it is scheduled (on a poll list, its interrupt off) or its interrupt is armed: never
    both.
    """

    __slots__ = (
        "dev",
        "weight",
        "state",
        "next",
        "gro_count",
        "gro_list",
        "gro_pp",
        "skb",
        "sd",
        "napi_next",
    )

    dev: NetDevice | None
    weight: int
    state: int  # const.NAPI_STATE_* bits
    next: Napi | None  # link in softnet_data.poll_list
    gro_count: int
    gro_list: SkBuff | None  # linked by next
    gro_pp: SkBuff | None  # set by gro_receive(): the held packet to complete now
    skb: SkBuff | None
    sd: SoftnetData | None  # whose poll list it is on
    napi_next: Napi | None  # dev_list: the device's next napi

    def __init__(self, dev: NetDevice | None, weight: int) -> None:
        self.dev = dev
        self.weight = weight
        self.state = 0
        self.next = None
        self.gro_count = 0
        self.gro_list = None
        self.gro_pp = None
        self.skb = None
        self.sd = None
        self.napi_next = None

    def poll(self, budget: int) -> int:
        """Receive at most budget packets and say how many; fewer: napi_complete() was called."""
        return 0

    def irq_armed(self) -> int:
        """1 if the device may interrupt for this napi, 0 if not, -1 if the driver cannot say.

        No function of Linux: net_rx_action() checks "scheduled or armed, never both" by it.
        """
        return -1


class PacketType:
    """struct packet_type: who receives frames of one EtherType (or of all: ETH_P_ALL)."""

    __slots__ = ("type", "dev", "next", "af_packet_priv")

    type: int
    dev: NetDevice | None  # None: any device
    next: PacketType | None
    af_packet_priv: object

    def __init__(self, type: int, dev: NetDevice | None) -> None:
        self.type = type
        self.dev = dev
        self.next = None
        self.af_packet_priv = None

    def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
        """func: consume skb, whose data starts behind the link header. NET_RX_*."""
        return const.NET_RX_DROP

    def gso_segment(self, skb: SkBuff, features: int) -> SkBuff | None:
        """Cut skb (data at this protocol's header) into a list linked by next; skb stays the
        caller's. None if it only had to be verified, skb itself if it cannot be cut (malformed)."""
        return None

    def gso_send_check(self, skb: SkBuff) -> int:
        """Prepare the checksum of a super-packet that came without; 0 or -errno."""
        return 0

    def gro_receive(self, napi: Napi, skb: SkBuff) -> int:
        """Offer skb to the packets that napi holds (napi.gro_list); see net/core/dev/gro.

        GRO_NORMAL: deliver it as it is. Else skb.gro_same_flow (merged, GRO_MERGED_FREE if only the
        SkBuff is left of it) and skb.gro_flush (must not be held) say what became of it, and
        napi.gro_pp is the held packet that has to be completed now."""
        return const.GRO_NORMAL

    def gro_complete(self, skb: SkBuff) -> int:
        """Make the merged skb look as if it had come whole."""
        return 0

    def func_name(self) -> str:
        """The function that /proc/net/ptype shows for this handler."""
        return type(self).__name__


class PtypeBucket:
    """One bucket of a table of packet types, by the low bits of the EtherType."""

    __slots__ = ("first",)

    first: PacketType | None

    def __init__(self) -> None:
        self.first = None


class SoftnetData:
    """struct softnet_data: one CPU's share of the receive and transmit work."""

    __slots__ = (
        "cpu",
        "output_queue",
        "output_queue_tail",
        "poll_first",
        "poll_last",
        "completion_queue",
        "process_queue",
        "input_pkt_queue",
        "backlog",
        "processed",
        "time_squeeze",
        "cpu_collision",
        "received_rps",
        "dropped",
        "rps_ipi_list",
        "rps_ipi_next",
        "xmit_recursion",
        "input_queue_head",
        "input_queue_tail",
        "rflow_table",
        "rflow_index",
        "core",
    )

    cpu: Cpu
    output_queue: Qdisc | None  # linked by next_sched
    output_queue_tail: Qdisc | None
    poll_first: Napi | None
    poll_last: Napi | None
    completion_queue: SkBuff | None  # linked by next
    process_queue: SkBuffHead
    input_pkt_queue: SkBuffHead
    backlog: Napi
    processed: int
    time_squeeze: int
    cpu_collision: int
    received_rps: int
    dropped: int
    rps_ipi_list: SoftnetData | None
    rps_ipi_next: SoftnetData | None
    xmit_recursion: int
    input_queue_head: int  # packets ever taken from the backlog, 32 bits
    input_queue_tail: int  # packets ever put there
    rflow_table: RpsDevFlowTable | None  # between get_rps_cpu() and enqueue_to_backlog()
    rflow_index: int
    core: NetnsCore  # init_net's: what is one for all namespaces

    def __init__(self, cpu: Cpu, backlog: Napi) -> None:
        self.cpu = cpu
        self.output_queue = None
        self.output_queue_tail = None
        self.poll_first = None
        self.poll_last = None
        self.completion_queue = None
        self.process_queue = SkBuffHead()
        self.input_pkt_queue = SkBuffHead()
        self.backlog = backlog
        self.processed = 0
        self.time_squeeze = 0
        self.cpu_collision = 0
        self.received_rps = 0
        self.dropped = 0
        self.rps_ipi_list = None
        self.rps_ipi_next = None
        self.xmit_recursion = 0
        self.input_queue_head = 0
        self.input_queue_tail = 0
        self.rflow_table = None
        self.rflow_index = 0
        self.core = None  # type: ignore[assignment]  # net_dev_init() sets it
        backlog.sd = self


class NetDevice:
    """struct net_device together with its net_device_ops: drivers subclass and override ndo_*."""

    __slots__ = (
        "name",
        "ifindex",
        "iflink",
        "nd_net",
        "flags",
        "priv_flags",
        "gflags",
        "promiscuity",
        "allmulti",
        "state",
        "reg_state",
        "operstate",
        "link_mode",
        "mtu",
        "type",
        "hard_header_len",
        "needed_headroom",
        "needed_tailroom",
        "addr_len",
        "dev_addr",
        "perm_addr",
        "broadcast",
        "features",
        "hw_features",
        "wanted_features",
        "vlan_features",
        "gso_max_size",
        "stats",
        "header_ops",
        "rx_handler",
        "rx_handler_data",
        "ip_ptr",
        "ip6_ptr",
        "tx",
        "tx0",
        "num_tx_queues",
        "real_num_tx_queues",
        "num_rx_queues",
        "qdisc",
        "tx_queue_len",
        "watchdog_timeo",
        "watchdog_timer",
        "trans_start",
        "last_rx",
        "irq",
        "base_addr",
        "refcnt",
        "master",
        "group",
        "mc",
        "uc",
        "napi_list",
        "ptype_taps",
        "ethtool_ops",
        "addr_assign_type",
        "kind",
        "ifalias",
        "tap_count",
        "rx",
        "real_num_rx_queues",
        "rx_dropped",
        "ingress_queue",
        "xps_maps",
        "uc_promisc",
        "mc_global",
        "mc_synced",
        "uc_synced",
    )

    name: str
    ifindex: int
    iflink: int
    nd_net: Net
    flags: int  # IFF_*
    priv_flags: int
    gflags: int
    promiscuity: int
    allmulti: int
    state: int  # const.LINK_STATE_* bits
    reg_state: int  # const.NETREG_*
    operstate: int
    link_mode: int
    mtu: int
    type: int  # ARPHRD_*
    hard_header_len: int
    needed_headroom: int
    needed_tailroom: int
    addr_len: int
    dev_addr: bytes
    perm_addr: bytes
    broadcast: bytes
    features: int  # const.NETIF_F_*
    hw_features: int
    wanted_features: int
    vlan_features: int
    gso_max_size: int
    stats: NetDeviceStats
    header_ops: HeaderOps | None
    rx_handler: RxHandler | None
    rx_handler_data: object
    ip_ptr: InDevice | None
    ip6_ptr: object
    tx: list[NetdevQueue]  # _tx
    tx0: NetdevQueue  # _tx[0], which is all that most devices have
    num_tx_queues: int
    real_num_tx_queues: int
    num_rx_queues: int
    qdisc: Qdisc | None  # the root, as tc shows it
    tx_queue_len: int
    watchdog_timeo: int  # jiffies
    watchdog_timer: Timer | None
    trans_start: int
    last_rx: int
    irq: int
    base_addr: int
    refcnt: int
    master: NetDevice | None
    group: int
    mc: dict[bytes, int]  # multicast link addresses and their reference counts
    uc: dict[bytes, int]
    napi_list: Napi | None
    ptype_taps: PacketType | None  # taps bound to this device (ptype_all with ->dev)
    ethtool_ops: object
    addr_assign_type: int
    kind: str  # rtnl_link_ops->kind: "veth", "tun", "" for hardware
    ifalias: str
    tap_count: int
    rx: list[NetdevRxQueue] | None  # _rx, made when RPS or RFS is first configured
    real_num_rx_queues: int
    rx_dropped: int  # the core's own drops, beside those of the driver in stats
    ingress_queue: NetdevQueue | None
    xps_maps: list[list[int] | None] | None  # by CPU: the transmit queues it should use
    uc_promisc: int  # promiscuous because the device cannot filter unicast addresses
    mc_global: set[bytes]  # those of mc that a user asked for (SIOCADDMULTI)
    mc_synced: set[bytes]  # those of mc that the device below has too
    uc_synced: set[bytes]

    def __init__(self, name: str, txqs: int = 1) -> None:
        self.name = name
        self.ifindex = 0
        self.iflink = 0
        self.nd_net = None  # type: ignore[assignment]  # register_netdevice() needs it set
        self.flags = 0
        self.priv_flags = if_.IFF_XMIT_DST_RELEASE  # the default of alloc_netdev()
        self.gflags = 0
        self.promiscuity = 0
        self.allmulti = 0
        self.state = 0
        self.reg_state = const.NETREG_UNINITIALIZED
        self.operstate = 0
        self.link_mode = 0
        self.mtu = 0
        self.type = 0
        self.hard_header_len = 0
        self.needed_headroom = 0
        self.needed_tailroom = 0
        self.addr_len = 0
        self.dev_addr = b""
        self.perm_addr = b""
        self.broadcast = b""
        self.features = 0
        self.hw_features = 0
        self.wanted_features = 0
        self.vlan_features = 0
        self.gso_max_size = const.GSO_MAX_SIZE
        self.stats = NetDeviceStats()
        self.header_ops = None
        self.rx_handler = None
        self.rx_handler_data = None
        self.ip_ptr = None
        self.ip6_ptr = None
        self.tx = [NetdevQueue(self, i) for i in range(txqs)]
        self.tx0 = self.tx[0]
        self.num_tx_queues = txqs
        self.real_num_tx_queues = txqs
        self.num_rx_queues = 1
        self.qdisc = None
        self.tx_queue_len = 0
        self.watchdog_timeo = 0
        self.watchdog_timer = None
        self.trans_start = 0
        self.last_rx = 0
        self.irq = 0
        self.base_addr = 0
        self.refcnt = 0
        self.master = None
        self.group = 0
        self.mc = {}
        self.uc = {}
        self.napi_list = None
        self.ptype_taps = None
        self.ethtool_ops = None
        self.addr_assign_type = 0
        self.kind = ""
        self.ifalias = ""
        self.tap_count = 0
        self.rx = None
        self.real_num_rx_queues = 1
        self.rx_dropped = 0
        self.ingress_queue = None
        self.xps_maps = None
        self.uc_promisc = 0
        self.mc_global = set()
        self.mc_synced = set()
        self.uc_synced = set()

    def ndo_init(self) -> int:
        """Late setup inside register_netdevice(); 0 or -errno."""
        return 0

    def ndo_uninit(self) -> None:
        """The opposite of ndo_init()."""

    def ndo_open(self) -> int:
        """The device is going up; 0 or -errno."""
        return 0

    def ndo_stop(self) -> int:
        """The device is going down."""
        return 0

    def ndo_start_xmit(self, skb: SkBuff) -> int:
        """Transmit: NETDEV_TX_OK and skb is the driver's, or NETDEV_TX_BUSY with the queue stopped
        and skb still the caller's."""
        raise AssertionError("a device without ndo_start_xmit")

    def ndo_select_queue(self, skb: SkBuff) -> int:
        """The transmit queue for skb; -1 lets the core hash."""
        return -1

    def ndo_change_rx_flags(self, flags: int) -> None:
        """IFF_PROMISC or IFF_ALLMULTI changed."""

    def ndo_set_rx_mode(self) -> None:
        """The unicast or multicast lists, or promiscuity, changed."""

    def ndo_set_mac_address(self, addr: bytes) -> int:
        """Take addr; 0 or -errno."""
        self.dev_addr = addr
        return 0

    def ndo_validate_addr(self) -> int:
        """0 if dev_addr can be used, -EADDRNOTAVAIL if not."""
        return 0

    def ndo_do_ioctl(self, ifr: object, cmd: int) -> int:
        """A device-private ioctl; -EOPNOTSUPP (95) if there is none."""
        return -95

    def ndo_change_mtu(self, new_mtu: int) -> int:
        """Take new_mtu bytes; 0 or -errno."""
        if new_mtu < 68:
            return -22
        self.mtu = new_mtu
        return 0

    def ndo_tx_timeout(self) -> None:
        """The watchdog found a queue stopped for watchdog_timeo jiffies."""

    def ndo_get_stats(self) -> NetDeviceStats:
        """The counters, fetched from the hardware where they live there."""
        return self.stats

    def ndo_vlan_rx_add_vid(self, vid: int) -> None:
        """Let VLAN vid pass the hardware filter."""

    def ndo_vlan_rx_kill_vid(self, vid: int) -> None:
        """Stop VLAN vid at the hardware filter."""

    def ndo_set_features(self, features: int) -> int:
        """Switch offloads; 0 or -errno."""
        return 0

    def ndo_fix_features(self, features: int) -> int:
        """What the hardware can do of the wanted features."""
        return features

    def ndo_dellink(self) -> None:
        """`ip link del`: rtnl_link_ops->dellink."""
