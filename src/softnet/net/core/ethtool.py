"""SIOCETHTOOL: what ethtool(8) and programs like it ask of a device.

Linux: net/core/ethtool.c

The request is a struct of the caller's whose first four bytes say what is wanted; the answer is the
struct filled in. A driver answers through dev.ethtool_ops with values and dictionaries; here they
are packed. Reading is served: settings, driver, link, address, offloads. What would set something
answers EOPNOTSUPP.
"""

from __future__ import annotations

import errno
import os
import struct

import softnet.arch.const as const
import softnet.uapi.ethtool as uapi
from softnet.net.core.dev.queue import netif_device_present
from softnet.structs.ethtool import EthtoolOps
from softnet.structs.netdevice import NetDevice

ADDR_LEN_MAX = 32  # MAX_ADDR_LEN
VALUE_LEN = 8  # struct ethtool_value: cmd, data
CMD_LEN = 44  # struct ethtool_cmd
DRVINFO_LEN = 196  # struct ethtool_drvinfo
CMD_FORMAT = "<IIIHBBBBBBIIHBBI8x"
SPEED_LOW = 0xFFFF
OFFLOADS = {
    uapi.ETHTOOL_GRXCSUM: const.NETIF_F_RXCSUM,
    uapi.ETHTOOL_GTXCSUM: const.NETIF_F_ALL_CSUM,
    uapi.ETHTOOL_GSG: const.NETIF_F_SG,
    uapi.ETHTOOL_GTSO: const.NETIF_F_ALL_TSO,
    uapi.ETHTOOL_GUFO: const.NETIF_F_UFO,
    uapi.ETHTOOL_GGSO: const.NETIF_F_GSO,
    uapi.ETHTOOL_GGRO: const.NETIF_F_GRO,
}


def dev_ethtool(dev: NetDevice, request: bytes) -> bytes:
    """dev_ethtool(): the struct to give back. OSError: ENODEV, EFAULT, EOPNOTSUPP. Under the RTNL."""
    if not netif_device_present(dev):
        raise error(errno.ENODEV)
    if len(request) < 4:
        raise error(errno.EFAULT)
    cmd = int.from_bytes(request[:4], "little")
    if cmd in OFFLOADS:
        return value(cmd, int(dev.features & OFFLOADS[cmd] != 0))
    if cmd == uapi.ETHTOOL_GPERMADDR:
        return perm_addr(dev, request)
    ops = dev.ethtool_ops
    if not isinstance(ops, EthtoolOps):
        raise error(errno.EOPNOTSUPP)
    if cmd == uapi.ETHTOOL_GLINK:
        return value(cmd, int(ops.get_link(dev)))
    if cmd == uapi.ETHTOOL_GSET:
        return settings(ops.get_settings(dev))
    if cmd == uapi.ETHTOOL_GDRVINFO:
        return drvinfo(ops.get_drvinfo(dev))
    raise error(errno.EOPNOTSUPP)


def ethtool_request_len(head: bytes) -> int:
    """How long the struct is that begins so: cmd, and for some a size."""
    cmd = int.from_bytes(head[:4], "little")
    if cmd in (uapi.ETHTOOL_GSET, uapi.ETHTOOL_SSET):
        return CMD_LEN
    if cmd == uapi.ETHTOOL_GDRVINFO:
        return DRVINFO_LEN
    if cmd == uapi.ETHTOOL_GPERMADDR:
        return VALUE_LEN + min(int.from_bytes(head[4:8], "little"), ADDR_LEN_MAX)
    return VALUE_LEN


def value(cmd: int, data: int) -> bytes:
    """struct ethtool_value"""
    return struct.pack("<II", cmd, data)


def perm_addr(dev: NetDevice, request: bytes) -> bytes:
    """struct ethtool_perm_addr: the address that the card was made with."""
    if int.from_bytes(request[4:8], "little") < dev.addr_len:
        raise error(errno.EINVAL)
    return request[:4] + struct.pack("<I", dev.addr_len) + bytes(dev.perm_addr)


def settings(known: dict[str, int]) -> bytes:
    """struct ethtool_cmd"""
    speed = known.get("speed", 0)
    return struct.pack(
        CMD_FORMAT,
        uapi.ETHTOOL_GSET,
        known.get("supported", 0),
        known.get("advertising", 0),
        speed & SPEED_LOW,
        known.get("duplex", 0) & const.U8_MAX,
        known.get("port", 0),
        known.get("phy_address", 0),
        known.get("transceiver", 0),
        known.get("autoneg", 0),
        0,
        0,
        0,
        speed >> 16 & SPEED_LOW,
        0,
        0,
        0,
    )


def drvinfo(known: dict[str, str]) -> bytes:
    """struct ethtool_drvinfo: four texts of 32 bytes, and counts that are 0."""
    texts = (known.get(name, "") for name in ("driver", "version", "fw_version", "bus_info"))
    packed = b"".join(text.encode()[:31].ljust(32, b"\0") for text in texts)
    return (struct.pack("<I", uapi.ETHTOOL_GDRVINFO) + packed).ljust(DRVINFO_LEN, b"\0")


def error(number: int) -> OSError:
    """OSError with its text."""
    return OSError(number, os.strerror(number))
