"""The 82540EM's transmit engine: from descriptors in memory to frames on the cable.

Intel: Software Developer's Manual, 3.3 (transmission), 3.4 (transmit descriptor ring)

A write to TDT makes the engine fetch descriptors, build each frame in the 16 KiB transmit buffer
and send them one after the other. A descriptor is written back (DD) when its frame has left; on a
cable without a rate that is at once. Frames that wait for a slow cable fill the buffer, then the
ring: that is how a queue forms in the host and not in the cable. But a cable that was given a queue
of its own (Direction.queue_max) is a link with a buffer in front of it: there everything goes at
once, and what the buffer cannot hold is lost.
"""

from __future__ import annotations

import softnet.arch.mem as mem
import softnet.machine.nic.e1000_offload as offload
import softnet.uapi.e1000 as hw
from softnet.machine.cable import QUEUE_MAX, Port
from softnet.machine.event import Event
from softnet.machine.memory import Memory
from softnet.machine.nic.e1000_core import Counters, DelayTimer, Interrupts
from softnet.machine.nic.packet_ids import PacketIds

TX_FIFO = 16 << 10  # bytes of the packet buffer
FCS_LEN = 4  # counted by the octet counters
BROADCAST = (1 << 48) - 1
LEGACY_LEN_MASK = 0xFFFF
CABLE_QUEUE = QUEUE_MAX  # of a cable that was not given one of its own
NO_RING = bytearray(hw.E1000_DESC_LEN)


class TxDone(Event):
    """The first frame in the transmit buffer has left."""

    __slots__ = ("tx",)

    tx: TxEngine

    def __init__(self, tx: TxEngine) -> None:
        Event.__init__(self)
        self.tx = tx

    def fire(self) -> None:
        """Write its descriptor back."""
        self.tx.frames_left()


class TxWaiting:
    """A packet in the transmit buffer: when it will have left, and its last descriptor."""

    __slots__ = ("when", "desc", "size", "ide")

    when: int
    desc: int
    size: int
    ide: bool

    def __init__(self, when: int, desc: int, size: int, ide: bool) -> None:
        self.when = when
        self.desc = desc
        self.size = size
        self.ide = ide


