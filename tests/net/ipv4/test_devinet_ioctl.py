"""Addresses as ifconfig(8) sets them."""

from __future__ import annotations

import errno

import softnet.uapi.sockios as sockios
from softnet.net.ipv4.devinet_ioctl import devinet_ioctl, inet_gifconf
from softnet.structs.inetdevice import InDevice
from tests.net.ipv4.route_kit import RouteHost, Wire, fails, ip, rtnl


def in_dev_of(dev: Wire) -> InDevice:
    assert dev.ip_ptr is not None
    return dev.ip_ptr


def dotted(addr: int) -> str:
    return ".".join(str(b) for b in addr.to_bytes(4, "big"))


def test_ifconfig_ioctls(rhost: RouteHost) -> None:
    dev = rhost.eth()
    net = rhost.net

    def ask(cmd: int, value: str = "0.0.0.0", name: str = "eth0") -> str:
        with rtnl(net):
            return dotted(devinet_ioctl(net, cmd, name, ip(value)))

    with fails(errno.EADDRNOTAVAIL):
        ask(sockios.SIOCGIFADDR)
    ask(sockios.SIOCSIFADDR, "172.16.5.1")
    assert ask(sockios.SIOCGIFADDR) == "172.16.5.1"
    assert ask(sockios.SIOCGIFNETMASK) == "255.255.0.0"
    assert ask(sockios.SIOCGIFBRDADDR) == "172.16.255.255"
    ask(sockios.SIOCSIFNETMASK, "255.255.255.0")
    assert ask(sockios.SIOCGIFBRDADDR) == "172.16.5.255"
    ask(sockios.SIOCSIFADDR, "172.16.6.1", "eth0:1")
    assert inet_gifconf(net)[1:] == [("eth0", ip("172.16.5.1")), ("eth0:1", ip("172.16.6.1"))]
    with fails(errno.EINVAL):
        ask(sockios.SIOCSIFNETMASK, "255.0.255.0")
    with fails(errno.ENODEV):
        ask(sockios.SIOCGIFADDR, name="eth7")
    with rtnl(net):
        devinet_ioctl(net, sockios.SIOCSIFFLAGS, "eth0:1", 0)
    assert [i.ifa_label for i in in_dev_of(dev).ifa_list] == ["eth0"]
