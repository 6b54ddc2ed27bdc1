"""Simulated RAM and what devices see of it: coherent areas, DMA mappings, receive buffers.

Linux: Documentation/DMA-API.txt, lib/dma-debug.c (the checks)

RAM has a pretended size, so that limits derived from it (tcp_mem, hash sizes) are the same on every
machine; bytes exist only where something was touched. A device address (dma_addr) is one of

    below 2**32         coherent memory, page aligned: rings of descriptors
    2**32 + n * 128 K   the n-th slot of the I/O map: dma_map_single()
    2**40 + n * 16 M    the n-th RxSlab: posted receive buffers

Each kind is found from the address by a shift, without a search. Every access is checked: an
address that is not mapped, or a length past the end of its mapping, is a bug of driver or device
and raises DmaError, where a real machine would corrupt memory or raise an IOMMU fault.
"""

from __future__ import annotations

from collections.abc import Callable

import softnet.arch.const as const
import softnet.arch.mem as mem

RAM_DEFAULT = 512 << 20  # bytes: the machine that tcp_mem and the hash sizes are computed for
# Linux keeps some RAM to itself before it counts what buffers may use: about 1/32 of it.
KERNEL_SHARE = 32

MAP_SHIFT = 17  # a mapping is at most 128 KiB: a GSO packet with its headers
MAP_MASK = (1 << MAP_SHIFT) - 1
MAP_BASE = 1 << 32
MAP_SLOTS_MAX = 1 << 16  # mappings at a time; more fail, as an exhausted IOMMU does
SLAB_SHIFT = 24  # a slab is at most 16 MiB of addresses
SLAB_BASE = 1 << 40
SLABS_MAX = 1 << 14
SPARES_MAX = 4  # copied-out receive buffers that a slab keeps for the next frames
SPARE_MAPPINGS_MAX = 512


class DmaError(RuntimeError):
    """A device or a driver used an address that is not mapped for it."""


class Coherent:
    """Memory that CPU and device share: `buf` is made when first asked for."""

    __slots__ = ("addr", "size", "tag", "buf")

    addr: int
    size: int
    tag: str
    buf: bytearray | None

    def __init__(self, addr: int, size: int, tag: str) -> None:
        self.addr = addr
        self.size = size
        self.tag = tag
        self.buf = None


class DmaMapping:
    """One slot of the I/O map: buf[off : off + len] for a device, in one direction.

    Made by dma_map_single() alone, which fills every field.
    """

    __slots__ = ("buf", "off", "len", "direction")

    buf: bytes | bytearray
    off: int
    len: int
    direction: int