class TxEngine:
    """The engine. `fifo` bounds the bytes that wait for the cable; a lab may change it."""

    __slots__ = (
        "memory",
        "port",
        "irq",
        "stats",
        "timer",
        "done",
        "fifo",
        "tctl",
        "link_up",
        "base",
        "length",
        "ring",
        "ptr",
        "count",
        "head",
        "tail",
        "ctx",
        "waiting",
        "fifo_used",
        "ids",
    )

    memory: Memory
    port: Port
    irq: Interrupts
    stats: Counters
    timer: DelayTimer  # TIDV, TADV
    done: TxDone
    fifo: int
    tctl: int
    link_up: bool
    base: int  # TDBAL
    length: int  # TDLEN
    ring: bytearray | None  # None: not looked up since base or length changed
    ptr: mem.Mem
    count: int
    head: int  # TDH
    tail: int  # TDT
    ctx: offload.TxContext
    waiting: list[TxWaiting]  # a deque would be 500 bytes more of an idle host
    fifo_used: int
    ids: PacketIds

    def __init__(
        self, memory: Memory, port: Port, irq: Interrupts, stats: Counters, ids: PacketIds
    ) -> None:
        self.memory = memory
        self.port = port
        self.irq = irq
        self.stats = stats
        self.ids = ids
        self.timer = DelayTimer(irq, hw.E1000_ICR_TXDW)
        self.done = TxDone(self)
        self.fifo = TX_FIFO
        self.ctx = offload.TxContext()
        self.link_up = False
        self.reset()

    def reset(self) -> None:
        """As after power on; what waits in the buffer is not reported any more."""
        self.timer.reset()
        if self.done.pending:
            self.irq.queue.cancel(self.done)
        self.tctl = 0
        self.base = 0
        self.length = 0
        self.ring = None
        self.ptr = mem.addr(NO_RING)
        self.count = 0
        self.head = 0
        self.tail = 0
        self.waiting = []
        self.fifo_used = 0

    def set_ring(self, base: int, length: int) -> None:
        """TDBAL, TDLEN: the ring of descriptors, length bytes at base."""
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
        return True

    def run(self) -> None:
        """Fetch descriptors up to the tail and send, while the transmit buffer has room."""
        if not self.link_up or not self.tctl & hw.E1000_TCTL_EN or self.head == self.tail:
            return
        if self.ring is None and not self.find_ring():
            return
        while self.head != self.tail and self.fifo_used < self.fifo:
            o = self.head * hw.E1000_DESC_LEN
            lower = mem.get32le(self.ptr, o + hw.E1000_TXD_LOWER)
            if (
                lower & hw.E1000_TXD_CMD_DEXT
                and lower & hw.E1000_TXD_DTYP_MASK == hw.E1000_TXD_DTYP_C
            ):
                self.ctx.load(self.ptr, o)
                self.head = self.after(self.head)
                if lower & hw.E1000_TXD_CMD_RS:
                    mem.put8(self.ptr, o + hw.E1000_TXD_UPPER, hw.E1000_TXD_STAT_DD)
            elif not self.packet(lower):
                return

    def after(self, i: int) -> int:
        """The descriptor after i."""
        return i + 1 if i + 1 < self.count else 0

    def packet(self, lower: int) -> bool:
        """Send the packet whose first descriptor is at the head; False if it is not all there."""
        ring = self.ptr
        first = self.head
        last = first
        extended = lower & hw.E1000_TXD_CMD_DEXT
        mask = hw.E1000_TXD_LEN_MASK if extended else LEGACY_LEN_MASK
        size = lower & mask
        cmd = lower
        while not cmd & hw.E1000_TXD_CMD_EOP:
            last = self.after(last)
            if last == self.tail:
                return False
            cmd = mem.get32le(ring, last * hw.E1000_DESC_LEN + hw.E1000_TXD_LOWER)
            size += cmd & mask

        cut = extended and lower & hw.E1000_TXD_CMD_TSE
        room = size if size > hw.E1000_FRAME_MIN or cut else hw.E1000_FRAME_MIN
        buf = mem.new_buf(room)
        frame = mem.addr(buf)
        self.gather(frame, first, last, mask)
        if room > size:
            mem.fill(frame, size, room - size, 0)
        upper = mem.get32le(ring, first * hw.E1000_DESC_LEN + hw.E1000_TXD_UPPER)
        meta: object = None
        if self.ids.tx:
            meta = self.ids.take_tx(first)
        self.head = self.after(last)
        if cut:
            done = self.segments(frame, size, upper, meta)
        else:
            if extended:
                if upper & (hw.E1000_TXD_POPTS_IXSM | hw.E1000_TXD_POPTS_TXSM):
                    offload.tx_checksum(frame, size, self.ctx, upper)
            elif lower & hw.E1000_TXD_CMD_IC:
                cso = lower >> 16 & 0xFF
                offload.sum_into(frame, size, upper >> 8 & 0xFF, cso, 0, False)
            done = self.send(mem.finish_buf(buf, room), frame, room, meta)
        if cmd & hw.E1000_TXD_CMD_RS:
            self.report(done, last, size, cmd & hw.E1000_TXD_CMD_IDE != 0)
        return True

    def gather(self, frame: mem.Mem, first: int, last: int, mask: int) -> None:
        """Read what the descriptors first to last refer to, into frame."""
        i = first
        n = 0
        while True:
            o = i * hw.E1000_DESC_LEN
            size = mem.get32le(self.ptr, o + hw.E1000_TXD_LOWER) & mask
            self.memory.dma_read_into(mem.get64le(self.ptr, o), frame, n, size)
            n += size
            if i == last:
                return
            i = self.after(i)

    def segments(self, frame: mem.Mem, size: int, popts: int, meta: object) -> int:
        """Cut a super-packet and send the pieces; when the last has left (ns)."""
        ctx = self.ctx
        count = offload.tso_count(size, ctx)
        done = self.irq.clock.now
        i = 0
        while i < count:
            piece = offload.tso_segment(frame, size, ctx, popts, i)
            done = self.send(piece, mem.addr(piece), len(piece), meta)
            i += 1
        self.stats.add(hw.E1000_TSCTC if count else hw.E1000_TSCTFC, 1)
        return done

    def send(self, frame: bytes, p: mem.Mem, n: int, meta: object) -> int:
        """Give a frame of n bytes, which lie at p, to the cable; when it will have left (ns)."""
        self.stats.add(hw.E1000_GPTC, 1)
        self.stats.add(hw.E1000_GOTCL, n + FCS_LEN)
        if mem.get8(p, 0) & 1:
            everybody = mem.get32(p, 0) << 16 | mem.get16(p, 4) == BROADCAST
            self.stats.add(hw.E1000_BPTC if everybody else hw.E1000_MPTC, 1)
        done = self.port.transmit(frame, meta)
        return done if done >= 0 else self.irq.clock.now

    def report(self, done: int, desc: int, size: int, ide: bool) -> None:
        """Write descriptor desc back when its frame has left."""
        if self.fifo_used == 0 and (
            done <= self.irq.clock.now or self.port.out.queue_max != CABLE_QUEUE
        ):
            self.write_back(desc, ide)
            return
        self.waiting.append(TxWaiting(done, desc, size, ide))
        self.fifo_used += size
        if not self.done.pending:
            self.irq.queue.push(self.done, done, self.irq.host_id)

    def write_back(self, desc: int, ide: bool) -> None:
        """DD, and the interrupt: at once, or after TIDV."""
        mem.put8(self.ptr, desc * hw.E1000_DESC_LEN + hw.E1000_TXD_UPPER, hw.E1000_TXD_STAT_DD)
        if ide and self.timer.delay:
            self.timer.begin()
        else:
            self.irq.set(hw.E1000_ICR_TXDW)

    def frames_left(self) -> None:
        """The first frame in the transmit buffer has left, perhaps others with it."""
        now = self.irq.clock.now
        waiting = self.waiting
        while waiting:
            first: TxWaiting = waiting[0]
            if first.when > now:
                break
            del waiting[0]
            self.fifo_used -= first.size
            self.write_back(first.desc, first.ide)
            if self.waiting is not waiting:
                return  # the handler of that interrupt has reset the card
        self.run()
        if self.waiting is waiting and waiting and not self.done.pending:
            first = waiting[0]
            self.irq.queue.push(self.done, first.when, self.irq.host_id)
