"""struct ethtool_ops: what `ethtool` can ask of a driver, and set.

Linux: include/linux/ethtool.h

A driver subclasses EthtoolOps and leaves it in dev.ethtool_ops. Answers are values and small
dictionaries by the names of the C structs' members; who speaks SIOCETHTOOL packs them. What a
driver does not override raises OSError(EOPNOTSUPP), as in Linux. All under the RTNL.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const

if TYPE_CHECKING:
    from softnet.structs.netdevice import NetDevice


def unsupported() -> OSError:
    """What an operation that the driver lacks raises."""
    return OSError(errno.EOPNOTSUPP, "Operation not supported")


class EthtoolOps:
    """The operations."""

    __slots__ = ()

    def get_settings(self, dev: NetDevice) -> dict[str, int]:
        """struct ethtool_cmd: supported, advertising, speed, duplex, port, autoneg …"""
        raise unsupported()

    def set_settings(self, dev: NetDevice, settings: dict[str, int]) -> None:
        """ethtool -s"""
        raise unsupported()

    def get_drvinfo(self, dev: NetDevice) -> dict[str, str]:
        """ethtool -i: driver, version, fw_version, bus_info"""
        raise unsupported()

    def get_regs(self, dev: NetDevice) -> dict[int, int]:
        """ethtool -d: registers by offset"""
        raise unsupported()

    def get_eeprom(self, dev: NetDevice) -> bytes:
        """ethtool -e"""
        raise unsupported()

    def nway_reset(self, dev: NetDevice) -> None:
        """ethtool -r: negotiate the link again"""
        raise unsupported()

    def get_link(self, dev: NetDevice) -> bool:
        """ethtool_op_get_link(): has it a carrier?"""
        return dev.state & 1 << const.LINK_STATE_NOCARRIER == 0

    def get_coalesce(self, dev: NetDevice) -> dict[str, int]:
        """ethtool -c"""
        raise unsupported()

    def set_coalesce(self, dev: NetDevice, coalesce: dict[str, int]) -> None:
        """ethtool -C"""
        raise unsupported()

    def get_ringparam(self, dev: NetDevice) -> dict[str, int]:
        """ethtool -g: rx_max_pending, tx_max_pending, rx_pending, tx_pending"""
        raise unsupported()

    def set_ringparam(self, dev: NetDevice, ring: dict[str, int]) -> None:
        """ethtool -G"""
        raise unsupported()

    def get_pauseparam(self, dev: NetDevice) -> dict[str, int]:
        """ethtool -a: autoneg, rx_pause, tx_pause"""
        raise unsupported()

    def get_ethtool_stats(self, dev: NetDevice) -> dict[str, int]:
        """ethtool -S: the driver's counters by name, in order"""
        raise unsupported()
