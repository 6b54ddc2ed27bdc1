"""The slow parts of the 82540EM: the EEPROM with its MAC address, and the PHY behind MDIC.

Intel: Software Developer's Manual, 5.6 (EEPROM), 8.5 and 13.4.4 (PHY registers through MDIC)

The EEPROM holds 64 words of 16 bits that add up to 0xBABA; the first three are the MAC address.
The PHY always agrees on 1000 Mbit/s full duplex, and has a link while the cable is up and it is
powered.
"""

from __future__ import annotations

import softnet.uapi.e1000 as hw
import softnet.uapi.ethtool as mii

PHY_ADDR = 1
INIT_CONTROL1 = 0x0408
LPA_ALL = 0x45E1  # the partner: 10 and 100 Mbit/s, pause, acknowledged
STAT1000_FULL = 0x7C00  # the partner: 1000 Mbit/s; both receivers are fine


class Eeprom:
    """64 words."""

    __slots__ = ("mac",)

    mac: bytes

    def __init__(self, mac: bytes) -> None:
        self.mac = mac

    def word(self, i: int) -> int:
        """The i-th word."""
        if i < 3:
            return self.mac[2 * i] | self.mac[2 * i + 1] << 8
        if i == hw.EEPROM_INIT_CONTROL1:
            return INIT_CONTROL1
        if i == hw.EEPROM_CHECKSUM_REG:
            rest = sum(self.word(j) for j in range(hw.EEPROM_CHECKSUM_REG))
            return (hw.EEPROM_SUM - rest) & 0xFFFF
        return 0

    def eerd(self, value: int) -> int:
        """What the EERD register says after value was written to it."""
        if not value & hw.E1000_EERD_START:
            return value
        i = value >> hw.E1000_EERD_ADDR_SHIFT & 0xFF
        data = self.word(i) if i < hw.EEPROM_WORDS else 0xFFFF
        shifted = data << hw.E1000_EERD_DATA_SHIFT
        return shifted | i << hw.E1000_EERD_ADDR_SHIFT | hw.E1000_EERD_DONE


class Phy:
    """A Marvell 88E1011: MII registers, a power switch."""

    __slots__ = ("regs", "cable_up")

    regs: dict[int, int]
    cable_up: bool

    def __init__(self) -> None:
        self.cable_up = False
        self.regs = {}
        self.reset()

    def reset(self) -> None:
        """Registers as after power on."""
        self.regs = {
            mii.MII_BMCR: mii.BMCR_ANENABLE | mii.BMCR_SPEED1000 | mii.BMCR_FULLDPLX,
            mii.MII_PHYSID1: hw.M88E1011_PHY_ID1,
            mii.MII_PHYSID2: hw.M88E1011_PHY_ID2,
            mii.MII_ADVERTISE: 0x0DE1,
            mii.MII_CTRL1000: 0x0200,
        }

    def powered(self) -> bool:
        """Is it on?"""
        return not self.regs[mii.MII_BMCR] & mii.BMCR_PDOWN

    def link(self) -> bool:
        """Has it a partner?"""
        return self.cable_up and self.powered()

    def read(self, reg: int) -> int:
        """One register."""
        up = self.link()
        if reg == mii.MII_BMSR:
            status = mii.BMSR_ANEGCAPABLE | mii.BMSR_ESTATEN | mii.BMSR_100FULL | mii.BMSR_10FULL
            status |= mii.BMSR_100HALF | mii.BMSR_10HALF | mii.BMSR_ERCAP
            return status | (mii.BMSR_LSTATUS | mii.BMSR_ANEGCOMPLETE if up else 0)
        if reg == mii.MII_LPA:
            return LPA_ALL if up else 0
        if reg == mii.MII_STAT1000:
            return STAT1000_FULL if up else 0
        return self.regs.get(reg, 0)

    def write(self, reg: int, value: int) -> None:
        """Set one; the status registers and the ids cannot be."""
        if reg == mii.MII_BMCR:
            if value & mii.BMCR_RESET:
                self.reset()
                return
            value &= ~mii.BMCR_ANRESTART  # done at once
        if reg not in (mii.MII_BMSR, mii.MII_PHYSID1, mii.MII_PHYSID2, mii.MII_LPA):
            self.regs[reg] = value & 0xFFFF

    def mdic(self, value: int) -> int:
        """Do what was written to MDIC; what it says then."""
        reg = (value & hw.E1000_MDIC_REG_MASK) >> hw.E1000_MDIC_REG_SHIFT
        base = value & ~(hw.E1000_MDIC_DATA_MASK | hw.E1000_MDIC_READY | hw.E1000_MDIC_ERROR)
        if value >> hw.E1000_MDIC_PHY_SHIFT & 0x1F != PHY_ADDR:
            return base | hw.E1000_MDIC_READY | hw.E1000_MDIC_ERROR
        if value & hw.E1000_MDIC_OP_READ:
            return base | self.read(reg) | hw.E1000_MDIC_READY
        if value & hw.E1000_MDIC_OP_WRITE:
            self.write(reg, value & hw.E1000_MDIC_DATA_MASK)
        return base | value & hw.E1000_MDIC_DATA_MASK | hw.E1000_MDIC_READY
