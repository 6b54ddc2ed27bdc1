"""SIOCETHTOOL: the structs of ethtool(8)."""

from __future__ import annotations

import errno
import struct

import pytest

import softnet.uapi.ethtool as uapi
from softnet.net.core.ethtool import dev_ethtool, ethtool_request_len
from softnet.structs.ethtool import EthtoolOps
from softnet.structs.netdevice import NetDevice


class Ops(EthtoolOps):
    """A driver's."""

    __slots__ = ()

    def get_settings(self, dev: NetDevice) -> dict[str, int]:
        return {"speed": 0x12345, "duplex": 1, "autoneg": 1}

    def get_drvinfo(self, dev: NetDevice) -> dict[str, str]:
        return {"driver": "d" * 40, "bus_info": "0000:00:03.0"}


@pytest.fixture
def dev() -> NetDevice:
    dev = NetDevice("eth0")
    dev.state = 1 << 1  # LINK_STATE_PRESENT
    dev.ethtool_ops = Ops()
    dev.addr_len = 6
    dev.perm_addr = b"\2\0\0\0\0\1"
    return dev


def ask(dev: NetDevice, cmd: int, data: int = 0) -> bytes:
    return dev_ethtool(dev, struct.pack("<II", cmd, data))


def test_settings(dev: NetDevice) -> None:
    answer = ask(dev, uapi.ETHTOOL_GSET)
    assert len(answer) == 44
    assert struct.unpack_from("<HB", answer, 12) == (0x2345, 1)
    assert struct.unpack_from("<H", answer, 28) == (1,)  # speed_hi


def test_driver(dev: NetDevice) -> None:
    answer = ask(dev, uapi.ETHTOOL_GDRVINFO)
    assert len(answer) == ethtool_request_len(answer) == 196
    assert answer[4:36] == b"d" * 31 + b"\0"
    assert answer[100:112] == b"0000:00:03.0"


def test_address_needs_room(dev: NetDevice) -> None:
    assert ask(dev, uapi.ETHTOOL_GPERMADDR, 32)[8:] == dev.perm_addr
    with pytest.raises(OSError) as e:
        ask(dev, uapi.ETHTOOL_GPERMADDR, 5)
    assert e.value.errno == errno.EINVAL


def test_what_nobody_knows(dev: NetDevice) -> None:
    for cmd in (uapi.ETHTOOL_SSET, 9999):
        with pytest.raises(OSError) as e:
            ask(dev, cmd)
        assert e.value.errno == errno.EOPNOTSUPP
    dev.ethtool_ops = None
    with pytest.raises(OSError) as e:
        ask(dev, uapi.ETHTOOL_GLINK)
    assert e.value.errno == errno.EOPNOTSUPP
