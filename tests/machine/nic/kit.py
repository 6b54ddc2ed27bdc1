"""A bare card in a machine without a kernel: registers, memory and a cable."""

from __future__ import annotations

import softnet.uapi.e1000 as hw
from softnet.machine.cable import Cable, CablePort
from softnet.machine.clock import World
from softnet.machine.nic.e1000 import E1000Nic

MAC = bytes.fromhex("020000000001")
PEER = bytes.fromhex("020000000002")


class FarEnd(CablePort):
    """What the card sent."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def deliver(self, frame: bytes | bytearray, meta: object) -> None:
        self.frames.append(bytes(frame))


class Bench:
    """The card on a bench, with rings of eight descriptors and buffers of 2048 bytes."""

    def __init__(self, **cable: int) -> None:
        self.world = World(1)
        self.machine = self.world.new_machine("bench")
        self.memory = self.machine.memory
        self.cable = Cable(self.world, "c", 1, 0, **cable)
        self.far = FarEnd()
        self.cable.b.attach(self.far, 0)
        self.nic = E1000Nic(self.machine, MAC, self.cable.a)
        w = self.nic.writel
        w(hw.E1000_CTRL, hw.E1000_CTRL_SLU)
        self.tx = self.memory.coherent_buf(self.ring(hw.E1000_TDBAL, hw.E1000_TDLEN))
        self.rx = self.memory.coherent_buf(self.ring(hw.E1000_RDBAL, hw.E1000_RDLEN))
        self.slab = self.memory.alloc_rx_slab(8, 2048)
        w(hw.E1000_TCTL, hw.E1000_TCTL_EN | hw.E1000_TCTL_PSP)
        w(hw.E1000_RCTL, hw.E1000_RCTL_EN | hw.E1000_RCTL_BAM)
        w(hw.E1000_RXCSUM, hw.E1000_RXCSUM_IPOFL | hw.E1000_RXCSUM_TUOFL)

    def ring(self, base: int, length: int) -> int:
        addr = self.memory.alloc_coherent(8 * 16)
        self.nic.writel(base, addr)
        self.nic.writel(length, 8 * 16)
        return addr

    def post(self, count: int = 7) -> None:
        """Give the card that many buffers."""
        for i in range(count):
            addr = self.slab.post(i)
            self.rx[i * 16 : i * 16 + 8] = addr.to_bytes(8, "little")
        self.nic.writel(hw.E1000_RDT, count)

    def desc(self, i: int, low: int, lower: int, upper: int = 0) -> None:
        """Write transmit descriptor i."""
        at = i * 16
        self.tx[at : at + 8] = low.to_bytes(8, "little")
        self.tx[at + 8 : at + 12] = lower.to_bytes(4, "little")
        self.tx[at + 12 : at + 16] = upper.to_bytes(4, "little")

    def data(self, i: int, data: bytes, cmd: int, upper: int = 0) -> None:
        """Map data and describe it."""
        addr = self.memory.dma_map_single(data, 0, len(data), 1)
        self.desc(i, addr, cmd | len(data), upper)

    def go(self, tail: int) -> None:
        """Tell the card of descriptors up to tail, and let 1 ms pass."""
        self.nic.writel(hw.E1000_TDT, tail)
        self.run()

    def run(self, ns: int = 1_000_000) -> None:
        self.world.run(until_ns=self.world.clock.now + ns)

    def receive(self, frame: bytes) -> None:
        self.cable.b.transmit(frame)
        self.run()

    def done(self, i: int) -> bool:
        """Is transmit descriptor i written back?"""
        return self.tx[i * 16 + 12] & 1 == 1

    def written(self, i: int) -> tuple[int, int, int]:
        """Length, status and errors of receive descriptor i."""
        d = self.rx[i * 16 : i * 16 + 16]
        return int.from_bytes(d[8:10], "little"), d[12], d[13]
