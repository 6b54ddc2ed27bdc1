"""Intel 82540EM, the far side of drivers/net/e1000: the card and its registers.

Intel: PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual, chapter 13

    nic = E1000Nic(machine, mac, cable.a)      plugged in: the driver that knows 8086:100e is probed
    nic.pdev.driver_data                       the driver's device

Registers lead to the engines: e1000_tx (TDT starts it), e1000_rx (a frame on the cable does),
e1000_core (causes, masks and delays of interrupts), e1000_eeprom (EERD, MDIC). A frame that comes
while the driver polls with interrupts masked sets its bit in ICR, and interrupts when the driver
unmasks: none is forgotten.

Differs from hardware: a packet's trace id goes from the driver over the cable to the other driver
beside the frame (packet_ids). There is no frame check sequence: cables carry none.
"""

from __future__ import annotations

import softnet.uapi.e1000 as hw
from softnet.machine.bus import Mmio, PciDevice
from softnet.machine.cable import CablePort, Port
from softnet.machine.irq import IrqLine
from softnet.machine.machine import Machine
from softnet.machine.nic.e1000_core import Counters, Interrupts
from softnet.machine.nic.e1000_eeprom import Eeprom, Phy
from softnet.machine.nic.e1000_rx import NO_ADDR, RxEngine
from softnet.machine.nic.e1000_tx import TxEngine
from softnet.machine.nic.packet_ids import PacketIds

REVISION = 2


class E1000Jack(CablePort):
    """The card's socket for the cable."""

    __slots__ = ("nic",)

    nic: E1000Nic

    def __init__(self, nic: E1000Nic) -> None:
        self.nic = nic

    def deliver(self, frame: bytes | bytearray, meta: object) -> None:
        """A frame arrives."""
        self.nic.rx.receive(frame, meta)

    def carrier(self, up: bool) -> None:
        """The cable came up or went down."""
        self.nic.phy.cable_up = up
        self.nic.link_sense()


