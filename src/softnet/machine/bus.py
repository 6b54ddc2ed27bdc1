"""The bus: devices are found by their ids, and drivers that know the ids are bound to them.

Linux: drivers/pci/pci-driver.c, drivers/base/dd.c, include/linux/pci.h

A PciDevice is what the machine's maker plugged in: vendor and device id, register windows (BARs),
an interrupt line. A driver registers a PciDriver with the ids it serves; its probe() is called for
each device that matches, whether it was plugged in before or comes later.
"""

from __future__ import annotations

import errno

from softnet.machine.cpu import Board
from softnet.machine.irq import IrqController, IrqLine

PCI_ANY_ID = 0xFFFFFFFF
PCI_BARS = 6
PCI_DEVFN_MAX = 1 << 14  # functions of 64 buses, all but the first behind a bridge: bits 8 to 13


class Mmio:
    """A window of a device's registers: subclass, override. Offsets in bytes, unsigned values."""

    __slots__ = ()

    def readl(self, off: int) -> int:
        """Read the 32-bit register at off."""
        return 0xFFFFFFFF  # nobody answers: the bus reads ones

    def writel(self, off: int, value: int) -> None:
        """Write the 32-bit register at off."""


class PciDevice:
    """struct pci_dev: one device in its slot."""

    __slots__ = (
        "vendor",
        "device",
        "subsystem_vendor",
        "subsystem_device",
        "class_code",
        "revision",
        "bars",
        "bus",
        "devfn",
        "line",
        "enabled",
        "bus_master",
        "driver",
        "driver_data",
        "model",
    )

    vendor: int
    device: int
    subsystem_vendor: int
    subsystem_device: int
    class_code: int
    revision: int
    bars: list[Mmio | None]
    bus: Bus | None
    devfn: int
    line: IrqLine | None
    enabled: bool
    bus_master: bool
    driver: PciDriver | None
    driver_data: object  # pci_set_drvdata()
    model: object  # the device's own side

    def __init__(
        self,
        vendor: int,
        device: int,
        bar0: Mmio | None = None,
        class_code: int = 0x020000,  # Ethernet controller
        revision: int = 0,
        model: object = None,
    ) -> None:
        self.vendor = vendor
        self.device = device
        self.subsystem_vendor = vendor
        self.subsystem_device = 0
        self.class_code = class_code
        self.revision = revision
        self.bars = [bar0] + [None] * (PCI_BARS - 1)
        self.bus = None
        self.devfn = -1
        self.line = None
        self.enabled = False
        self.bus_master = False
        self.driver = None
        self.driver_data = None
        self.model = model

    @property
    def irq(self) -> int:
        """The number of its interrupt line; -1 before it is plugged in."""
        return self.line.irq if self.line is not None else -1

    @property
    def slot_name(self) -> str:
        """pci_name(): 0000:00:03.0."""
        return f"0000:{self.devfn >> 8:02x}:{self.devfn >> 3 & 31:02x}.{self.devfn & 7}"

    def enable_device(self) -> None:
        """pci_enable_device(): the register windows answer from now on."""
        self.enabled = True

    def disable_device(self) -> None:
        """pci_disable_device()."""
        self.enabled = False
        self.bus_master = False

    def set_master(self) -> None:
        """pci_set_master(): the device may use DMA."""
        assert self.enabled
        self.bus_master = True

    def iomap(self, bar: int) -> Mmio:
        """pci_iomap(): the window behind a BAR; OSError(ENOMEM) if the device has none there."""
        window = self.bars[bar]
        if window is None:
            raise OSError(errno.ENOMEM, f"{self.slot_name} has no BAR {bar}")
        return window


class PciDriver:
    """struct pci_driver: subclass with a name, an id table, probe() and remove()."""

    __slots__ = ("name", "id_table")

    name: str
    id_table: list[tuple[int, int]]  # (vendor, device), PCI_ANY_ID matches all

    def __init__(self, name: str, id_table: list[tuple[int, int]]) -> None:
        self.name = name
        self.id_table = id_table

    def probe(self, pdev: PciDevice) -> int:
        """Take the device: 0, or a negative errno to leave it to others."""
        return -errno.ENODEV

    def remove(self, pdev: PciDevice) -> None:
        """Give the device up: it is being pulled out, or the driver unloaded."""

    def matches(self, pdev: PciDevice) -> bool:
        """Is the device in the id table?"""
        return any(
            vendor in (PCI_ANY_ID, pdev.vendor) and device in (PCI_ANY_ID, pdev.device)
            for vendor, device in self.id_table
        )


class Bus:
    """One machine's bus."""

    __slots__ = ("board", "irqs", "devices", "drivers")

    board: Board
    irqs: IrqController
    devices: list[PciDevice]
    drivers: list[PciDriver]

    def __init__(self, board: Board, irqs: IrqController) -> None:
        self.board = board
        self.irqs = irqs
        self.devices = []
        self.drivers = []

    def add_device(self, pdev: PciDevice, level: bool = True) -> None:
        """Plug a device in: it gets a slot and a line, and the driver that knows it is probed."""
        taken = {d.devfn for d in self.devices}
        devfn = next((n for n in range(3 << 3, PCI_DEVFN_MAX, 8) if n not in taken), -1)
        if devfn < 0:
            raise OSError(errno.ENOSPC, "the bus is full")
        assert pdev.bus is None, "the device is plugged in already"
        pdev.bus = self
        pdev.devfn = devfn
        if pdev.line is None:
            pdev.line = self.irqs.alloc_line(level)
        self.devices.append(pdev)
        for driver in self.drivers:
            if driver.matches(pdev) and self.bind(pdev, driver):
                break

    def remove_device(self, pdev: PciDevice) -> None:
        """Pull a device out."""
        self.unbind(pdev)
        self.devices.remove(pdev)
        pdev.bus = None

    def register_driver(self, driver: PciDriver) -> int:
        """pci_register_driver(): offer driver every device that nobody serves; how many it took."""
        self.drivers.append(driver)
        return sum(
            self.bind(pdev, driver)
            for pdev in self.devices
            if pdev.driver is None and driver.matches(pdev)
        )

    def unregister_driver(self, driver: PciDriver) -> None:
        """pci_unregister_driver(): take its devices from it."""
        for pdev in self.devices:
            if pdev.driver is driver:
                self.unbind(pdev)
        self.drivers.remove(driver)

    def bind(self, pdev: PciDevice, driver: PciDriver) -> bool:
        """Probe; did the driver take the device?"""
        pdev.driver = driver
        try:
            taken = driver.probe(pdev) == 0
        except BaseException:
            pdev.driver = None
            raise
        if not taken:
            pdev.driver = None
        return taken

    def unbind(self, pdev: PciDevice) -> None:
        """Have the driver, if any, give the device up."""
        if pdev.driver is not None:
            pdev.driver.remove(pdev)
            pdev.driver = None
            pdev.driver_data = None
            pdev.disable_device()
