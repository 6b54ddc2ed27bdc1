"""socket(), bind(), getname and the other things that all kinds of sockets share."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.in_ as in_
import softnet.uapi.socket as socket_
import softnet.uapi.sockios as sockios
from softnet.net.ipv4.af_inet import (
    inet_register_protosw,
    inet_sockraw_ops,
    inet_stream_ops,
    inet_unregister_protosw,
    inetsw,
    protosw,
)
from softnet.net.ipv4.raw import raw_prot
from softnet.structs.protocol import INET_PROTOSW_PERMANENT, INET_PROTOSW_REUSE
from softnet.structs.socket import Sockaddr, SockaddrIn
from tests.net.ipv4.ip_kit import IpHost, Wire, eth, host, ip

__all__ = ["eth", "host"]

DGRAM, RAW, STREAM = socket_.SOCK_DGRAM, socket_.SOCK_RAW, socket_.SOCK_STREAM


@pytest.mark.parametrize(
    ("type", "proto", "answer"),
    [
        (DGRAM, 0, 0),
        (DGRAM, 17, 0),
        (DGRAM, 136, 0),
        (DGRAM, 6, -errno.EPROTONOSUPPORT),
        (DGRAM, 255, -errno.EPROTONOSUPPORT),
        (RAW, 1, 0),
        (RAW, 255, 0),
        (RAW, 0, -errno.EPROTONOSUPPORT),
        (RAW, 256, -errno.EINVAL),
        (DGRAM, -1, -errno.EINVAL),
        (socket_.SOCK_RDM, 0, -errno.ESOCKTNOSUPPORT),
        (socket_.SOCK_SEQPACKET, 0, -errno.ESOCKTNOSUPPORT),
    ],
)
def test_types_and_protocols(host: IpHost, type: int, proto: int, answer: int) -> None:
    s = host.sock(type, proto)
    assert s.error == answer
    if answer == 0:
        assert s.sk.sk_protocol == (proto or 17)


def test_registering_a_protocol(host: IpHost) -> None:
    row = protosw(RAW, 199, raw_prot, inet_sockraw_ops, INET_PROTOSW_REUSE)
    before = list(inetsw[RAW])
    inet_register_protosw(row)
    inet_register_protosw(row)
    assert inetsw[RAW] == [row, *before]
    inet_unregister_protosw(row)
    assert inetsw[RAW] == before
    taken = protosw(DGRAM, 17, raw_prot, inet_stream_ops, INET_PROTOSW_PERMANENT)
    with pytest.raises(AssertionError, match="permanent"):
        inet_register_protosw(taken)


@pytest.mark.parametrize(
    ("addr", "answer"),
    [
        ("0.0.0.0", 0),
        ("10.0.0.1", 0),
        ("127.0.0.1", 0),
        ("127.5.5.5", 0),
        ("10.0.0.255", 0),
        ("255.255.255.255", 0),
        ("239.1.1.1", 0),
        ("10.0.0.2", -errno.EADDRNOTAVAIL),
        ("172.16.0.1", -errno.EADDRNOTAVAIL),
    ],
)
def test_binding_to_addresses(host: IpHost, eth: Wire, addr: str, answer: int) -> None:
    assert host.sock().bind(addr, 5000) == answer


def test_binding_to_foreign_addresses_if_allowed(host: IpHost, eth: Wire) -> None:
    s = host.sock()
    s.set(socket_.SOL_IP, in_.IP_FREEBIND, 1)
    assert s.bind("10.0.0.2", 5000) == 0
    t = host.sock()
    t.set(socket_.SOL_IP, in_.IP_TRANSPARENT, 1)
    assert t.bind("10.0.0.2", 5001) == 0
    host.sysctl("ip_nonlocal_bind", 1)
    assert host.sock().bind("10.0.0.2", 5002) == 0


def test_binding_twice_and_oddly(host: IpHost) -> None:
    s = host.sock()
    assert s.bind("0.0.0.0", 80) == 0  # every program is root
    assert s.bind("0.0.0.0", 81) == -errno.EINVAL
    ops, sock = s.socket.ops, s.socket
    assert ops is not None
    assert ops.bind(sock, Sockaddr(10)) == -errno.EAFNOSUPPORT
    fresh = host.sock()
    old = SockaddrIn(0, 0)
    old.family = 0
    assert ops.bind(fresh.socket, old) == 0
    named = SockaddrIn(ip("127.0.0.1"), 0)
    named.family = 0
    assert ops.bind(host.sock().socket, named) == -errno.EAFNOSUPPORT


def test_names(host: IpHost, eth: Wire) -> None:
    s = host.sock()
    ops, sock = s.socket.ops, s.socket
    assert ops is not None

    def name(peer: int) -> tuple[int, int]:
        got = ops.getname(sock, peer)
        assert isinstance(got, SockaddrIn)
        return got.sin_addr, got.sin_port

    assert name(0) == (0, 0)
    with pytest.raises(OSError, match="not connected") as e:
        name(1)
    assert e.value.errno == errno.ENOTCONN
    s.connect("10.0.0.2", 7)
    assert name(1) == (ip("10.0.0.2"), 7)
    assert name(0) == (ip("10.0.0.1"), s.port)


def test_what_datagram_sockets_cannot_do(host: IpHost) -> None:
    s = host.sock()
    ops, sock = s.socket.ops, s.socket
    assert ops is not None
    assert ops.listen(sock, 5) == -errno.EOPNOTSUPP
    assert ops.accept(sock, sock, 0) == -errno.EOPNOTSUPP
    assert ops.socketpair(sock, sock) == -errno.EOPNOTSUPP


def ifreq(name: str, addr: str = "0.0.0.0") -> bytes:
    body = b"\2\0\0\0" + ip(addr).to_bytes(4, "big") + bytes(8)
    return name.encode().ljust(16, b"\0") + body + bytes(8)


def test_address_ioctls(host: IpHost, eth: Wire) -> None:
    s = host.sock()
    ops, sock = s.socket.ops, s.socket
    assert ops is not None

    def get(cmd: int, name: str = "eth0") -> str:
        data = ops.ioctl(sock, cmd, ifreq(name))
        assert isinstance(data, bytes)
        return ".".join(str(b) for b in data[20:24])

    assert get(sockios.SIOCGIFADDR) == "10.0.0.1"
    assert get(sockios.SIOCGIFNETMASK) == "255.255.255.0"
    ops.ioctl(sock, sockios.SIOCSIFADDR, ifreq("eth0", "192.168.1.5"))
    assert get(sockios.SIOCGIFADDR) == "192.168.1.5"
    assert get(sockios.SIOCGIFNETMASK) == "255.255.255.0"
    with pytest.raises(OSError, match="device") as e:
        get(sockios.SIOCGIFADDR, "nope")
    assert e.value.errno == errno.ENODEV
    with pytest.raises(OSError, match="argument"):
        ops.ioctl(sock, sockios.SIOCSIFADDR, bytes(40).replace(b"\0", b"e", 1))
    with pytest.raises(OSError, match="address") as e:
        ops.ioctl(sock, sockios.SIOCGIFADDR, 5)
    assert e.value.errno == errno.EFAULT


def rtentry(dst: str, mask: str, gw: str, flags: int, dev: str = "") -> bytes:
    def sa(text: str) -> bytes:
        return b"\2\0\0\0" + ip(text).to_bytes(4, "big") + bytes(8)

    body = bytes(8) + sa(dst) + sa(gw) + sa(mask) + flags.to_bytes(2, "little")
    return body.ljust(120, b"\0") + dev.encode()


def test_route_ioctls(host: IpHost, eth: Wire) -> None:
    s = host.sock()
    ops, sock = s.socket.ops, s.socket
    assert ops is not None
    entry = rtentry("172.16.0.0", "255.255.0.0", "10.0.0.2", 3)
    assert ops.ioctl(sock, sockios.SIOCADDRT, entry) == 0
    assert s.send(b"x", "172.16.9.9", 7) == 1
    assert ops.ioctl(sock, sockios.SIOCDELRT, entry) == 0
    assert s.send(b"x", "172.16.9.9", 7) == -errno.ENETUNREACH
    by_dev = rtentry("172.17.0.0", "255.255.0.0", "0.0.0.0", 1, "eth0")
    assert ops.ioctl(sock, sockios.SIOCADDRT, by_dev) == 0
    with pytest.raises(OSError, match="fib_del_route"):
        ops.ioctl(sock, sockios.SIOCDELRT, entry)
    with pytest.raises(OSError, match="argument"):
        ops.ioctl(sock, sockios.SIOCRTMSG, entry)
    with pytest.raises(OSError, match="address"):
        ops.ioctl(sock, sockios.SIOCADDRT, None)


def test_time_stamp_ioctl(host: IpHost) -> None:
    a, b = host.udp_sock("127.0.0.1", 5000), host.udp_sock()
    assert a.socket.ops is not None
    with pytest.raises(OSError, match="No such") as e:
        a.socket.ops.ioctl(a.socket, sockios.SIOCGSTAMP, None)
    assert e.value.errno == errno.ENOENT
    b.send(b"x", "127.0.0.1", 5000)
    a.recv()
    stamp = a.socket.ops.ioctl(a.socket, sockios.SIOCGSTAMP, None)
    assert isinstance(stamp, bytes)
    assert len(stamp) == 16


def test_no_pmtu_disc_is_what_new_sockets_start_with(host: IpHost) -> None:
    assert host.sock().get(socket_.SOL_IP, in_.IP_MTU_DISCOVER) == in_.IP_PMTUDISC_WANT
    host.sysctl("ip_no_pmtu_disc", 1)
    assert host.sock().get(socket_.SOL_IP, in_.IP_MTU_DISCOVER) == in_.IP_PMTUDISC_DONT


def test_closing_leaves_the_groups(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    mreq = ip("239.1.1.1").to_bytes(4, "big") + ip("10.0.0.1").to_bytes(4, "big")
    assert s.set(socket_.SOL_IP, in_.IP_ADD_MEMBERSHIP, mreq) == 0
    assert "010101EF" in host.proc("net/igmp")
    s.close()
    assert "010101EF" not in host.proc("net/igmp")
    assert eth.mc == {bytes.fromhex("01005e000001"): 1}
