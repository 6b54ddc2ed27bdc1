"""The addresses a device listens to besides its own: multicast and secondary unicast ones.

Linux: net/core/dev_addr_lists.c

dev.mc and dev.uc count the users of each address; the device's filter is brought up to date
(dev_set_rx_mode) when one is added or goes. dev_*_sync() copies a list to the device below (VLAN,
macvlan, bonding) and remembers what it copied. 0 or a negative errno; RTNL is not needed for mc.

Differs from Linux: dev_addrs, the list of a device's own addresses, is dev.dev_addr alone.
"""

from __future__ import annotations

from softnet.net.core.dev.config import dev_set_rx_mode
from softnet.structs.netdevice import NetDevice

ENOENT = -2
EEXIST = -17
EINVAL = -22


def hw_addr_add(list: dict[bytes, int], addr: bytes) -> None:
    """One user of addr more."""
    list[addr] = list.get(addr, 0) + 1


def hw_addr_del(list: dict[bytes, int], addr: bytes) -> int:
    """One user of addr less; 0 or -ENOENT."""
    count = list.get(addr, 0)
    if count == 0:
        return ENOENT
    if count == 1:
        del list[addr]
    else:
        list[addr] = count - 1
    return 0


def dev_uc_add(dev: NetDevice, addr: bytes) -> int:
    """Receive frames to the unicast address addr too."""
    if len(addr) != dev.addr_len:
        return EINVAL
    hw_addr_add(dev.uc, addr)
    dev_set_rx_mode(dev)
    return 0


def dev_uc_del(dev: NetDevice, addr: bytes) -> int:
    """Undo one dev_uc_add()."""
    error = hw_addr_del(dev.uc, addr)
    if error == 0:
        dev_set_rx_mode(dev)
    return error


def dev_mc_add(dev: NetDevice, addr: bytes) -> int:
    """Receive frames to the group addr."""
    if len(addr) != dev.addr_len:
        return EINVAL
    hw_addr_add(dev.mc, addr)
    dev_set_rx_mode(dev)
    return 0


def dev_mc_add_global(dev: NetDevice, addr: bytes) -> int:
    """dev_mc_add() by a user's ioctl, which may ask once: -EEXIST the second time."""
    if addr in dev.mc_global:
        return EEXIST
    error = dev_mc_add(dev, addr)
    if error == 0:
        dev.mc_global.add(addr)
    return error


def dev_mc_del(dev: NetDevice, addr: bytes) -> int:
    """Undo one dev_mc_add()."""
    error = hw_addr_del(dev.mc, addr)
    if error == 0:
        dev_set_rx_mode(dev)
    return error


def dev_mc_del_global(dev: NetDevice, addr: bytes) -> int:
    """Undo dev_mc_add_global()."""
    if addr not in dev.mc_global:
        return ENOENT
    dev.mc_global.discard(addr)
    return dev_mc_del(dev, addr)


def dev_uc_sync(to: NetDevice, source: NetDevice) -> int:
    """Let the device `to`, below source, receive what source's unicast list has."""
    if to.addr_len != source.addr_len:
        return EINVAL
    sync_list(to.uc, source.uc, source.uc_synced)
    dev_set_rx_mode(to)
    return 0


def dev_uc_unsync(to: NetDevice, source: NetDevice) -> None:
    """Take back what dev_uc_sync() copied."""
    unsync_list(to.uc, source.uc_synced)
    dev_set_rx_mode(to)


def dev_mc_sync(to: NetDevice, source: NetDevice) -> int:
    """Let the device `to`, below source, receive source's groups."""
    if to.addr_len != source.addr_len:
        return EINVAL
    sync_list(to.mc, source.mc, source.mc_synced)
    dev_set_rx_mode(to)
    return 0


def dev_mc_unsync(to: NetDevice, source: NetDevice) -> None:
    """Take back what dev_mc_sync() copied."""
    unsync_list(to.mc, source.mc_synced)
    dev_set_rx_mode(to)


def sync_list(to: dict[bytes, int], source: dict[bytes, int], synced: set[bytes]) -> None:
    """Add what source has and synced not; delete what synced has and source not any more."""
    for addr in sorted(synced):
        if addr not in source:
            hw_addr_del(to, addr)
            synced.discard(addr)
    for addr in source:
        if addr not in synced:
            hw_addr_add(to, addr)
            synced.add(addr)


def unsync_list(to: dict[bytes, int], synced: set[bytes]) -> None:
    """Delete from to what was copied there."""
    for addr in sorted(synced):
        hw_addr_del(to, addr)
    synced.clear()
