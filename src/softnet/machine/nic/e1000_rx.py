"""The 82540EM's receive engine: from a frame on the cable to a descriptor in memory.

Intel: Software Developer's Manual, 3.2 (reception), 13.4.22 (RCTL), 13.5.1 (multicast table)

A frame that passes the address filter goes to the descriptor at RDH. Without a descriptor it waits
in the 48 KiB receive buffer (RNBC counts it); without room there it is lost (MPC).
"""

from __future__ import annotations

from collections import deque

import softnet.arch.mem as mem
import softnet.machine.nic.e1000_offload as offload
import softnet.uapi.e1000 as hw
import softnet.uapi.if_ether as if_ether
from softnet.machine.memory import Memory
from softnet.machine.nic.e1000_core import Counters, DelayTimer, Interrupts
from softnet.machine.nic.packet_ids import PacketIds

RX_FIFO = 48 << 10  # bytes of the packet buffer
FCS_LEN = 4  # counted by the octet counters
NO_ADDR = -1  # an address register that is not valid
BROADCAST = (1 << 48) - 1
STATUS_SHIFT = 32  # of the status in the second half of a descriptor
DONE = hw.E1000_RXD_STAT_DD
LAST = hw.E1000_RXD_STAT_DD | hw.E1000_RXD_STAT_EOP
HASH_SHIFTS = (4, 3, 2, 0)  # which 12 of an address's last 16 bits are its hash, by RCTL.MO
NO_RING = bytearray(hw.E1000_DESC_LEN)
# A compiled module does not show its C globals.
globals().update(NO_ADDR=NO_ADDR)


class RxWaiting:
    """A frame in the receive buffer."""

    __slots__ = ("frame", "meta")

    frame: bytes | bytearray
    meta: object

    def __init__(self, frame: bytes | bytearray, meta: object) -> None:
        self.frame = frame
        self.meta = meta


