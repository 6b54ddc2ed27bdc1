"""What takes several registers of the card."""

from __future__ import annotations

import errno

import softnet.uapi.e1000 as regs
import softnet.uapi.ethtool as mii
from softnet.drivers.net.e1000 import e1000_hw
from tests.drivers.net.e1000.kit import Pair
from tests.net.core.dev.kit import MAC_A


def test_eeprom_holds_the_address_and_its_checksum(pair: Pair) -> None:
    hw = pair.dev[0].hw
    assert e1000_hw.e1000_validate_eeprom_checksum(hw) == 0
    assert e1000_hw.e1000_read_eeprom(hw, 0) == int.from_bytes(MAC_A[:2], "little")
    pair.nic[0].eeprom.mac = b"\x02\x00\x00\x00\x00"  # a word is missing now
    assert e1000_hw.e1000_read_eeprom(hw, 1) == 0


def test_phy_registers_are_read_and_written_through_mdic(pair: Pair) -> None:
    hw = pair.dev[0].hw
    assert e1000_hw.e1000_read_phy_reg(hw, mii.MII_PHYSID1) == regs.M88E1011_PHY_ID1
    assert e1000_hw.e1000_read_phy_reg(hw, mii.MII_BMSR) & mii.BMSR_LSTATUS
    assert e1000_hw.e1000_write_phy_reg(hw, mii.MII_ADVERTISE, 0x01E1) == 0
    assert e1000_hw.e1000_read_phy_reg(hw, mii.MII_ADVERTISE) == 0x01E1


def test_a_phy_without_power_has_no_link(pair: Pair) -> None:
    hw = pair.dev[0].hw
    e1000_hw.e1000_power_down_phy(hw)
    assert not hw.er32(regs.E1000_STATUS) & regs.E1000_STATUS_LU
    assert e1000_hw.e1000_read_phy_reg(hw, mii.MII_LPA) == 0
    e1000_hw.e1000_power_up_phy(hw)
    assert hw.er32(regs.E1000_STATUS) & regs.E1000_STATUS_LU
    assert e1000_hw.e1000_has_link(hw)


def test_an_unknown_phy_is_an_error(pair: Pair) -> None:
    hw = pair.dev[0].hw
    ids = pair.nic[0].phy.regs
    ids[mii.MII_PHYSID2] = 0
    assert e1000_hw.e1000_detect_phy(hw) == -errno.EIO
    ids[mii.MII_PHYSID2] = regs.M88E1011_PHY_ID2


def test_multicast_hash_is_of_the_last_twelve_bits_turned() -> None:
    assert e1000_hw.e1000_hash_mc_addr(bytes.fromhex("01aa00123456")) == 0x563
    assert e1000_hw.e1000_hash_mc_addr(b"\xff" * 6) == 0xFFF


def test_table_words_that_stay_are_not_written_again(pair: Pair) -> None:
    hw = pair.dev[0].hw
    e1000_hw.e1000_write_mta(hw, [bytes.fromhex("01aa00123456")])
    mta = pair.nic[0].rx.mta
    assert mta is not None
    assert [i for i, word in enumerate(mta) if word] == [0x563 >> 5]
    e1000_hw.e1000_write_mta(hw, [])
    assert not any(mta)