class RxSlab:
    """`count` receive buffers of `size` bytes, each posted to a device by its address alone.

    Buffer i lies at base + i * size. Its bytearray comes to exist when the device writes the first
    byte: `headroom` bytes in front, `size` for the frame, `tailroom` behind, so that it can become
    an skb's head as it is: take(i) hands it over, and buffer i is free to be posted again. An idle
    ring of 256 costs 2 KiB here and nothing per buffer.
    """

    __slots__ = (
        "memory",
        "base",
        "count",
        "size",
        "headroom",
        "tailroom",
        "tag",
        "bufs",
        "posted",
        "written",
        "spares",
    )

    memory: Memory
    base: int
    count: int
    size: int
    headroom: int
    tailroom: int
    tag: str
    bufs: list[bytearray | None]
    posted: bytearray  # 1 while buffer i belongs to the device
    written: int  # buffers that exist now
    spares: list[bytearray]  # for the next frames

    def __init__(
        self,
        memory: Memory,
        base: int,
        count: int,
        size: int,
        headroom: int,
        tailroom: int,
        tag: str,
    ) -> None:
        self.memory = memory
        self.base = base
        self.count = count
        self.size = size
        self.headroom = headroom
        self.tailroom = tailroom
        self.tag = tag
        self.bufs = [None] * count
        self.posted = bytearray(count)
        self.written = 0
        self.spares = []

    def post(self, i: int) -> int:
        """Give buffer i to the device; return its address, or -1 if the mapping fails."""
        assert 0 <= i < self.count
        assert self.posted[i] == 0, "a receive buffer is posted twice"
        if self.memory.fails():
            return -1
        self.posted[i] = 1
        return self.base + i * self.size

    def index(self, addr: int) -> int:
        """Which buffer an address belongs to."""
        i = (addr - self.base) // self.size
        if not 0 <= i < self.count:
            raise DmaError(f"{self.tag}: no receive buffer at {addr:#x}")
        return i

    def take(self, i: int) -> bytearray:
        """Take buffer i back with what the device wrote; the caller owns the bytearray.

        The frame begins at offset `headroom`. A buffer that nothing was written to is zeros.
        """
        assert self.posted[i] == 1, "a receive buffer is taken that was not posted"
        self.posted[i] = 0
        buf = self.bufs[i]
        if buf is None:
            return bytearray(self.headroom + self.size + self.tailroom)
        self.bufs[i] = None
        self.written -= 1
        return buf

    def recycle(self, buf: bytearray) -> None:
        """The driver copied the frame out of what take() gave: buf serves another one."""
        if len(self.spares) < SPARES_MAX:
            self.spares.append(buf)

    def unpost(self, i: int) -> None:
        """Take buffer i back and forget it: the ring is being torn down."""
        assert self.posted[i] == 1, "a receive buffer is taken that was not posted"
        self.posted[i] = 0
        if self.bufs[i] is not None:
            self.bufs[i] = None
            self.written -= 1

    def write(self, addr: int, data: bytes | bytearray) -> None:
        """The device writes data at addr, inside one posted buffer."""
        i = self.index(addr)
        off = addr - self.base - i * self.size
        if self.posted[i] == 0:
            raise DmaError(f"{self.tag}: the device wrote buffer {i}, which is not posted")
        if off + len(data) > self.size:
            raise DmaError(f"{self.tag}: {len(data)} bytes at {addr:#x} overrun the buffer")
        buf = self.bufs[i]
        if buf is None:
            if self.spares:
                buf = self.spares.pop()
            else:
                buf = bytearray(self.headroom + self.size + self.tailroom)
            self.bufs[i] = buf
            self.written += 1
        mem.copy(mem.addr(buf), self.headroom + off, mem.addr(data), 0, len(data))

    def read(self, addr: int, n: int) -> bytes:
        """n bytes at addr, as the device sees them."""
        i = self.index(addr)
        off = addr - self.base - i * self.size
        if self.posted[i] == 0 or off + n > self.size:
            raise DmaError(f"{self.tag}: {n} bytes at {addr:#x} are not the device's to read")
        buf = self.bufs[i]
        if buf is None:
            return bytes(n)
        return bytes(buf[self.headroom + off : self.headroom + off + n])

    def posted_count(self) -> int:
        """How many buffers the device has."""
        return sum(self.posted)


