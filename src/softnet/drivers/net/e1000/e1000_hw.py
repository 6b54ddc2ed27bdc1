"""What takes several registers of the 82540EM: reset, EEPROM, PHY, address filter, link.

Linux: drivers/net/ethernet/intel/e1000/e1000_hw.c
"""

from __future__ import annotations

import errno

import softnet.uapi.e1000 as regs
import softnet.uapi.ethtool as mii
from softnet.machine.bus import Mmio

PHY_ADDR = 1
# One address of the multicast list sets one of the table's 4096 bits.
MC_HASH_MASK = 0xFFF
FLOW_CONTROL_TYPE = 0x8808
FC_PAUSE_TIME = 0xFFFF
FC_HIGH_WATER = 0xB000  # of 48 KiB
FC_LOW_WATER = 0xA800


class E1000Hw:
    """struct e1000_hw: the registers and what was read from them once."""

    __slots__ = ("get_link_status", "io", "mac_addr", "mta", "perm_mac_addr")

    io: Mmio
    mac_addr: bytes
    perm_mac_addr: bytes
    get_link_status: bool  # the link may have changed since we last looked
    mta: dict[int, int]  # as it was last written

    def __init__(self, io: Mmio) -> None:
        self.io = io
        self.mac_addr = b""
        self.perm_mac_addr = b""
        self.get_link_status = True
        self.mta = {}

    def er32(self, reg: int) -> int:
        """Read a register."""
        return self.io.readl(reg)

    def ew32(self, reg: int, value: int) -> None:
        """Write one."""
        self.io.writel(reg, value)


def e1000_reset_hw(hw: E1000Hw) -> None:
    """Silence the card and reset it: rings, filters and masks are gone."""
    hw.ew32(regs.E1000_IMC, 0xFFFFFFFF)
    hw.ew32(regs.E1000_RCTL, 0)
    hw.ew32(regs.E1000_TCTL, regs.E1000_TCTL_PSP)
    hw.ew32(regs.E1000_CTRL, hw.er32(regs.E1000_CTRL) | regs.E1000_CTRL_RST)
    hw.ew32(regs.E1000_IMC, 0xFFFFFFFF)
    hw.er32(regs.E1000_ICR)
    hw.mta = {}


def e1000_init_hw(hw: E1000Hw) -> int:
    """After a reset: address registers, flow control, link. 0 or -errno."""
    e1000_init_rx_addrs(hw)
    hw.ew32(regs.E1000_FCAL, 0x00C28001)
    hw.ew32(regs.E1000_FCAH, 0x00000100)
    hw.ew32(regs.E1000_FCT, FLOW_CONTROL_TYPE)
    hw.ew32(regs.E1000_FCTTV, FC_PAUSE_TIME)
    hw.ew32(regs.E1000_FCRTL, FC_LOW_WATER)
    hw.ew32(regs.E1000_FCRTH, FC_HIGH_WATER)
    hw.ew32(regs.E1000_TXDCTL, regs.E1000_TXDCTL_FULL_TX_DESC_WB)
    hw.ew32(regs.E1000_CTRL, hw.er32(regs.E1000_CTRL) | regs.E1000_CTRL_SLU | regs.E1000_CTRL_FD)
    if e1000_detect_phy(hw):
        return -errno.EIO
    hw.get_link_status = True
    return 0


def e1000_init_rx_addrs(hw: E1000Hw) -> None:
    """Our own address into the first register, none into the others."""
    e1000_rar_set(hw, hw.mac_addr, 0)
    for i in range(1, regs.E1000_RAR_ENTRIES):
        e1000_rar_clear(hw, i)


def e1000_rar_set(hw: E1000Hw, addr: bytes, index: int) -> None:
    """Listen to addr by address register index."""
    hw.ew32(regs.E1000_RA + 8 * index, int.from_bytes(addr[:4], "little"))
    high = int.from_bytes(addr[4:6], "little") | regs.E1000_RAH_AV
    hw.ew32(regs.E1000_RA + 8 * index + 4, high)


def e1000_rar_clear(hw: E1000Hw, index: int) -> None:
    """Address register index is not used."""
    hw.ew32(regs.E1000_RA + 8 * index, 0)
    hw.ew32(regs.E1000_RA + 8 * index + 4, 0)


def e1000_hash_mc_addr(addr: bytes) -> int:
    """Which bit of the multicast table stands for addr (RCTL.MO 0: its bits 47 to 36)."""
    return (addr[4] >> 4 | addr[5] << 4) & MC_HASH_MASK


