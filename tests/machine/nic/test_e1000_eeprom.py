"""EEPROM and PHY of the card."""

from __future__ import annotations

import softnet.uapi.e1000 as hw
import softnet.uapi.ethtool as mii
from softnet.machine.nic.e1000_eeprom import Eeprom, Phy

READ = hw.E1000_MDIC_OP_READ | 1 << hw.E1000_MDIC_PHY_SHIFT
WRITE = hw.E1000_MDIC_OP_WRITE | 1 << hw.E1000_MDIC_PHY_SHIFT


def test_the_words_add_up() -> None:
    rom = Eeprom(bytes.fromhex("0242ac110002"))
    assert sum(rom.word(i) for i in range(64)) & 0xFFFF == 0xBABA
    assert rom.eerd(1 << 8 | 1) >> 16 == 0x11AC
    assert rom.eerd(99 << 8 | 1) >> 16 == 0xFFFF
    assert rom.eerd(1 << 8) == 1 << 8


def test_phy_answers_at_its_address_only() -> None:
    phy = Phy()
    assert phy.mdic(READ | mii.MII_PHYSID1 << 16) & 0xFFFF == 0x0141
    other = hw.E1000_MDIC_OP_READ | 2 << hw.E1000_MDIC_PHY_SHIFT
    assert phy.mdic(other) & hw.E1000_MDIC_ERROR


def test_status_registers_cannot_be_written() -> None:
    phy = Phy()
    phy.mdic(WRITE | mii.MII_PHYSID1 << 16 | 7)
    assert phy.read(mii.MII_PHYSID1) == 0x0141
    phy.mdic(WRITE | mii.MII_ADVERTISE << 16 | 7)
    assert phy.read(mii.MII_ADVERTISE) == 7
    phy.mdic(WRITE | mii.MII_BMCR << 16 | mii.BMCR_RESET)
    assert phy.read(mii.MII_ADVERTISE) == 0x0DE1


def test_link_follows_cable_and_power() -> None:
    phy = Phy()
    assert not phy.read(mii.MII_BMSR) & mii.BMSR_LSTATUS
    phy.cable_up = True
    assert phy.read(mii.MII_BMSR) & mii.BMSR_LSTATUS
    phy.write(mii.MII_BMCR, mii.BMCR_PDOWN)
    assert not phy.link()
