"""The bus finds drivers for devices."""

from __future__ import annotations

import errno

import pytest

from softnet.machine.bus import PCI_ANY_ID, Mmio, PciDevice, PciDriver
from softnet.machine.clock import World
from softnet.machine.machine import Machine


class Driver(PciDriver):
    """Takes what it is told to and writes down what happened."""

    def __init__(self, ids: list[tuple[int, int]], answer: int = 0) -> None:
        PciDriver.__init__(self, "drv", ids)
        self.answer = answer
        self.log: list[tuple[str, str]] = []

    def probe(self, pdev: PciDevice) -> int:
        self.log.append(("probe", pdev.slot_name))
        pdev.enable_device()
        pdev.set_master()
        return self.answer

    def remove(self, pdev: PciDevice) -> None:
        self.log.append(("remove", pdev.slot_name))


class Registers(Mmio):
    """One register."""

    def __init__(self) -> None:
        self.value = 0

    def readl(self, off: int) -> int:
        return self.value + off

    def writel(self, off: int, value: int) -> None:
        self.value = value


def make() -> Machine:
    return World().new_machine("h1")


def test_a_driver_gets_the_devices_that_are_there_and_those_that_come() -> None:
    bus = make().bus
    early = PciDevice(0x8086, 0x100E)
    bus.add_device(early)
    driver = Driver([(0x8086, 0x100E)])
    assert bus.register_driver(driver) == 1
    late = PciDevice(0x8086, 0x100E)
    bus.add_device(late)
    bus.add_device(PciDevice(0x1AF4, 0x1000))
    assert driver.log == [("probe", "0000:00:03.0"), ("probe", "0000:00:04.0")]
    assert early.driver is late.driver is driver
    assert early.irq != late.irq
    assert early.bus_master


def test_a_device_that_a_driver_declines_is_offered_to_the_next() -> None:
    bus = make().bus
    pdev = PciDevice(1, 2)
    bus.add_device(pdev)
    no = Driver([(1, 2)], -errno.ENODEV)
    yes = Driver([(1, PCI_ANY_ID)])
    assert bus.register_driver(no) == 0
    assert pdev.driver is None
    assert bus.register_driver(yes) == 1
    assert pdev.driver is yes


def test_unplugging_and_unloading_call_remove() -> None:
    bus = make().bus
    driver = Driver([(1, 2)])
    bus.register_driver(driver)
    a, b = PciDevice(1, 2), PciDevice(1, 2)
    bus.add_device(a)
    bus.add_device(b)
    bus.remove_device(a)
    assert driver.log[-1] == ("remove", "0000:00:03.0")
    assert a.bus is None
    bus.unregister_driver(driver)
    assert driver.log[-1] == ("remove", "0000:00:04.0")
    assert b.driver is None
    assert not b.enabled
    bus.add_device(a)
    assert a.driver is None
    assert a.slot_name == "0000:00:03.0"


def test_registers_behind_a_bar() -> None:
    pdev = PciDevice(1, 2, Registers())
    window = pdev.iomap(0)
    window.writel(0, 5)
    assert window.readl(4) == 9
    with pytest.raises(OSError, match="no BAR 1"):
        pdev.iomap(1)
    assert Mmio().readl(0) == 0xFFFFFFFF


def test_a_probe_that_raises_leaves_the_device_free() -> None:
    class Broken(Driver):
        def probe(self, pdev: PciDevice) -> int:
            raise ZeroDivisionError

    bus = make().bus
    pdev = PciDevice(1, 2)
    bus.add_device(pdev)
    with pytest.raises(ZeroDivisionError):
        bus.register_driver(Broken([(1, 2)]))
    assert pdev.driver is None


def test_a_bus_has_so_many_slots() -> None:
    bus = make().bus
    for _ in range(2045):
        bus.add_device(PciDevice(1, 2))
    with pytest.raises(OSError, match="full"):
        bus.add_device(PciDevice(1, 2))
