"""Raw sockets."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.icmp as icmp_
import softnet.uapi.in_ as in_
import softnet.uapi.socket as socket_
import softnet.uapi.sockios as sockios
from softnet.wire.ip import ip_view
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
    udp,
)

__all__ = ["eth", "host"]

US, PEER = "10.0.0.1", "10.0.0.2"
RAW = socket_.SOCK_RAW


def raw(host: IpHost, proto: int) -> Sock:
    s = host.sock(RAW, proto)
    assert s.error == 0
    return s


def test_copies_go_to_every_socket_header_and_all(host: IpHost, eth: Wire) -> None:
    a, b, other = raw(host, 253), raw(host, 253), raw(host, 254)
    packet_ = ip_bytes(PEER, US, b"data", ttl=3)
    host.receive(eth, packet_)
    assert a.recv() == packet_
    assert a.source == (ip(PEER), 0)
    assert b.recv() == packet_
    assert other.recv() == -errno.EAGAIN


def test_the_protocol_gets_it_all_the_same(host: IpHost, eth: Wire) -> None:
    r, u = raw(host, in_.IPPROTO_UDP), host.udp_sock(US, 9)
    host.receive(eth, ip_bytes(PEER, US, udp(PEER, US, 7, 9, b"x"), 17))
    assert u.recv() == b"x"
    got = r.recv()
    assert isinstance(got, bytes)
    assert got[20:] == udp(PEER, US, 7, 9, b"x")


def test_bound_and_connected_sockets_hear_less(host: IpHost, eth: Wire) -> None:
    host.addr(eth, "10.0.0.9/24")
    s = raw(host, 253)
    assert s.bind("10.0.0.9") == 0
    host.receive(eth, ip_bytes(PEER, US, b"1"))
    host.receive(eth, ip_bytes(PEER, "10.0.0.9", b"2"))
    assert s.connect(PEER) == 0
    host.receive(eth, ip_bytes("10.0.0.3", "10.0.0.9", b"3"))
    got = [s.recv(), s.recv()]
    assert isinstance(got[0], bytes)
    assert got[0][20:] == b"2"
    assert got[1] == -errno.EAGAIN
    assert raw(host, 253).bind("172.16.0.1") == -errno.EADDRNOTAVAIL
    assert s.bind(US) == -errno.EINVAL


def test_icmp_filter(host: IpHost, eth: Wire) -> None:
    s = raw(host, in_.IPPROTO_ICMP)
    keep_replies = 0xFFFFFFFF & ~(1 << icmp_.ICMP_ECHOREPLY)
    assert s.set(socket_.SOL_RAW, icmp_.ICMP_FILTER, keep_replies.to_bytes(4, "little")) == 0
    assert s.get(socket_.SOL_RAW, icmp_.ICMP_FILTER) & 0xFFFFFFFF == keep_replies
    host.receive(eth, ip_bytes(PEER, US, icmp(8, 0, 1), 1))
    host.receive(eth, ip_bytes(PEER, US, icmp(0, 0, 1), 1))
    host.receive(eth, ip_bytes(PEER, US, icmp(200, 0, 1), 1))  # unknown types pass
    kinds = []
    while isinstance(got := s.recv(), bytes):
        kinds.append(got[20])
    assert kinds == [0, 200]
    assert s.set(socket_.SOL_RAW, 77, 0) == -errno.ENOPROTOOPT
    other = raw(host, 253)
    assert other.set(socket_.SOL_RAW, icmp_.ICMP_FILTER, 0) == -errno.EOPNOTSUPP
    with pytest.raises(OSError, match="supported"):
        other.get(socket_.SOL_RAW, icmp_.ICMP_FILTER)


def test_sending_with_a_header_of_the_kernels(host: IpHost, eth: Wire) -> None:
    s = raw(host, 253)
    assert s.send(b"data", PEER) == 4
    packet(eth.payloads()[0], ip_layer(src=US, dst=PEER, proto=253, ttl=64))
    assert eth.payloads()[0][20:] == b"data"
    assert s.send(bytes(3000), PEER) == 3000
    assert [len(p) for p in eth.payloads()[1:]] == [1500, 1500, 60]
    assert s.send(b"") == -errno.EDESTADDRREQ
    assert s.send(bytes(65536), PEER) == -errno.EMSGSIZE
    assert s.send(b"x", PEER, flags=socket_.MSG_OOB) == -errno.EOPNOTSUPP
    assert s.send(b"x", "10.0.0.255") == -errno.EACCES


def test_more_to_come(host: IpHost, eth: Wire) -> None:
    s = raw(host, 253)
    assert s.send(b"one", PEER, flags=socket_.MSG_MORE) == 3
    assert eth.sent == []
    assert s.send(b"two", PEER) == 3
    assert eth.payloads()[0][20:] == b"onetwo"
    s.send(b"left", PEER, flags=socket_.MSG_MORE)
    s.close()  # and nothing leaks


def test_sending_with_a_header_of_ones_own(host: IpHost, eth: Wire) -> None:
    s = raw(host, in_.IPPROTO_RAW)
    assert s.get(socket_.SOL_IP, in_.IP_HDRINCL) == 1
    mine = bytearray(ip_bytes("0.0.0.0", PEER, b"data", ident=0, ttl=9, proto=200))
    mine[2:4] = b"\0\0"
    mine[10:12] = b"\xab\xcd"
    assert s.send(bytes(mine), PEER) == len(mine)
    out = bytearray(eth.payloads()[0])
    iph = ip_view(out, 0)
    assert iph.check_ok()
    assert (iph.saddr(), iph.tot_len(), iph.ttl(), iph.protocol()) == (ip(US), 24, 9, 200)
    assert iph.id() != 0
    kept = ip_bytes("1.2.3.4", "10.0.0.3", b"x", ident=77)
    assert s.send(kept, PEER) == 21  # sent to the one, says the other
    assert eth.payloads()[1] == kept


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"", -errno.EINVAL),
        (bytes(19), -errno.EINVAL),
        (b"\x4f" + bytes(30), -errno.EINVAL),
        (b"\x45" + bytes(1500), -errno.EMSGSIZE),
    ],
)
def test_headers_that_cannot_be(host: IpHost, eth: Wire, data: bytes, answer: int) -> None:
    s = raw(host, in_.IPPROTO_RAW)
    assert s.send(data, PEER) == answer
    assert eth.sent == []


def test_options_and_own_headers_exclude_each_other(host: IpHost, eth: Wire) -> None:
    s = raw(host, in_.IPPROTO_RAW)
    nop = [(socket_.SOL_IP, in_.IP_RETOPTS, b"\1\1\1\1")]
    assert s.send(ip_bytes(US, PEER), PEER, control=nop) == -errno.EINVAL


def test_icmp_messages_of_programs_are_counted(host: IpHost, eth: Wire) -> None:
    before = host.counters()
    raw(host, in_.IPPROTO_ICMP).send(icmp(8, 0, 1), PEER)
    mine = raw(host, in_.IPPROTO_RAW)
    mine.send(ip_bytes(US, PEER, icmp(13, 0, 1), 1), PEER)
    ticked = host.ticked(before)
    assert ticked["Icmp.OutMsgs"] == 2
    assert ticked["Icmp.OutEchos"] == ticked["Icmp.OutTimestamps"] == 1


def test_errors_reach_who_asked_for_them(host: IpHost, eth: Wire) -> None:
    s = raw(host, 253)
    lost = ip_bytes(US, PEER, b"lost data")
    error = ip_bytes(PEER, US, icmp_error(3, 2, lost), 1)
    host.receive(eth, error)
    assert s.recv() == -errno.EAGAIN
    s.set(socket_.SOL_IP, in_.IP_RECVERR, 1)
    host.receive(eth, error)
    assert s.recv() == -errno.ENOPROTOOPT
    assert s.recv(flags=socket_.MSG_ERRQUEUE) == b"lost data"
    s.set(socket_.SOL_IP, in_.IP_RECVERR, 0)
    assert s.connect(PEER) == 0
    host.receive(eth, error)
    assert s.recv() == -errno.ENOPROTOOPT
    host.receive(eth, ip_bytes(PEER, US, icmp_error(11, 0, lost), 1))  # soft
    host.receive(eth, ip_bytes(PEER, US, icmp_error(4, 0, lost), 1))
    assert s.recv() == -errno.EAGAIN
    host.receive(eth, ip_bytes(PEER, US, icmp_error(12, 0, lost), 1))
    assert s.recv() == -errno.EPROTO


def test_receiving(host: IpHost, eth: Wire) -> None:
    s = raw(host, 253)
    data = ip_bytes(PEER, US, b"0123456789")
    host.receive(eth, data)
    assert s.socket.ops is not None
    assert s.socket.ops.ioctl(s.socket, sockios.SIOCINQ, None) == 30
    assert s.recv(22, socket_.MSG_PEEK) == data[:22]
    assert s.msg.flags & socket_.MSG_TRUNC
    assert s.recv(22, socket_.MSG_TRUNC) == data[:22]
    assert s.n == 30
    assert s.recv(flags=socket_.MSG_OOB) == -errno.EOPNOTSUPP
    s.set(socket_.SOL_SOCKET, socket_.SO_RCVBUF, 2304)
    for _ in range(20):
        host.receive(eth, data)
    assert s.sk.sk_drops > 0


def test_proc_net_raw(host: IpHost, eth: Wire) -> None:
    raw(host, 253).bind(US)
    raw(host, 1)
    head, first, second = host.proc("net/raw").splitlines()
    assert head.split()[0] == "sl"
    assert first.split()[:4] == ["1:", "00000000:0001", "00000000:0000", "07"]
    assert second.split()[:4] == ["253:", "0100000A:00FD", "00000000:0000", "07"]
    assert "RAW: inuse 2\n" in host.proc("net/sockstat")
