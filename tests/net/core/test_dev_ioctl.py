"""ioctls of devices, by any socket."""

from __future__ import annotations

import errno
import struct

import pytest

import softnet.uapi.sockios as sockios
from softnet.host import Host
from softnet.machine.clock import World
from softnet.net.core.dev_ioctl import dev_ioctl
from softnet.structs.net_namespace import Net


def ifreq(name: str = "lo", tail: bytes = b"") -> bytes:
    """struct ifreq"""
    return (name.encode().ljust(16, b"\0") + tail).ljust(40, b"\0")


@pytest.fixture
def net() -> Net:
    return Host(World(seed=1), "h1").net


def refusal(net: Net, cmd: int, arg: object) -> int | None:
    """The errno that dev_ioctl() answers with."""
    with pytest.raises(OSError) as e:
        dev_ioctl(net, cmd, arg)
    return e.value.errno


def test_getters_fill_the_union_and_keep_the_name(net: Net) -> None:
    answer = dev_ioctl(net, sockios.SIOCGIFINDEX, ifreq())
    assert answer == ifreq(tail=struct.pack("i", net.dev_by_name["lo"].ifindex))
    alias = dev_ioctl(net, sockios.SIOCGIFMTU, ifreq("lo:7"))
    assert alias == ifreq("lo:7", struct.pack("i", 16436))


def test_a_name_by_its_index(net: Net) -> None:
    asked = ifreq("", struct.pack("i", 1))
    assert dev_ioctl(net, sockios.SIOCGIFNAME, asked)[:3] == b"lo\0"
    assert refusal(net, sockios.SIOCGIFNAME, ifreq("", struct.pack("i", 77))) == errno.ENODEV


def test_setters_set(net: Net) -> None:
    dev_ioctl(net, sockios.SIOCSIFMTU, ifreq(tail=struct.pack("i", 9000)))
    dev_ioctl(net, sockios.SIOCSIFTXQLEN, ifreq(tail=struct.pack("i", 5)))
    assert (net.dev_by_name["lo"].mtu, net.dev_by_name["lo"].tx_queue_len) == (9000, 5)
    assert refusal(net, sockios.SIOCSIFTXQLEN, ifreq(tail=struct.pack("i", -5))) == errno.EINVAL


def test_multicast_addresses_are_counted(net: Net) -> None:
    asked = ifreq(tail=bytes(2) + bytes.fromhex("01005e010203"))
    dev_ioctl(net, sockios.SIOCADDMULTI, asked)
    assert bytes.fromhex("01005e010203") in net.dev_by_name["lo"].mc
    dev_ioctl(net, sockios.SIOCDELMULTI, asked)
    assert bytes.fromhex("01005e010203") not in net.dev_by_name["lo"].mc
    assert refusal(net, sockios.SIOCADDMULTI, ifreq(tail=b"\1\0")) == errno.EINVAL


@pytest.mark.parametrize(
    ("cmd", "arg", "error"),
    [
        (sockios.SIOCGIFMTU, ifreq("nodev0"), errno.ENODEV),
        (sockios.SIOCGIFMTU, 5, errno.EFAULT),
        (sockios.SIOCGIFSLAVE, ifreq(), errno.EINVAL),
        (sockios.SIOCSIFMETRIC, ifreq(), errno.EOPNOTSUPP),
        (sockios.SIOCDEVPRIVATE, ifreq(), errno.EOPNOTSUPP),
        (0x8999, ifreq(), errno.ENOTTY),
        (sockios.SIOCGIFMTU, b"", errno.ENODEV),
        (sockios.SIOCETHTOOL, ifreq(), errno.EFAULT),
    ],
)
def test_refusals(net: Net, cmd: int, arg: object, error: int) -> None:
    assert refusal(net, cmd, arg) == error


def test_ifconf_gives_whole_rows(net: Net) -> None:
    answer = dev_ioctl(net, sockios.SIOCGIFCONF, struct.pack("iP", 79, 1))
    assert struct.unpack_from("i", answer)[0] == 40
    assert answer[16:19] == b"lo\0"
    assert answer[36:40] == bytes((127, 0, 0, 1))
    assert len(dev_ioctl(net, sockios.SIOCGIFCONF, struct.pack("iP", 0, 0))) == 16