class Memory:
    """The RAM of one machine and the map through which devices reach it."""

    __slots__ = (
        "size",
        "next_page",
        "free_areas",
        "coherent",
        "maps",
        "map_free",
        "map_spare",
        "mapped",
        "map_max",
        "map_failures",
        "slabs",
        "fail",
    )

    size: int
    next_page: int
    free_areas: dict[int, list[int]]  # bytes -> addresses of freed areas of that size
    coherent: dict[int, Coherent]  # by page number
    maps: list[DmaMapping | None]
    map_free: list[int]  # slots of maps that are free
    map_spare: list[DmaMapping]  # ended ones, for the next
    mapped: int
    map_max: int
    map_failures: int
    slabs: list[RxSlab | None]
    fail: Callable[[], object] | None  # fault injection: true makes this mapping fail

    def __init__(self, size: int = RAM_DEFAULT) -> None:
        if size < 1 << 20 or size > MAP_BASE:
            raise ValueError("RAM is between 1 MiB and 4 GiB")
        self.size = size
        self.next_page = 1  # address 0 stays unused: drivers take it for "none"
        self.free_areas = {}
        self.coherent = {}
        self.maps = []
        self.map_free = []
        self.map_spare = []
        self.mapped = 0
        self.map_max = MAP_SLOTS_MAX
        self.map_failures = 0
        self.slabs = []
        self.fail = None

    def totalram_pages(self) -> int:
        """Pages of RAM."""
        return self.size // const.PAGE_SIZE

    def nr_free_buffer_pages(self) -> int:
        """Pages the network sizes its tables by: a fixed share of RAM, whatever is in use."""
        pages = self.totalram_pages()
        return pages - pages // KERNEL_SHARE

    def fails(self) -> bool:
        """Shall this allocation or mapping fail? Counts it if so."""
        if self.fail is not None and self.fail():
            self.map_failures += 1
            return True
        return False

    # Coherent memory

    def alloc_coherent(self, size: int, tag: str = "") -> int:
        """The address of size zero bytes for CPU and device, page aligned; -1 if there are none.

        Linux: dma_alloc_coherent(). The CPU gets at the bytes by coherent_buf().
        """
        assert size > 0
        if self.fails():
            return -1
        pages = (size + const.PAGE_SIZE - 1) // const.PAGE_SIZE
        freed = self.free_areas.get(pages)
        if freed:
            addr = freed.pop()
        else:
            if (self.next_page + pages) * const.PAGE_SIZE > self.size:
                self.map_failures += 1
                return -1
            addr = self.next_page * const.PAGE_SIZE
            self.next_page += pages
        area = Coherent(addr, size, tag)
        for page in range(pages):
            self.coherent[addr // const.PAGE_SIZE + page] = area
        return addr

    def free_coherent(self, addr: int) -> None:
        """Give back what alloc_coherent() gave."""
        area = self.area(addr)
        if area.addr != addr:
            raise DmaError(f"{area.tag}: {addr:#x} is inside a coherent area, not its start")
        pages = (area.size + const.PAGE_SIZE - 1) // const.PAGE_SIZE
        for page in range(pages):
            del self.coherent[addr // const.PAGE_SIZE + page]
        self.free_areas.setdefault(pages, []).append(addr)

    def area(self, addr: int) -> Coherent:
        """The coherent area an address lies in."""
        area = self.coherent.get(addr // const.PAGE_SIZE)
        if area is None or addr - area.addr >= area.size:
            raise DmaError(f"no memory at {addr:#x}")
        return area

    def coherent_buf(self, addr: int) -> bytearray:
        """The bytes of the area that starts at addr, for the driver and the device to keep.

        They come to exist now; the bytearray is never resized.
        """
        area = self.area(addr)
        assert area.addr == addr
        if area.buf is None:
            area.buf = bytearray(area.size)
        return area.buf

    # Streaming mappings

    def dma_map_single(self, buf: bytes | bytearray, off: int, length: int, direction: int) -> int:
        """Let the device see buf[off : off + length]; -1 if the map is full or a fault is injected.

        direction: DMA_TO_DEVICE, DMA_FROM_DEVICE (buf must be a bytearray) or DMA_BIDIRECTIONAL.
        """
        assert 0 < length <= MAP_MASK + 1
        assert 0 <= off <= len(buf) - length
        assert direction == const.DMA_TO_DEVICE or isinstance(buf, bytearray)
        if self.fails():
            return -1
        mapping = DmaMapping.__new__(DmaMapping)
        mapping.buf = buf
        mapping.off = off
        mapping.len = length
        mapping.direction = direction
        if self.map_free:
            slot = self.map_free.pop()
            self.maps[slot] = mapping
        else:
            slot = len(self.maps)
            if slot >= self.map_max:
                self.map_failures += 1
                return -1
            self.maps.append(mapping)
        self.mapped += 1
        return MAP_BASE + (slot << MAP_SHIFT)

    def dma_unmap_single(self, addr: int) -> None:
        """End a mapping. The address must be the one dma_map_single() gave."""
        slot = (addr - MAP_BASE) >> MAP_SHIFT
        if addr < MAP_BASE or slot >= len(self.maps) or self.maps[slot] is None:
            raise DmaError(f"unmap of {addr:#x}, which is not mapped")
        if addr != MAP_BASE + (slot << MAP_SHIFT):
            raise DmaError(f"unmap of {addr:#x}: not the start of a mapping")
        mapping: DmaMapping = self.maps[slot]  # type: ignore[assignment]  # looked at above
        mapping.buf = b""
        if len(self.map_spare) < SPARE_MAPPINGS_MAX:
            self.map_spare.append(mapping)
        self.maps[slot] = None
        self.map_free.append(slot)
        self.mapped -= 1

    # Receive buffers

    def alloc_rx_slab(
        self, count: int, size: int, headroom: int = 0, tailroom: int = 0, tag: str = ""
    ) -> RxSlab:
        """count buffers of size bytes for a receive ring; see RxSlab."""
        assert 0 < count * size <= 1 << SLAB_SHIFT
        n = 0
        while n < len(self.slabs) and self.slabs[n] is not None:
            n += 1
        if n == SLABS_MAX:
            raise DmaError("out of receive slabs")
        slab = RxSlab(self, SLAB_BASE + (n << SLAB_SHIFT), count, size, headroom, tailroom, tag)
        if n == len(self.slabs):
            self.slabs.append(slab)
        else:
            self.slabs[n] = slab
        return slab

    def free_rx_slab(self, slab: RxSlab) -> None:
        """Give back a slab, of which no buffer is posted any more."""
        assert slab.posted_count() == 0, f"{slab.tag}: receive buffers are still posted"
        self.slabs[(slab.base - SLAB_BASE) >> SLAB_SHIFT] = None

    def slab(self, addr: int) -> RxSlab:
        """The slab an address belongs to."""
        n = (addr - SLAB_BASE) >> SLAB_SHIFT
        slab = self.slabs[n] if n < len(self.slabs) else None
        if slab is None:
            raise DmaError(f"no memory at {addr:#x}")
        return slab

    # What a device does

    def dma_read(self, addr: int, n: int) -> bytes:
        """The device reads n bytes."""
        if addr >= SLAB_BASE:
            return self.slab(addr).read(addr, n)
        if addr >= MAP_BASE:
            m = self.mapping(addr, n, const.DMA_FROM_DEVICE)
            return mem.tobytes(mem.addr(m.buf), m.off + (addr & MAP_MASK), n)
        area = self.area(addr)
        off = addr - area.addr
        if off + n > area.size:
            raise DmaError(f"{area.tag}: {n} bytes at {addr:#x} overrun the area")
        if area.buf is None:
            return bytes(n)
        return bytes(area.buf[off : off + n])

    def dma_read_into(self, addr: int, dst: mem.Mem, off: int, n: int) -> None:
        """dma_read() of n bytes to dst + off, which has room for them."""
        if MAP_BASE <= addr < SLAB_BASE:
            m = self.mapping(addr, n, const.DMA_FROM_DEVICE)
            mem.copy(dst, off, mem.addr(m.buf), m.off + (addr & MAP_MASK), n)
        else:
            data = self.dma_read(addr, n)
            mem.copy(dst, off, mem.addr(data), 0, n)

    def dma_write(self, addr: int, data: bytes | bytearray) -> None:
        """The device writes data."""
        n = len(data)
        if addr >= SLAB_BASE:
            self.slab(addr).write(addr, data)
            return
        if addr >= MAP_BASE:
            m = self.mapping(addr, n, const.DMA_TO_DEVICE)
            mem.copy(mem.addr(m.buf), m.off + (addr & MAP_MASK), mem.addr(data), 0, n)
            return
        area = self.area(addr)
        off = addr - area.addr
        if off + n > area.size:
            raise DmaError(f"{area.tag}: {n} bytes at {addr:#x} overrun the area")
        if area.buf is None:
            area.buf = bytearray(area.size)
        mem.copy(mem.addr(area.buf), off, mem.addr(data), 0, n)

    def mapping(self, addr: int, n: int, forbidden: int) -> DmaMapping:
        """The mapping that holds [addr, addr + n), unless its direction is the forbidden one."""
        slot = (addr - MAP_BASE) >> MAP_SHIFT
        m = self.maps[slot] if slot < len(self.maps) else None
        if m is None:
            raise DmaError(f"no mapping at {addr:#x}")
        if n < 0 or (addr & MAP_MASK) + n > m.len:
            raise DmaError(f"{n} bytes at {addr:#x} overrun a mapping of {m.len}")
        if m.direction == forbidden:
            raise DmaError(f"the direction of the mapping at {addr:#x} does not allow this")
        return m

    def leaks(self) -> list[str]:
        """What is still allocated, mapped or posted: a line each. Empty after a clean shutdown."""
        found = [
            f"coherent {area.tag or hex(area.addr)}: {area.size} bytes"
            for page, area in sorted(self.coherent.items())
            if area.addr == page * const.PAGE_SIZE
        ]
        found += [
            f"mapping {MAP_BASE + (slot << MAP_SHIFT):#x}: {m.len} bytes"
            for slot, m in enumerate(self.maps)
            if m is not None
        ]
        found += [
            f"slab {slab.tag or hex(slab.base)}: {slab.posted_count()} of {slab.count} posted"
            for slab in self.slabs
            if slab is not None
        ]
        return found
