"""Ping sockets."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.in_ as in_
import softnet.uapi.socket as socket_
from tests.kit.frame import icmp as icmp_layer
from tests.kit.frame import ip as ip_layer
from tests.kit.frame import packet
from tests.net.ipv4.ip_kit import (
    IpHost,
    Sock,
    Wire,
    eth,
    host,
    icmp,
    icmp_error,
    ip,
    ip_bytes,
)

__all__ = ["eth", "host"]

US, PEER = "10.0.0.1", "10.0.0.2"
ECHO = icmp(8, 0, 0xDEAD0007, b"payload")


@pytest.fixture
def ping(host: IpHost, eth: Wire) -> Sock:
    host.sysctl("ping_group_range", "0 0")
    return new(host)


def new(host: IpHost) -> Sock:
    s = host.sock(socket_.SOCK_DGRAM, in_.IPPROTO_ICMP)
    assert s.error == 0
    return s


def test_nobody_may_by_default(host: IpHost) -> None:
    assert host.proc("sys/net/ipv4/ping_group_range") == "1\t0\n"
    assert host.sock(socket_.SOCK_DGRAM, in_.IPPROTO_ICMP).error == -errno.EACCES


def test_echo_request_gets_our_identifier(host: IpHost, eth: Wire, ping: Sock) -> None:
    before = host.counters()
    assert ping.send(ECHO, PEER) == len(ECHO)
    out = eth.payloads()[0]
    packet(out, ip_layer(src=US, dst=PEER), icmp_layer(type=8, code=0))
    assert int.from_bytes(out[24:26], "big") == ping.port
    assert out[26:] == ECHO[6:]
    assert host.ticked(before)["Icmp.OutEchos"] == 1


@pytest.mark.parametrize("size", [0, 1, 7, 1464, 1465, 5000])
def test_any_size_sums_up(host: IpHost, eth: Wire, ping: Sock, size: int) -> None:
    data = bytes(i & 0xFF for i in range(size))
    s = host.sock(socket_.SOCK_RAW, in_.IPPROTO_ICMP)
    assert ping.send(icmp(8, 0, 1, data), "127.0.0.1") == size + 8
    request = s.recv()
    assert isinstance(request, bytes)
    packet(request, ip_layer(), icmp_layer(type=8))
    reply = ping.recv()
    assert isinstance(reply, bytes)
    assert reply[0] == 0
    assert reply[8:] == data


def test_replies_come_to_whom_they_belong(host: IpHost, eth: Wire, ping: Sock) -> None:
    other = new(host)
    ping.bind(US, 77)
    other.bind(US, 78)
    host.receive(eth, ip_bytes(PEER, US, icmp(0, 0, 78 << 16 | 5, b"x"), 1))
    assert ping.recv() == -errno.EAGAIN
    got = other.recv()
    assert isinstance(got, bytes)
    assert got == icmp(0, 0, 78 << 16 | 5, b"x")
    assert other.source == (ip(PEER), 0)
    host.receive(eth, ip_bytes(PEER, US, icmp(0, 0, 79 << 16, b"x"), 1))  # nobody's


def test_only_echo_requests(host: IpHost, eth: Wire, ping: Sock) -> None:
    assert ping.send(icmp(13, 0, 1), PEER) == -errno.EINVAL
    assert ping.send(icmp(8, 1, 1), PEER) == -errno.EINVAL
    assert ping.send(b"short", PEER) == -errno.EINVAL
    assert ping.send(ECHO) == -errno.EDESTADDRREQ
    assert ping.send(ECHO, PEER, flags=socket_.MSG_OOB) == -errno.EOPNOTSUPP
    assert ping.send(ECHO + bytes(65536), PEER) == -errno.EMSGSIZE
    before = host.counters()
    assert ping.send(ECHO, "172.16.0.1") == -errno.ENETUNREACH
    assert host.ticked(before) == {"Ip.OutNoRoutes": 1}
    assert eth.sent == []


def test_identifiers(host: IpHost, eth: Wire, ping: Sock) -> None:
    assert ping.bind(US, 77) == 0
    assert ping.bind(US, 78) == -errno.EINVAL
    assert new(host).bind("172.16.0.1", 5) == -errno.EADDRNOTAVAIL
    taken = new(host)
    taken.set(socket_.SOL_SOCKET, socket_.SO_REUSEADDR, 0)
    assert taken.bind(US, 77) == -errno.EADDRINUSE
    first, second = new(host), new(host)
    first.connect(PEER)
    second.connect(PEER)
    assert second.port == first.port + 1


def test_connected(host: IpHost, eth: Wire, ping: Sock) -> None:
    assert ping.connect(PEER) == 0
    assert ping.send(ECHO) == len(ECHO)
    assert ping.send(ECHO) == len(ECHO)
    lost = eth.payloads()[0]
    host.receive(eth, ip_bytes(PEER, US, icmp_error(3, 1, lost), 1))  # soft
    assert ping.recv() == -errno.EAGAIN
    host.receive(eth, ip_bytes(PEER, US, icmp_error(3, 3, lost), 1))
    assert ping.recv() == -errno.ECONNREFUSED


def test_every_error_is_told_who_asks(host: IpHost, eth: Wire, ping: Sock) -> None:
    ping.set(socket_.SOL_IP, in_.IP_RECVERR, 1)
    ping.send(ECHO, PEER)
    lost = eth.payloads()[0]
    expected = {
        (3, 1): errno.EHOSTUNREACH,
        (3, 4): errno.EMSGSIZE,
        (4, 0): errno.EREMOTEIO,
        (5, 1): errno.EREMOTEIO,
        (11, 0): errno.EHOSTUNREACH,
        (12, 0): errno.EPROTO,
    }
    for (type, code), err in expected.items():
        info = 1000 if code == 4 else ip("10.0.0.3")
        host.receive(eth, ip_bytes(PEER, US, icmp_error(type, code, lost, info), 1))
        assert ping.recv() == -err
        quoted = ping.recv(flags=socket_.MSG_ERRQUEUE)
        assert isinstance(quoted, bytes)
        assert quoted == lost[20:]


def test_receiving(host: IpHost, eth: Wire, ping: Sock) -> None:
    ping.bind(US, 77)
    ping.set(socket_.SOL_IP, in_.IP_RECVTTL, 1)
    host.receive(eth, ip_bytes(PEER, US, icmp(0, 0, 77 << 16, b"0123"), 1, ttl=3))
    assert ping.recv(10, socket_.MSG_PEEK) == icmp(0, 0, 77 << 16, b"0123")[:10]
    assert ping.msg.flags & socket_.MSG_TRUNC
    assert ping.recv() == icmp(0, 0, 77 << 16, b"0123")
    assert ping.cmsg(socket_.SOL_IP, in_.IP_TTL)[0] == 3
    assert ping.recv(flags=socket_.MSG_OOB) == -errno.EOPNOTSUPP
    assert host.proc("net/icmp").splitlines()[1].split()[1] == "0100000A:004D"


def test_closing_frees_the_identifier(host: IpHost, eth: Wire, ping: Sock) -> None:
    ping.bind(US, 77)
    host.receive(eth, ip_bytes(PEER, US, icmp(0, 0, 77 << 16, b"unread"), 1))
    ping.close()
    assert new(host).bind(US, 77) == 0
