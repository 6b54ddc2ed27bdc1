"""What a driver without an ethtool operation answers."""

from __future__ import annotations

import errno

import pytest

import softnet.arch.const as const
from softnet.structs.ethtool import EthtoolOps
from softnet.structs.netdevice import NetDevice


def test_what_a_driver_lacks_is_not_supported() -> None:
    ops, dev = EthtoolOps(), NetDevice("x")
    for name in ("get_settings", "get_drvinfo", "get_regs", "get_eeprom", "nway_reset"):
        with pytest.raises(OSError) as e:
            getattr(ops, name)(dev)
        assert e.value.errno == errno.EOPNOTSUPP
    for name in ("set_settings", "set_coalesce", "set_ringparam"):
        with pytest.raises(OSError) as e:
            getattr(ops, name)(dev, {})
        assert e.value.errno == errno.EOPNOTSUPP
    for name in ("get_coalesce", "get_ringparam", "get_pauseparam", "get_ethtool_stats"):
        with pytest.raises(OSError) as e:
            getattr(ops, name)(dev)
        assert e.value.errno == errno.EOPNOTSUPP


def test_every_device_can_say_whether_it_has_a_carrier() -> None:
    ops, dev = EthtoolOps(), NetDevice("x")
    assert ops.get_link(dev)
    dev.state |= 1 << const.LINK_STATE_NOCARRIER
    assert not ops.get_link(dev)
