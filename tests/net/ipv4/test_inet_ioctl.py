"""Structs of ioctls: taken apart, answered, put together."""

from __future__ import annotations

import errno
import struct

import pytest

import softnet.uapi.if_arp as if_arp
import softnet.uapi.sockios as sockios
from softnet.net.ipv4.inet_ioctl import inet_struct_ioctl
from tests.net.ipv4.route_kit import MAC_B, RouteHost, ip


def sockaddr(addr: str) -> bytes:
    """struct sockaddr_in"""
    return struct.pack("<HH", 2, 0) + ip(addr).to_bytes(4, "big") + bytes(8)


def arpreq(addr: str, mac: bytes = b"", flags: int = 0, dev: str = "") -> bytes:
    """struct arpreq"""
    ha = struct.pack("<H", 1 if mac else 0) + mac.ljust(14, b"\0")
    return (
        sockaddr(addr) + ha + struct.pack("<I", flags) + bytes(16) + dev.encode().ljust(16, b"\0")
    )


def test_arp_entry_set_and_read(rhost: RouteHost) -> None:
    rhost.eth("10.0.0.1/24")
    perm = arpreq("10.0.0.2", MAC_B, if_arp.ATF_PERM, "eth0")
    assert inet_struct_ioctl(rhost.net, sockios.SIOCSARP, perm) == 0
    answer = inet_struct_ioctl(rhost.net, sockios.SIOCGARP, arpreq("10.0.0.2", dev="eth0"))
    assert isinstance(answer, bytes)
    assert len(answer) == 68
    assert answer[16:24] == struct.pack("<H", 1) + MAC_B
    assert struct.unpack_from("<I", answer, 32)[0] & if_arp.ATF_PERM
    assert answer[52:57] == b"eth0\0"
    assert inet_struct_ioctl(rhost.net, sockios.SIOCDARP, perm) == 0


@pytest.mark.parametrize(
    ("cmd", "arg", "error"),
    [
        (sockios.SIOCGARP, arpreq("10.0.0.9", dev="eth0"), errno.ENXIO),
        (sockios.SIOCGARP, arpreq("10.0.0.9"), errno.ENODEV),
        (sockios.SIOCGARP, bytes(68), errno.EPFNOSUPPORT),
        (sockios.SIOCGARP, 5, errno.EFAULT),
        (sockios.SIOCADDRT, None, errno.EFAULT),
        (sockios.SIOCRTMSG, bytes(120), errno.EINVAL),
    ],
)
def test_refusals(rhost: RouteHost, cmd: int, arg: object, error: int) -> None:
    rhost.eth("10.0.0.1/24")
    with pytest.raises(OSError) as e:
        inet_struct_ioctl(rhost.net, cmd, arg)
    assert e.value.errno == error
