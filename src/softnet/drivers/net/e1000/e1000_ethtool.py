"""ethtool on an e1000.

Linux: drivers/net/ethernet/intel/e1000/e1000_ethtool.c
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.uapi.e1000 as regs
import softnet.uapi.ethtool as uapi
from softnet.drivers.net.e1000.e1000 import E1000Adapter
from softnet.drivers.net.e1000.e1000_hw import e1000_phy_hw_reset, e1000_read_eeprom
from softnet.drivers.net.e1000.e1000_param import (
    ITR_CONSERVATIVE,
    ITR_DYNAMIC,
    MAX_RXD,
    MAX_TXD,
    MIN_RXD,
    MIN_TXD,
    ring_size,
)
from softnet.drivers.net.e1000.e1000_stats import e1000_ethtool_stats
from softnet.net.core.dev.queue import netif_running
from softnet.structs.ethtool import EthtoolOps
from softnet.structs.netdevice import NetDevice

DRV_VERSION = "7.3.21-k8-NAPI"
USECS_PER_S = 1_000_000
MIN_ITR_USECS = 10
MAX_ITR_USECS = 10_000
SUPPORTED = (
    uapi.SUPPORTED_10baseT_Half
    | uapi.SUPPORTED_10baseT_Full
    | uapi.SUPPORTED_100baseT_Half
    | uapi.SUPPORTED_100baseT_Full
    | uapi.SUPPORTED_1000baseT_Full
    | uapi.SUPPORTED_Autoneg
    | uapi.SUPPORTED_TP
)
REGS = (
    regs.E1000_CTRL,
    regs.E1000_STATUS,
    regs.E1000_RCTL,
    regs.E1000_RDLEN,
    regs.E1000_RDH,
    regs.E1000_RDT,
    regs.E1000_RDTR,
    regs.E1000_TCTL,
    regs.E1000_TDLEN,
    regs.E1000_TDH,
    regs.E1000_TDT,
    regs.E1000_TIDV,
)


def adapter_of(dev: NetDevice) -> E1000Adapter:
    """The adapter that dev is."""
    assert isinstance(dev, E1000Adapter)
    return dev


class E1000EthtoolOps(EthtoolOps):
    """e1000_ethtool_ops"""

    __slots__ = ()

    def get_settings(self, dev: NetDevice) -> dict[str, int]:
        """e1000_get_settings()"""
        link = self.get_link(dev)
        return {
            "supported": SUPPORTED,
            "advertising": SUPPORTED,
            "speed": 1000 if link else uapi.SPEED_UNKNOWN,
            "duplex": uapi.DUPLEX_FULL if link else uapi.DUPLEX_UNKNOWN,
            "port": uapi.PORT_TP,
            "phy_address": 1,
            "transceiver": uapi.XCVR_INTERNAL,
            "autoneg": uapi.AUTONEG_ENABLE,
        }

    def get_drvinfo(self, dev: NetDevice) -> dict[str, str]:
        """e1000_get_drvinfo()"""
        return {
            "driver": "e1000",
            "version": DRV_VERSION,
            "fw_version": "N/A",
            "bus_info": adapter_of(dev).pdev.slot_name,
        }

    def get_regs(self, dev: NetDevice) -> dict[int, int]:
        """e1000_get_regs()"""
        io = adapter_of(dev).io
        return {reg: io.readl(reg) for reg in REGS}

    def get_eeprom(self, dev: NetDevice) -> bytes:
        """e1000_get_eeprom(): all of it; OSError(EIO)."""
        hw = adapter_of(dev).hw
        words = [e1000_read_eeprom(hw, i) for i in range(regs.EEPROM_WORDS)]
        if min(words) < 0:
            raise OSError(errno.EIO, "the EEPROM does not answer")
        return b"".join(word.to_bytes(2, "little") for word in words)

    def nway_reset(self, dev: NetDevice) -> None:
        """e1000_nway_reset()"""
        if netif_running(dev):
            e1000_phy_hw_reset(adapter_of(dev).hw)

    def get_coalesce(self, dev: NetDevice) -> dict[str, int]:
        """e1000_get_coalesce(): microseconds between interrupts; up to 4 it is a mode."""
        adapter = adapter_of(dev)
        if adapter.itr_setting <= 4:
            return {"rx_coalesce_usecs": adapter.itr_setting}
        return {"rx_coalesce_usecs": USECS_PER_S // adapter.itr_setting}

    def set_coalesce(self, dev: NetDevice, coalesce: dict[str, int]) -> None:
        """e1000_set_coalesce(): 0 off, 1 and 3 dynamic, 10 to 10000 microseconds; else EINVAL."""
        adapter = adapter_of(dev)
        usecs = coalesce["rx_coalesce_usecs"]
        if usecs in (0, ITR_DYNAMIC, ITR_CONSERVATIVE):
            adapter.params.set_itr(usecs)
        elif MIN_ITR_USECS <= usecs <= MAX_ITR_USECS:
            adapter.params.set_itr(USECS_PER_S // usecs)
        else:
            raise OSError(errno.EINVAL, "Invalid argument")
        adapter.itr = adapter.params.itr
        adapter.itr_setting = adapter.params.itr_setting
        itr = const.NSEC_PER_SEC // (adapter.itr * regs.E1000_ITR_NS) if adapter.itr else 0
        adapter.io.writel(regs.E1000_ITR, itr)

    def get_ringparam(self, dev: NetDevice) -> dict[str, int]:
        """e1000_get_ringparam()"""
        adapter = adapter_of(dev)
        return {
            "rx_max_pending": MAX_RXD,
            "tx_max_pending": MAX_TXD,
            "rx_pending": adapter.rx_ring.count,
            "tx_pending": adapter.tx_ring.count,
        }

    def set_ringparam(self, dev: NetDevice, ring: dict[str, int]) -> None:
        """e1000_set_ringparam(): within bounds, in multiples of 8. OSError(ENOMEM)."""
        adapter = adapter_of(dev)
        rx_count = ring_size(ring["rx_pending"], MIN_RXD, MAX_RXD)
        tx_count = ring_size(ring["tx_pending"], MIN_TXD, MAX_TXD)
        error = adapter.resize_rings(tx_count, rx_count)
        if error:
            raise OSError(-error, "Cannot allocate memory")

    def get_pauseparam(self, dev: NetDevice) -> dict[str, int]:
        """e1000_get_pauseparam()"""
        return {"autoneg": 1, "rx_pause": 1, "tx_pause": 1}

    def get_ethtool_stats(self, dev: NetDevice) -> dict[str, int]:
        """e1000_get_ethtool_stats()"""
        return e1000_ethtool_stats(adapter_of(dev))
