"""struct e1000_adapter: the device, its two rings, what the driver's files share.

Linux: drivers/net/ethernet/intel/e1000/e1000.h

A ring is `count` descriptors that driver and card share; the driver fills at next_to_use, the card
works behind it, and the driver takes back at next_to_clean. One descriptor always stays free:
equal indices mean an empty ring. What stands beside the descriptors exists from the first frame on,
so that a device that is up and idle costs little.
"""

from __future__ import annotations

import softnet.arch.mem as mem
import softnet.uapi.e1000 as regs
from softnet.drivers.net.e1000.e1000_hw import E1000Hw
from softnet.drivers.net.e1000.e1000_param import E1000Params
from softnet.machine.bus import Mmio, PciDevice
from softnet.machine.memory import Memory, RxSlab
from softnet.machine.nic.packet_ids import PacketIds
from softnet.structs.netdevice import Napi, NetDevice
from softnet.structs.skbuff import SkBuff

NO_RING = bytearray(regs.E1000_DESC_LEN)
NO_ARRAY = mem.i64_array(1)
NOTHING_TO_WATCH = -1

# adapter->flags, as bit numbers
E1000_RESETTING = 1
E1000_DOWN = 2
# A compiled module does not show its C globals.
globals().update(
    E1000_DOWN=E1000_DOWN, E1000_RESETTING=E1000_RESETTING, NOTHING_TO_WATCH=NOTHING_TO_WATCH
)


class E1000TxRing:
    """struct e1000_tx_ring, with its buffer_info spelled out in arrays."""

    __slots__ = (
        "count",
        "dma",
        "buf",
        "ptr",
        "next_to_use",
        "next_to_clean",
        "skbs",
        "addrs_own",
        "addrs",
        "watch_own",
        "watch",
    )

    count: int
    dma: int  # address of the descriptors; 0: not allocated
    buf: bytearray | None
    ptr: mem.Mem
    next_to_use: int
    next_to_clean: int
    skbs: list[SkBuff | None] | None  # by a packet's last descriptor; None: no frame yet
    addrs_own: object
    addrs: mem.I64s  # what is mapped by each descriptor, 0: nothing
    watch_own: object
    watch: mem.I64s  # by a packet's first descriptor: its last; NOTHING_TO_WATCH

    def __init__(self, count: int) -> None:
        self.count = count
        self.dma = 0
        self.forget()

    def forget(self) -> None:
        """No memory beside the descriptors, both indices at the start."""
        self.buf = None
        self.ptr = mem.addr(NO_RING)
        self.next_to_use = 0
        self.next_to_clean = 0
        self.skbs = None
        self.addrs_own = NO_ARRAY
        self.addrs = mem.i64_ptr(NO_ARRAY)
        self.watch_own = NO_ARRAY
        self.watch = mem.i64_ptr(NO_ARRAY)

    def back(self, memory: Memory) -> None:
        """The first frame: make what stands beside the descriptors."""
        self.buf = memory.coherent_buf(self.dma)
        self.ptr = mem.addr(self.buf)
        self.skbs = [None] * self.count
        self.addrs_own = mem.i64_array(self.count)
        self.addrs = mem.i64_ptr(self.addrs_own)
        self.watch_own = mem.i64_array(self.count)
        self.watch = mem.i64_ptr(self.watch_own)
        i = 0
        while i < self.count:
            self.watch[i] = NOTHING_TO_WATCH
            i += 1

    def keep(self, i: int, skb: SkBuff | None) -> None:
        """The skb of the packet whose last descriptor is i."""
        assert self.skbs is not None
        self.skbs[i] = skb

    def unused(self) -> int:
        """E1000_DESC_UNUSED(): descriptors that can be filled now."""
        n = self.next_to_clean - self.next_to_use - 1
        return n if n >= 0 else n + self.count

    def after(self, i: int) -> int:
        """The descriptor after i."""
        return i + 1 if i + 1 < self.count else 0


