"""ethtool on an e1000."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.e1000 as regs
from tests.drivers.net.e1000.kit import Pair
from tests.net.core.dev.kit import MAC_A


def test_drvinfo_and_settings(pair: Pair) -> None:
    ops, dev = pair.dev[0].ethtool_ops, pair.dev[0]
    assert ops.get_drvinfo(dev)["driver"] == "e1000"
    assert ops.get_drvinfo(dev)["bus_info"] == "0000:00:03.0"
    assert ops.get_settings(dev)["speed"] == 1000
    assert ops.get_link(dev)
    pair.cable.set_carrier(False)
    pair.run()
    assert ops.get_settings(dev)["speed"] == -1
    assert not ops.get_link(dev)


def test_registers_and_eeprom(pair: Pair) -> None:
    ops, dev = pair.dev[0].ethtool_ops, pair.dev[0]
    assert ops.get_regs(dev)[regs.E1000_RDLEN] == 4096
    assert ops.get_eeprom(dev)[:6] == MAC_A
    assert len(ops.get_eeprom(dev)) == 128


def test_rings_can_be_resized_while_up(pair: Pair) -> None:
    ops, dev = pair.dev[1].ethtool_ops, pair.dev[1]
    with pair.rtnl(1):
        ops.set_ringparam(dev, {"rx_pending": 1000, "tx_pending": 10})
    assert ops.get_ringparam(dev)["rx_pending"] == 1000
    assert ops.get_ringparam(dev)["tx_pending"] == 80
    pair.run()
    got = pair.sink(1)
    for _ in range(900):
        pair.send()
    pair.run()
    assert len(got.frames) == 900


def test_without_memory_for_new_rings_the_device_recovers_when_opened_again(pair: Pair) -> None:
    ops, dev = pair.dev[1].ethtool_ops, pair.dev[1]
    memory = pair.h[1].machine.memory
    memory.fail = lambda: True
    with pair.rtnl(1), pytest.raises(OSError) as e:
        ops.set_ringparam(dev, {"rx_pending": 512, "tx_pending": 512})
    assert e.value.errno == errno.ENOMEM
    memory.fail = None
    pair.close(1)
    assert memory.leaks() == []
    assert pair.open(1) == 0
    pair.run()
    got = pair.sink(1)
    pair.send()
    pair.run()
    assert len(got.frames) == 1


@pytest.mark.parametrize(("usecs", "itr"), [(0, 0), (1, 20_000), (3, 20_000), (100, 10_000)])
def test_coalescing(pair: Pair, usecs: int, itr: int) -> None:
    ops, dev = pair.dev[0].ethtool_ops, pair.dev[0]
    ops.set_coalesce(dev, {"rx_coalesce_usecs": usecs})
    assert dev.itr == itr
    assert ops.get_coalesce(dev)["rx_coalesce_usecs"] == usecs
    assert pair.nic[0].irq.gap == (10**9 // (itr * 256) * 256 if itr else 0)


@pytest.mark.parametrize("usecs", [2, 9, 10_001])
def test_impossible_coalescing_is_refused(pair: Pair, usecs: int) -> None:
    with pytest.raises(OSError) as e:
        pair.dev[0].ethtool_ops.set_coalesce(pair.dev[0], {"rx_coalesce_usecs": usecs})
    assert e.value.errno == errno.EINVAL


def test_nway_reset_and_pause(pair: Pair) -> None:
    ops, dev = pair.dev[0].ethtool_ops, pair.dev[0]
    ops.nway_reset(dev)
    assert ops.get_pauseparam(dev) == {"autoneg": 1, "rx_pause": 1, "tx_pause": 1}
    assert pair.nic[0].link_up


def test_what_the_driver_lacks_is_not_supported(pair: Pair) -> None:
    with pytest.raises(OSError) as e:
        pair.dev[0].ethtool_ops.set_settings(pair.dev[0], {})
    assert e.value.errno == errno.EOPNOTSUPP