class RxEngine:
    """The engine."""

    __slots__ = (
        "memory",
        "irq",
        "stats",
        "timer",
        "rctl",
        "rxcsum",
        "link_up",
        "base",
        "length",
        "ring",
        "ptr",
        "count",
        "size",
        "longest",
        "few",
        "head",
        "tail",
        "waiting",
        "fifo_used",
        "ids",
        "ra0",
        "ra",
        "mta",
    )

    memory: Memory
    irq: Interrupts
    stats: Counters
    timer: DelayTimer  # RDTR, RADV
    rctl: int
    rxcsum: int
    link_up: bool
    base: int  # RDBAL
    length: int  # RDLEN
    ring: bytearray | None  # None: not looked up since base or length changed
    ptr: mem.Mem
    count: int
    size: int  # bytes of a buffer
    longest: int  # bytes of a frame
    few: int  # RXDMT0 when no more descriptors are left
    head: int  # RDH
    tail: int  # RDT
    waiting: deque[RxWaiting] | None
    fifo_used: int
    ids: PacketIds
    ra0: int  # the first address register as a number
    ra: list[int]
    mta: list[int] | None  # the multicast table; None: empty

    def __init__(self, memory: Memory, irq: Interrupts, stats: Counters, ids: PacketIds) -> None:
        self.memory = memory
        self.irq = irq
        self.stats = stats
        self.ids = ids
        self.timer = DelayTimer(irq, hw.E1000_ICR_RXT0)
        self.link_up = False
        self.reset()

    def reset(self) -> None:
        """As after power on, the address registers empty."""
        self.timer.reset()
        self.rxcsum = 0
        self.write_rctl(0)
        self.base = 0
        self.length = 0
        self.ring = None
        self.ptr = mem.addr(NO_RING)
        self.count = 0
        self.few = 0
        self.head = 0
        self.tail = 0
        self.waiting = None
        self.fifo_used = 0
        self.ra0 = NO_ADDR
        self.ra = [NO_ADDR] * hw.E1000_RAR_MAX
        self.mta = None

    def set_ring(self, base: int, length: int) -> None:
        """RDBAL, RDLEN: the ring of descriptors, length bytes at base."""
        self.base = base
        self.length = length
        self.ring = None

    def find_ring(self) -> bool:
        """Look the ring up in memory; False if there is none."""
        if self.length == 0:
            return False
        self.ring = self.memory.coherent_buf(self.base)
        assert self.length <= len(self.ring)
        self.ptr = mem.addr(self.ring)
        self.count = self.length // hw.E1000_DESC_LEN
        rdmts = (self.rctl & hw.E1000_RCTL_RDMTS_MASK) >> hw.E1000_RCTL_RDMTS_SHIFT
        self.few = self.count >> (rdmts + 1)
        return True

    def write_rctl(self, value: int) -> None:
        """RCTL: whether, which frames, the size of the buffers."""
        self.rctl = value
        shift = (value & hw.E1000_RCTL_SZ_MASK) >> hw.E1000_RCTL_SZ_SHIFT
        self.size = 2048 >> shift
        if value & hw.E1000_RCTL_BSEX and shift:
            self.size <<= 4
        self.longest = hw.E1000_FRAME_MAX
        if value & hw.E1000_RCTL_LPE:
            self.longest = hw.E1000_JUMBO_MAX

    def write_ra(self, i: int, addr: int) -> None:
        """RAL and RAH: an address to listen to, or NO_ADDR."""
        self.ra[i] = addr
        if i == 0:
            self.ra0 = addr

    def write_mta(self, i: int, value: int) -> None:
        """MTA: 32 of the 4096 bits."""
        if self.mta is None:
            self.mta = [0] * hw.E1000_MTA_WORDS
        self.mta[i] = value

    def receive(self, frame: bytes | bytearray, meta: object) -> None:
        """A frame is on the cable's end."""
        if not self.rctl & hw.E1000_RCTL_EN or not self.link_up:
            return
        n = len(frame)
        # What a test puts on a cable may be shorter than Ethernet's 60 bytes.
        if n < if_ether.ETH_HLEN:
            self.stats.add(hw.E1000_RUC, 1)
            return
        p = mem.addr(frame)
        dst = mem.get32(p, 0) << 16 | mem.get16(p, 4)
        if dst != self.ra0 and not self.accepts(dst):
            return
        if n > self.longest:
            self.stats.add(hw.E1000_ROC, 1)
            return
        if self.waiting is not None or not self.store(frame, p, n, meta):
            self.hold(frame, n, meta)
        elif self.timer.delay:
            self.timer.begin()
        else:
            self.irq.set(hw.E1000_ICR_RXT0)

    def accepts(self, dst: int) -> bool:
        """The address filter, for all but the first address register."""
        rctl = self.rctl
        if dst >> 40 & 1 == 0:
            return rctl & hw.E1000_RCTL_UPE != 0 or dst in self.ra
        if rctl & hw.E1000_RCTL_MPE:
            return True
        if dst == BROADCAST:
            return rctl & hw.E1000_RCTL_BAM != 0
        if dst in self.ra:
            return True
        if self.mta is None:
            return False
        shift: int = HASH_SHIFTS[(rctl & hw.E1000_RCTL_MO_MASK) >> hw.E1000_RCTL_MO_SHIFT]
        # The last byte of the address is the high one here.
        bits = ((dst & 0xFF) << 8 | dst >> 8 & 0xFF) >> shift & 0xFFF
        word: int = self.mta[bits >> 5]
        return word >> (bits & 31) & 1 != 0

    def store(self, frame: bytes | bytearray, p: mem.Mem, n: int, meta: object) -> bool:
        """Write a frame, which lies at p, to memory; False if there are too few descriptors."""
        if self.ring is None and not self.find_ring():
            return False
        left = self.tail - self.head
        if left < 0:
            left += self.count
        needed = 1 if n <= self.size else (n + self.size - 1) // self.size
        if left < needed:
            return False
        found = offload.rx_checksum(p, n, self.rxcsum)
        size = n
        if needed == 1:
            self.memory.dma_write(mem.get64le(self.ptr, self.head * hw.E1000_DESC_LEN), frame)
        else:
            size = self.store_parts(frame, n)
        if meta is not None or self.ids.rx:
            self.ids.note_rx(self.head, meta)
        o = self.head * hw.E1000_DESC_LEN
        mem.put64le(self.ptr, o + hw.E1000_RXD_LENGTH, size | (found | LAST) << STATUS_SHIFT)
        self.head = self.after(self.head)
        self.stats.add(hw.E1000_GPRC, 1)
        self.stats.add(hw.E1000_GORCL, n + FCS_LEN)
        if mem.get8(p, 0) & 1:
            everybody = mem.get32(p, 0) << 16 | mem.get16(p, 4) == BROADCAST
            self.stats.add(hw.E1000_BPRC if everybody else hw.E1000_MPRC, 1)
        if left - needed <= self.few:
            self.irq.urgent(hw.E1000_ICR_RXDMT0)
        return True

    def after(self, i: int) -> int:
        """The descriptor after i."""
        return i + 1 if i + 1 < self.count else 0

    def store_parts(self, frame: bytes | bytearray, n: int) -> int:
        """Write a frame longer than a buffer; how many of its bytes are in the last one."""
        off = 0
        while True:
            o = self.head * hw.E1000_DESC_LEN
            self.memory.dma_write(mem.get64le(self.ptr, o), frame[off : off + self.size])
            off += self.size
            if off >= n:
                return n - off + self.size
            mem.put64le(self.ptr, o + hw.E1000_RXD_LENGTH, self.size | DONE << STATUS_SHIFT)
            self.head = self.after(self.head)

    def hold(self, frame: bytes | bytearray, n: int, meta: object) -> None:
        """No descriptor: keep the frame in the receive buffer, or miss it."""
        self.stats.add(hw.E1000_RNBC, 1)
        if self.fifo_used + n > RX_FIFO:
            self.stats.add(hw.E1000_MPC, 1)
            self.irq.set(hw.E1000_ICR_RXO)
            return
        if self.waiting is None:
            self.waiting = deque()
        self.waiting.append(RxWaiting(frame, meta))
        self.fifo_used += n

    def drain(self) -> None:
        """There are new descriptors: store what waits in the receive buffer."""
        waiting = self.waiting
        stored = False
        while waiting:
            first: RxWaiting = waiting[0]
            n = len(first.frame)
            if not self.store(first.frame, mem.addr(first.frame), n, first.meta):
                break
            waiting.popleft()
            self.fifo_used -= n
            stored = True
        if not waiting:
            self.waiting = None
        if stored:
            self.irq.set(hw.E1000_ICR_RXT0)