def e1000_write_mta(hw: E1000Hw, addrs: list[bytes]) -> None:
    """Make the multicast table that of addrs; words that stay are not written again."""
    mta: dict[int, int] = {}
    for addr in addrs:
        bit = e1000_hash_mc_addr(addr)
        mta[bit >> 5] = mta.get(bit >> 5, 0) | 1 << (bit & 31)
    for i in sorted({*mta, *hw.mta}):
        word = mta.get(i, 0)
        if word != hw.mta.get(i, 0):
            hw.ew32(regs.E1000_MTA + 4 * i, word)
    hw.mta = mta


def e1000_read_eeprom(hw: E1000Hw, word: int) -> int:
    """One word of the EEPROM; -EIO if it does not answer."""
    hw.ew32(regs.E1000_EERD, word << regs.E1000_EERD_ADDR_SHIFT | regs.E1000_EERD_START)
    eerd = hw.er32(regs.E1000_EERD)
    if not eerd & regs.E1000_EERD_DONE:
        return -errno.EIO
    return eerd >> regs.E1000_EERD_DATA_SHIFT & 0xFFFF


def e1000_validate_eeprom_checksum(hw: E1000Hw) -> int:
    """0 if the words add up to what they must, else -EIO."""
    total = 0
    for i in range(regs.EEPROM_CHECKSUM_REG + 1):
        word = e1000_read_eeprom(hw, i)
        if word < 0:
            return word
        total += word
    return 0 if total & 0xFFFF == regs.EEPROM_SUM else -errno.EIO


def e1000_read_mac_addr(hw: E1000Hw) -> int:
    """Fill in the MAC address that the EEPROM has; 0 or -EIO."""
    addr = b""
    for i in range(3):
        word = e1000_read_eeprom(hw, regs.EEPROM_MAC_ADDR_WORD0 + i)
        if word < 0:
            return word
        addr += word.to_bytes(2, "little")
    hw.perm_mac_addr = addr
    hw.mac_addr = addr
    return 0


def e1000_read_phy_reg(hw: E1000Hw, reg: int) -> int:
    """A register of the PHY (MII_*); -EIO if it does not answer."""
    where = reg << regs.E1000_MDIC_REG_SHIFT | PHY_ADDR << regs.E1000_MDIC_PHY_SHIFT
    hw.ew32(regs.E1000_MDIC, where | regs.E1000_MDIC_OP_READ)
    mdic = hw.er32(regs.E1000_MDIC)
    if not mdic & regs.E1000_MDIC_READY or mdic & regs.E1000_MDIC_ERROR:
        return -errno.EIO
    return mdic & regs.E1000_MDIC_DATA_MASK


def e1000_write_phy_reg(hw: E1000Hw, reg: int, value: int) -> int:
    """Set a register of the PHY; 0 or -EIO."""
    where = reg << regs.E1000_MDIC_REG_SHIFT | PHY_ADDR << regs.E1000_MDIC_PHY_SHIFT
    hw.ew32(regs.E1000_MDIC, where | regs.E1000_MDIC_OP_WRITE | value)
    mdic = hw.er32(regs.E1000_MDIC)
    return 0 if mdic & regs.E1000_MDIC_READY else -errno.EIO


def e1000_detect_phy(hw: E1000Hw) -> int:
    """Is it the PHY that belongs here? 0 or -EIO."""
    found = (e1000_read_phy_reg(hw, mii.MII_PHYSID1), e1000_read_phy_reg(hw, mii.MII_PHYSID2))
    return 0 if found == (regs.M88E1011_PHY_ID1, regs.M88E1011_PHY_ID2) else -errno.EIO


def e1000_power_up_phy(hw: E1000Hw) -> None:
    """Let the PHY look for a partner."""
    bmcr = e1000_read_phy_reg(hw, mii.MII_BMCR)
    e1000_write_phy_reg(hw, mii.MII_BMCR, bmcr & ~mii.BMCR_PDOWN)


def e1000_power_down_phy(hw: E1000Hw) -> None:
    """Switch the PHY off: no link until it is on again."""
    bmcr = e1000_read_phy_reg(hw, mii.MII_BMCR)
    e1000_write_phy_reg(hw, mii.MII_BMCR, bmcr | mii.BMCR_PDOWN)


def e1000_has_link(hw: E1000Hw) -> bool:
    """Is there a link? The card is asked only if it said that something changed."""
    if hw.get_link_status:
        e1000_check_for_link(hw)
    return hw.er32(regs.E1000_STATUS) & regs.E1000_STATUS_LU != 0


def e1000_check_for_link(hw: E1000Hw) -> None:
    """Ask the PHY; while it has no link, ask again next time."""
    if e1000_read_phy_reg(hw, mii.MII_BMSR) & mii.BMSR_LSTATUS:
        hw.get_link_status = False


def e1000_phy_hw_reset(hw: E1000Hw) -> None:
    """Start the PHY anew: autonegotiation begins again."""
    e1000_write_phy_reg(hw, mii.MII_BMCR, mii.BMCR_ANENABLE | mii.BMCR_ANRESTART)
