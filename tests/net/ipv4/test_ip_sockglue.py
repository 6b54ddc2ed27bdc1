"""SOL_IP: each option's bounds, and what is read back."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.in_ as in_
import softnet.uapi.socket as socket_
from softnet.net.ipv4.ip_sockglue import getsockopt_filter
from tests.net.ipv4.ip_kit import IpHost, Sock, Wire, eth, host, ip

__all__ = ["eth", "host"]

IP = socket_.SOL_IP
EINVAL, ENOPROTOOPT = -errno.EINVAL, -errno.ENOPROTOOPT
GROUP = "239.1.2.3"


def a(text: str) -> bytes:
    return ip(text).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("opt", "value", "answer", "read"),
    [
        (in_.IP_TOS, 0x10, 0, 0x10),
        (in_.IP_TOS, 0xFF, 0, 0xFF),
        (in_.IP_TTL, 0, 0, 0),
        (in_.IP_TTL, 255, 0, 255),
        (in_.IP_TTL, -1, 0, 64),
        (in_.IP_TTL, 256, EINVAL, 64),
        (in_.IP_TTL, -2, EINVAL, 64),
        (in_.IP_TTL, b"", EINVAL, 64),
        (in_.IP_TTL, b"\x07", 0, 7),
        (in_.IP_MULTICAST_TTL, 0, 0, 0),
        (in_.IP_MULTICAST_TTL, -1, 0, 1),
        (in_.IP_MULTICAST_TTL, 256, EINVAL, 1),
        (in_.IP_MULTICAST_TTL, b"", EINVAL, 1),
        (in_.IP_MULTICAST_LOOP, 0, 0, 0),
        (in_.IP_MULTICAST_LOOP, b"\0", 0, 0),
        (in_.IP_MULTICAST_LOOP, 5, 0, 1),
        (in_.IP_MULTICAST_ALL, 0, 0, 0),
        (in_.IP_MULTICAST_ALL, 2, EINVAL, 1),
        (in_.IP_MTU_DISCOVER, 3, 0, 3),
        (in_.IP_MTU_DISCOVER, 4, EINVAL, 1),
        (in_.IP_MTU_DISCOVER, -1, EINVAL, 1),
        (in_.IP_RECVERR, 9, 0, 1),
        (in_.IP_FREEBIND, 1, 0, 1),
        (in_.IP_TRANSPARENT, 1, 0, 1),
        (in_.IP_MINTTL, 255, 0, 255),
        (in_.IP_MINTTL, 256, EINVAL, 0),
        (in_.IP_MINTTL, -1, EINVAL, 0),
        (in_.IP_PKTINFO, 1, 0, 1),
        (in_.IP_RECVTTL, 1, 0, 1),
        (in_.IP_RECVOPTS, 1, 0, 1),
        (in_.IP_RETOPTS, 1, 0, 1),
        (in_.IP_RECVTOS, 1, 0, 1),
        (in_.IP_PASSSEC, 1, 0, 1),
        (in_.IP_RECVORIGDSTADDR, 1, 0, 1),
        (in_.IP_HDRINCL, 1, ENOPROTOOPT, 0),
        (in_.IP_NODEFRAG, 1, ENOPROTOOPT, 0),
    ],
)
def test_numbers(host: IpHost, opt: int, value: int | bytes, answer: int, read: int) -> None:
    s = host.sock()
    assert s.set(IP, opt, value) == answer
    assert s.get(IP, opt) == read
    assert s.get(IP, opt, 1) & 0xFF == read  # in one byte, as old programs ask


def test_raw_sockets_have_two_more(host: IpHost) -> None:
    s = host.sock(socket_.SOCK_RAW, 253)
    for opt in (in_.IP_HDRINCL, in_.IP_NODEFRAG):
        assert s.set(IP, opt, 1) == 0
        assert s.get(IP, opt) == 1


def test_what_is_not_there(host: IpHost) -> None:
    s = host.sock()
    for opt in (0, 77, 200, 201, in_.IP_IPSEC_POLICY, in_.IP_XFRM_POLICY):
        assert s.set(IP, opt, 1) == ENOPROTOOPT
        with pytest.raises(OSError, match="Protocol") as e:
            s.get(IP, opt)
        assert e.value.errno == errno.ENOPROTOOPT
    assert s.set(99, 1, 1) == ENOPROTOOPT
    with pytest.raises(OSError, match="supported") as e:
        s.get(99, 1)
    assert e.value.errno == errno.EOPNOTSUPP
    with pytest.raises(OSError, match="argument"):
        s.get(IP, in_.IP_TTL, -1)
    with pytest.raises(OSError, match="connected"):
        s.get(IP, in_.IP_MTU)
    with pytest.raises(OSError, match="Protocol"):
        s.get(IP, in_.IP_PKTOPTIONS)
    with pytest.raises(OSError, match="argument"):
        s.get(IP, in_.IP_MSFILTER)


def test_tos_is_also_the_priority(host: IpHost) -> None:
    s = host.sock()
    s.set(IP, in_.IP_TOS, 0x10)
    assert s.get(socket_.SOL_SOCKET, socket_.SO_PRIORITY) == 6
    s.set(IP, in_.IP_TOS, 0x08)
    assert s.get(socket_.SOL_SOCKET, socket_.SO_PRIORITY) == 2


def test_mtu_of_a_connection(host: IpHost, eth: Wire) -> None:
    s = host.sock()
    s.connect("10.0.0.2", 7)
    assert s.get(IP, in_.IP_MTU) == 1500


def test_options_come_back(host: IpHost) -> None:
    s = host.sock()
    assert s.socket.ops is not None
    assert s.socket.ops.getsockopt(s.socket, IP, in_.IP_OPTIONS, 40) == b""
    rr = bytes([7, 11, 4]) + bytes(9)
    assert s.set(IP, in_.IP_OPTIONS, rr) == 0
    assert s.socket.ops.getsockopt(s.socket, IP, in_.IP_OPTIONS, 40) == rr
    assert s.socket.ops.getsockopt(s.socket, IP, in_.IP_OPTIONS, 5) == rr[:5]
    assert s.set(IP, in_.IP_OPTIONS, b"") == 0
    assert s.socket.ops.getsockopt(s.socket, IP, in_.IP_OPTIONS, 40) == b""


def test_multicast_interface(host: IpHost, eth: Wire) -> None:
    s = host.sock()
    assert s.socket.ops is not None

    def read() -> bytes:
        assert s.socket.ops is not None
        return s.socket.ops.getsockopt(s.socket, IP, in_.IP_MULTICAST_IF, 4)

    assert s.set(IP, in_.IP_MULTICAST_IF, a("10.0.0.1")) == 0
    assert read() == a("10.0.0.1")
    assert s.sk.mc_index == eth.ifindex
    assert s.set(IP, in_.IP_MULTICAST_IF, a("10.9.9.9")) == -errno.EADDRNOTAVAIL
    assert s.set(IP, in_.IP_MULTICAST_IF, bytes(3)) == EINVAL
    mreqn = bytes(8) + (99).to_bytes(4, "little")
    assert s.set(IP, in_.IP_MULTICAST_IF, mreqn) == -errno.EADDRNOTAVAIL
    mreqn = bytes(8) + eth.ifindex.to_bytes(4, "little")
    assert s.set(IP, in_.IP_MULTICAST_IF, mreqn) == 0
    assert s.set(IP, in_.IP_MULTICAST_IF, bytes(4)) == 0
    assert s.sk.mc_index == 0
    s.set(socket_.SOL_SOCKET, socket_.SO_BINDTODEVICE, b"lo\0")
    assert s.set(IP, in_.IP_MULTICAST_IF, a("10.0.0.1")) == EINVAL


# ---- memberships


def join(s: Sock, group: str = GROUP, local: str = "10.0.0.1") -> int:
    return s.set(IP, in_.IP_ADD_MEMBERSHIP, a(group) + a(local))


def leave(s: Sock, group: str = GROUP, local: str = "10.0.0.1") -> int:
    return s.set(IP, in_.IP_DROP_MEMBERSHIP, a(group) + a(local))


def test_join_and_leave(host: IpHost, eth: Wire) -> None:
    s = host.sock()
    assert join(s, "10.0.0.2") == EINVAL
    assert join(s, local="10.9.9.9") == -errno.ENODEV
    assert s.set(IP, in_.IP_ADD_MEMBERSHIP, bytes(7)) == EINVAL
    assert join(s) == 0
    assert join(s) == -errno.EADDRINUSE
    assert leave(s, "239.9.9.9") == -errno.EADDRNOTAVAIL
    assert leave(s, local="10.9.9.9") == -errno.ENODEV
    assert leave(s) == 0
    assert leave(s) == -errno.EADDRNOTAVAIL
    mreqn = a(GROUP) + bytes(4) + eth.ifindex.to_bytes(4, "little")
    assert s.set(IP, in_.IP_ADD_MEMBERSHIP, mreqn) == 0
    assert leave(s, local="0.0.0.0") in (0, -errno.ENODEV)


def test_memberships_have_a_bound(host: IpHost, eth: Wire) -> None:
    s = host.sock()
    for i in range(20):
        assert join(s, f"239.0.0.{i}") == 0
    assert join(s, "239.0.0.20") == -errno.ENOBUFS
    host.sysctl("igmp_max_memberships", 21)
    assert join(s, "239.0.0.20") == 0


def source(s: Sock, opt: int, src: str, group: str = GROUP) -> int:
    return s.set(IP, opt, a(group) + a("10.0.0.1") + a(src))


def test_sources(host: IpHost, eth: Wire) -> None:
    s = host.sock()
    add, drop = in_.IP_ADD_SOURCE_MEMBERSHIP, in_.IP_DROP_SOURCE_MEMBERSHIP
    block, unblock = in_.IP_BLOCK_SOURCE, in_.IP_UNBLOCK_SOURCE
    assert s.set(IP, add, bytes(11)) == EINVAL
    assert source(s, block, "1.1.1.1") == EINVAL  # not a member
    assert source(s, add, "1.1.1.1") == 0
    assert source(s, add, "1.1.1.1") == -errno.EADDRNOTAVAIL
    assert source(s, add, "2.2.2.2") == 0
    assert source(s, block, "3.3.3.3") == EINVAL  # another mode
    assert source(s, drop, "9.9.9.9") == -errno.EADDRNOTAVAIL
    assert source(s, drop, "1.1.1.1") == 0
    assert source(s, drop, "2.2.2.2") == 0  # the last one: that is leaving
    assert leave(s) == -errno.EADDRNOTAVAIL
    assert join(s) == 0
    for i in range(10):
        assert source(s, block, f"5.5.5.{i}") == 0
    assert source(s, block, "5.5.5.10") == -errno.ENOBUFS
    assert source(s, unblock, "5.5.5.3") == 0
    assert source(s, unblock, "5.5.5.3") == -errno.EADDRNOTAVAIL
    assert source(s, add, "1.1.1.1", "10.0.0.3") == EINVAL


def msfilter(group: str, mode: int, *srcs: str, n: int = -1) -> bytes:
    count = len(srcs) if n < 0 else n
    head = a(group) + a("10.0.0.1") + mode.to_bytes(4, "little") + count.to_bytes(4, "little")
    return head + b"".join(a(src) for src in srcs)


def test_whole_filters(host: IpHost, eth: Wire) -> None:
    s = host.sock()
    opt = in_.IP_MSFILTER
    inc, exc = in_.MCAST_INCLUDE, in_.MCAST_EXCLUDE
    assert s.set(IP, opt, bytes(15)) == EINVAL
    assert s.set(IP, opt, msfilter(GROUP, exc, "1.1.1.1")) == EINVAL
    assert join(s) == 0
    assert s.set(IP, opt, msfilter(GROUP, exc, "1.1.1.1", n=2)) == EINVAL
    assert s.set(IP, opt, msfilter(GROUP, exc, n=11)) == -errno.ENOBUFS
    assert s.set(IP, opt, msfilter(GROUP, exc, n=0x3FFFFFFC)) == -errno.ENOBUFS
    assert s.set(IP, opt, msfilter(GROUP, 7, "1.1.1.1")) == EINVAL
    assert s.set(IP, opt, msfilter(GROUP, exc, "1.1.1.1", "2.2.2.2")) == 0
    ask = msfilter(GROUP, 0, n=9)
    assert getsockopt_filter(s.sk, opt, ask) == msfilter(GROUP, exc, "1.1.1.1", "2.2.2.2")
    one = getsockopt_filter(s.sk, opt, msfilter(GROUP, 0, n=1))
    assert one == msfilter(GROUP, exc, "1.1.1.1", n=2)
    assert s.set(IP, opt, msfilter(GROUP, inc, "3.3.3.3")) == 0
    assert getsockopt_filter(s.sk, opt, ask) == msfilter(GROUP, inc, "3.3.3.3")
    assert s.set(IP, opt, msfilter(GROUP, inc)) == 0  # nobody: leave
    with pytest.raises(OSError, match="assign"):
        getsockopt_filter(s.sk, opt, ask)
    with pytest.raises(OSError, match="argument"):
        getsockopt_filter(s.sk, opt, msfilter("10.0.0.2", 0))
    with pytest.raises(OSError, match="argument"):
        getsockopt_filter(s.sk, opt, bytes(3))


def storage(text: str, family: int = 2) -> bytes:
    return family.to_bytes(2, "little") + bytes(2) + a(text) + bytes(120)


def test_protocol_independent_forms(host: IpHost, eth: Wire) -> None:
    s = host.sock()
    idx = eth.ifindex.to_bytes(4, "little") + bytes(4)
    group = idx + storage(GROUP)
    assert s.set(IP, in_.MCAST_JOIN_GROUP, group[:-1]) == EINVAL
    assert s.set(IP, in_.MCAST_JOIN_GROUP, idx + storage(GROUP, 10)) == EINVAL
    assert s.set(IP, in_.MCAST_JOIN_GROUP, group) == 0
    assert s.set(IP, in_.MCAST_BLOCK_SOURCE, group + storage("1.1.1.1")) == 0
    assert s.set(IP, in_.MCAST_UNBLOCK_SOURCE, group + storage("1.1.1.1")) == 0
    assert s.set(IP, in_.MCAST_UNBLOCK_SOURCE, group) == EINVAL
    bad = group + storage("1.1.1.1", 10)
    assert s.set(IP, in_.MCAST_BLOCK_SOURCE, bad) == -errno.EADDRNOTAVAIL
    assert s.set(IP, in_.MCAST_LEAVE_GROUP, group) == 0
    assert s.set(IP, in_.MCAST_JOIN_SOURCE_GROUP, group + storage("1.1.1.1")) == 0
    flt = group + (1).to_bytes(4, "little") + (1).to_bytes(4, "little") + storage("2.2.2.2")
    assert s.set(IP, in_.MCAST_MSFILTER, flt) == 0
    assert s.set(IP, in_.MCAST_MSFILTER, flt[:-1]) == EINVAL
    assert s.set(IP, in_.MCAST_MSFILTER, flt[:143]) == EINVAL
    got = getsockopt_filter(s.sk, in_.MCAST_MSFILTER, flt)
    assert got == flt
    assert s.set(IP, in_.MCAST_LEAVE_SOURCE_GROUP, group + storage("2.2.2.2")) == 0
    assert s.sk.mc_list == []


def test_filters_decide_who_is_heard(host: IpHost, eth: Wire) -> None:
    from tests.net.ipv4.ip_kit import ip_bytes, udp  # noqa: PLC0415  # used here only

    s = host.udp_sock("0.0.0.0", 9)
    assert source(s, in_.IP_ADD_SOURCE_MEMBERSHIP, "10.0.0.2") == 0
    mac = bytes.fromhex("01005e010203")
    for src in ("10.0.0.2", "10.0.0.3"):
        data = udp(src, GROUP, 7, 9, src.encode())
        host.receive(eth, ip_bytes(src, GROUP, data, 17), dst=mac)
    assert s.recv() == b"10.0.0.2"
    assert s.recv() == -errno.EAGAIN
    assert s.set(IP, in_.IP_MSFILTER, msfilter(GROUP, in_.MCAST_EXCLUDE, "10.0.0.2")) == 0
    for src in ("10.0.0.2", "10.0.0.3"):
        data = udp(src, GROUP, 7, 9, src.encode())
        host.receive(eth, ip_bytes(src, GROUP, data, 17), dst=mac)
    assert s.recv() == b"10.0.0.3"
    assert s.recv() == -errno.EAGAIN
