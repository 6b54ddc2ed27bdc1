"""The card and its registers."""

from __future__ import annotations

import softnet.uapi.e1000 as hw
from tests.machine.nic.kit import MAC, Bench


def test_it_is_an_82540em_on_the_bus() -> None:
    b = Bench()
    (pdev,) = b.machine.bus.devices
    assert (pdev.vendor, pdev.device) == (0x8086, 0x100E)
    assert pdev.model is b.nic
    assert pdev.iomap(0) is b.nic


def test_registers_remember() -> None:
    b = Bench()
    for reg in (hw.E1000_FCAL, hw.E1000_TIPG, hw.E1000_TADV, hw.E1000_RCTL, hw.E1000_TCTL):
        b.nic.writel(reg, 0x1234)
        assert b.nic.readl(reg) == 0x1234
    b.nic.writel(hw.E1000_ITR, 77)
    assert b.nic.readl(hw.E1000_ITR) == 77
    assert b.nic.readl(hw.E1000_PBA) == 48 | 16 << 16


def test_link_needs_the_cable_and_set_link_up() -> None:
    b = Bench()
    assert b.nic.readl(hw.E1000_STATUS) & hw.E1000_STATUS_LU
    b.nic.writel(hw.E1000_CTRL, 0)
    assert not b.nic.readl(hw.E1000_STATUS) & hw.E1000_STATUS_LU
    b.nic.writel(hw.E1000_CTRL, hw.E1000_CTRL_SLU)
    b.cable.set_carrier(False)
    assert not b.nic.readl(hw.E1000_STATUS) & hw.E1000_STATUS_LU
    assert b.nic.irq.icr & hw.E1000_ICR_LSC


def test_reset_loads_the_address_again() -> None:
    b = Bench()
    b.nic.writel(hw.E1000_RA, 0x33221100)
    b.nic.writel(hw.E1000_RA + 4, 0x5544 | hw.E1000_RAH_AV)
    assert b.nic.rx.ra0 == 0x001122334455
    b.nic.writel(hw.E1000_RA + 4, 0)
    assert b.nic.rx.ra0 == -1
    b.nic.writel(hw.E1000_CTRL, hw.E1000_CTRL_RST)
    assert b.nic.rx.ra0 == int.from_bytes(MAC, "big")
    assert b.nic.readl(hw.E1000_TDLEN) == 0


def test_unplugging_lets_go_of_cable_and_bus() -> None:
    b = Bench()
    b.nic.unplug()
    assert b.machine.bus.devices == []
    assert b.cable.a.on_receive is None