class E1000Nic(Mmio):
    """One card; itself its register window."""

    __slots__ = (
        "machine",
        "pdev",
        "line",
        "port",
        "jack",
        "phy",
        "eeprom",
        "regs",
        "stats",
        "irq",
        "ids",
        "tx",
        "rx",
        "link_up",
    )

    machine: Machine
    pdev: PciDevice
    line: IrqLine
    port: Port
    jack: E1000Jack
    phy: Phy
    eeprom: Eeprom
    regs: dict[int, int]  # what was written, if not 0; most of these registers only remember
    stats: Counters
    irq: Interrupts
    ids: PacketIds
    tx: TxEngine
    rx: RxEngine
    link_up: bool

    def __init__(self, machine: Machine, mac: bytes, port: Port) -> None:
        """A card with address mac, plugged into machine, its cable into port."""
        assert len(mac) == 6
        self.machine = machine
        self.phy = Phy()
        self.eeprom = Eeprom(mac)
        self.regs = {}
        self.stats = Counters()
        self.line = machine.irq.alloc_line(level=True)
        self.irq = Interrupts(self.line, machine.clock, machine.queue, machine.host_id)
        self.ids = PacketIds()
        self.tx = TxEngine(machine.memory, port, self.irq, self.stats, self.ids)
        self.rx = RxEngine(machine.memory, self.irq, self.stats, self.ids)
        self.link_up = False
        self.reset()
        pdev = PciDevice(hw.E1000_VENDOR_ID, hw.E1000_DEV_ID_82540EM, self, model=self)
        pdev.revision = REVISION
        pdev.line = self.line
        self.pdev = pdev
        self.jack = E1000Jack(self)
        self.port = port
        port.attach(self.jack, machine.host_id)
        machine.bus.add_device(pdev)

    def unplug(self) -> None:
        """Pull the card out of its machine, and the cable out of the card."""
        self.machine.bus.remove_device(self.pdev)
        self.reset()
        self.port.on_receive = None

    def reset(self) -> None:
        """CTRL.RST: everything as after power on, but for the counters and the PHY."""
        self.regs = {}
        self.irq.reset()
        self.ids.clear()
        self.tx.reset()
        self.rx.reset()
        self.rx.write_ra(0, int.from_bytes(self.eeprom.mac, "big"))
        self.link_sense()

    def link_sense(self) -> None:
        """Has the link come or gone? It takes a cable, a PHY with power, and CTRL.SLU."""
        wanted = self.regs.get(hw.E1000_CTRL, 0) & hw.E1000_CTRL_SLU
        up = wanted != 0 and self.phy.link()
        if up == self.link_up:
            return
        self.link_up = up
        self.tx.link_up = up
        self.rx.link_up = up
        self.irq.set(hw.E1000_ICR_LSC)
        if up:
            self.tx.run()

    # ---- registers

    def readl(self, off: int) -> int:
        """Read a register. ICR and the counters are cleared by that."""
        if off == hw.E1000_ICR:
            return self.irq.read()
        if off == hw.E1000_IMS:
            return self.irq.ims
        return self.read_slow(off)

    def writel(self, off: int, value: int) -> None:
        """Write a register."""
        if off == hw.E1000_TDT:
            self.tx.tail = value & 0xFFFF
            self.tx.run()
        elif off == hw.E1000_RDT:
            self.rx.tail = value & 0xFFFF
            if self.rx.waiting is not None:
                self.rx.drain()
        elif off == hw.E1000_IMC:
            self.irq.mask(value)
        elif off == hw.E1000_IMS:
            self.irq.unmask(value)
        elif off == hw.E1000_ITR:
            self.irq.gap = (value & 0xFFFF) * hw.E1000_ITR_NS
        elif off == hw.E1000_ICS:
            self.irq.set(value)
        else:
            self.write_slow(off, value)

    def read_slow(self, off: int) -> int:
        """The registers outside the fast path."""
        if hw.E1000_STATS <= off < hw.E1000_STATS_END:
            return self.stats.take(off)
        if off == hw.E1000_STATUS:
            status = hw.E1000_STATUS_FD | hw.E1000_STATUS_SPEED_1000
            return status | hw.E1000_STATUS_LU if self.link_up else status
        if off == hw.E1000_TDH:
            return self.tx.head
        if off == hw.E1000_TDT:
            return self.tx.tail
        if off == hw.E1000_RDH:
            return self.rx.head
        if off == hw.E1000_RDT:
            return self.rx.tail
        if off == hw.E1000_ITR:
            return self.irq.gap // hw.E1000_ITR_NS
        if off == hw.E1000_PBA:
            return hw.E1000_PBA_48K | (hw.E1000_PBA_KB - hw.E1000_PBA_48K) << 16
        return self.regs.get(off, 0)

    def write_slow(self, off: int, value: int) -> None:
        """The registers outside the fast path."""
        if off == hw.E1000_CTRL and value & hw.E1000_CTRL_RST:
            self.reset()
            return
        if off == hw.E1000_MDIC:
            value = self.phy.mdic(value)
        elif off == hw.E1000_EERD:
            value = self.eeprom.eerd(value)
        if value:
            self.regs[off] = value
        else:
            self.regs.pop(off, None)  # it reads as 0 all the same
        if off in (hw.E1000_CTRL, hw.E1000_MDIC):
            self.link_sense()
        elif off == hw.E1000_RCTL:
            self.rx.write_rctl(value)
        elif off == hw.E1000_TCTL:
            self.tx.tctl = value
            self.tx.run()
        elif off == hw.E1000_RXCSUM:
            self.rx.rxcsum = value
        elif hw.E1000_RA <= off < hw.E1000_RA + 8 * hw.E1000_RAR_MAX:
            self.write_ra((off - hw.E1000_RA) >> 3)
        elif hw.E1000_MTA <= off < hw.E1000_MTA + 4 * hw.E1000_MTA_WORDS:
            self.rx.write_mta((off - hw.E1000_MTA) >> 2, value)
        elif not self.write_ring(off, value):
            self.write_delay(off, value)

    def write_ring(self, off: int, value: int) -> bool:
        """Where the rings are; False for another register."""
        if off in (hw.E1000_TDBAL, hw.E1000_TDLEN):
            self.tx.set_ring(self.regs.get(hw.E1000_TDBAL, 0), self.regs.get(hw.E1000_TDLEN, 0))
        elif off in (hw.E1000_RDBAL, hw.E1000_RDLEN):
            self.rx.set_ring(self.regs.get(hw.E1000_RDBAL, 0), self.regs.get(hw.E1000_RDLEN, 0))
        elif off == hw.E1000_TDH:
            self.tx.head = value & 0xFFFF
        elif off == hw.E1000_RDH:
            self.rx.head = value & 0xFFFF
        else:
            return False
        return True

    def write_delay(self, off: int, value: int) -> None:
        """TIDV, TADV, RDTR, RADV: interrupt delays in units of 1.024 microseconds."""
        ns = (value & hw.E1000_DELAY_MASK) * hw.E1000_DELAY_NS
        if off == hw.E1000_TIDV:
            self.tx.timer.delay = ns
        elif off == hw.E1000_TADV:
            self.tx.timer.absolute = ns
        elif off == hw.E1000_RADV:
            self.rx.timer.absolute = ns
        elif off == hw.E1000_RDTR:
            self.rx.timer.delay = ns
            if value & hw.E1000_RDTR_FPD:
                self.rx.timer.expire()

    def write_ra(self, i: int) -> None:
        """RAL and RAH: an address, its first byte the lowest, and whether it is valid."""
        low = self.regs.get(hw.E1000_RA + 8 * i, 0)
        high = self.regs.get(hw.E1000_RA + 8 * i + 4, 0)
        addr = NO_ADDR
        if high & hw.E1000_RAH_AV:
            raw = low.to_bytes(4, "little") + (high & 0xFFFF).to_bytes(2, "little")
            addr = int.from_bytes(raw, "big")
        self.rx.write_ra(i, addr)