class E1000RxRing:
    """struct e1000_rx_ring: descriptor i always has buffer i of the slab."""

    __slots__ = (
        "count",
        "dma",
        "buf",
        "ptr",
        "next_to_use",
        "next_to_clean",
        "slab",
        "discarding",
    )

    count: int
    dma: int
    buf: bytearray | None
    ptr: mem.Mem
    next_to_use: int
    next_to_clean: int
    slab: RxSlab | None
    discarding: bool  # in the middle of a frame that took more than one buffer

    def __init__(self, count: int) -> None:
        self.count = count
        self.dma = 0
        self.slab = None
        self.forget()

    def forget(self) -> None:
        """No memory, both indices at the start."""
        self.buf = None
        self.ptr = mem.addr(NO_RING)
        self.next_to_use = 0
        self.next_to_clean = 0
        self.discarding = False

    def back(self, memory: Memory) -> None:
        """Get at the descriptors."""
        self.forget()
        self.buf = memory.coherent_buf(self.dma)
        self.ptr = mem.addr(self.buf)

    def unused(self) -> int:
        """E1000_DESC_UNUSED(): descriptors that want a buffer."""
        n = self.next_to_clean - self.next_to_use - 1
        return n if n >= 0 else n + self.count

    def after(self, i: int) -> int:
        """The descriptor after i."""
        return i + 1 if i + 1 < self.count else 0


class E1000Adapter(NetDevice):
    """struct e1000_adapter; E1000Device of e1000_main adds what it does."""

    __slots__ = (
        "pdev",
        "io",
        "hw",
        "memory",
        "ids",
        "params",
        "napi",
        "tx_ring",
        "rx_ring",
        "adapter_flags",
        "txd_cmd",
        "rx_buffer_len",
        "rx_csum",
        "copybreak",
        "link_speed",
        "itr",
        "itr_setting",
        "tx_itr",
        "rx_itr",
        "total_tx_bytes",
        "total_tx_packets",
        "total_rx_bytes",
        "total_rx_packets",
        "hw_csum_good",
        "hw_csum_err",
        "alloc_rx_buff_failed",
        "restart_queue",
        "tx_timeout_count",
        "hw_stats",
    )

    pdev: PciDevice
    io: Mmio
    hw: E1000Hw
    memory: Memory
    ids: PacketIds
    params: E1000Params
    napi: Napi
    tx_ring: E1000TxRing
    rx_ring: E1000RxRing
    adapter_flags: int
    txd_cmd: int  # of each packet's last descriptor
    rx_buffer_len: int
    rx_csum: bool
    copybreak: int
    link_speed: int  # Mbit/s, 0 without a link
    itr: int  # interrupts a second at most
    itr_setting: int
    tx_itr: int  # what the last polls looked like: e1000_itr
    rx_itr: int
    total_tx_bytes: int  # since the last look of e1000_set_itr()
    total_tx_packets: int
    total_rx_bytes: int
    total_rx_packets: int
    hw_csum_good: int
    hw_csum_err: int
    alloc_rx_buff_failed: int
    restart_queue: int
    tx_timeout_count: int
    hw_stats: dict[int, int]  # the card's counters, added up, by register

    def __init__(self, name: str, pdev: PciDevice, memory: Memory, ids: PacketIds) -> None:
        NetDevice.__init__(self, name)
        self.pdev = pdev
        self.io = pdev.iomap(0)
        self.hw = E1000Hw(self.io)
        self.memory = memory
        self.ids = ids
        self.params = E1000Params()
        self.napi = None  # type: ignore[assignment]  # E1000Device sets it
        self.tx_ring = E1000TxRing(self.params.tx_count)
        self.rx_ring = E1000RxRing(self.params.rx_count)
        self.adapter_flags = 1 << E1000_DOWN
        self.txd_cmd = 0
        self.rx_buffer_len = 0
        self.rx_csum = True
        self.copybreak = self.params.copybreak
        self.link_speed = 0
        self.itr = self.params.itr
        self.itr_setting = self.params.itr_setting
        self.tx_itr = 0
        self.rx_itr = 0
        self.total_tx_bytes = 0
        self.total_tx_packets = 0
        self.total_rx_bytes = 0
        self.total_rx_packets = 0
        self.hw_csum_good = 0
        self.hw_csum_err = 0
        self.alloc_rx_buff_failed = 0
        self.restart_queue = 0
        self.tx_timeout_count = 0
        self.hw_stats = {}

    def resize_rings(self, tx_count: int, rx_count: int) -> int:
        """Rings of so many descriptors; 0 or -errno. E1000Device does it."""
        return 0
