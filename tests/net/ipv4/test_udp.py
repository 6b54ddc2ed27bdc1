"""UDP: ports, who gets a datagram, what is dropped and counted, sending, options, /proc."""

from __future__ import annotations

import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import softnet.arch.const as const
import softnet.uapi.in_ as in_
import softnet.uapi.poll as poll_
import softnet.uapi.socket as socket_
import softnet.uapi.sockios as sockios
import softnet.uapi.tcp as tcp_
from softnet.net.core.dev.queue import netif_stop_queue, netif_wake_queue
from softnet.net.ipv4.udp import UdpProto
from softnet.net.ipv4.udp_sock import UdpSock
from softnet.net.ipv4.udp_table import UdpTable, udp4_portaddr_hash
from softnet.structs.skbuff import SkBuff
from softnet.structs.sock import SkFilter
from tests.kit.frame import ip as ip_layer
from tests.kit.frame import packet, payload
from tests.kit.frame import udp as udp_layer
from tests.net.ipv4.ip_kit import IpHost, Sock, Wire, eth, host, ip, ip_bytes, udp

__all__ = ["eth", "host"]

US, PEER, LO = "10.0.0.1", "10.0.0.2", "127.0.0.1"
AGAIN = -errno.EAGAIN
CHAIN_LONG = 10  # of udp_table: C has no name for it


def give(host: IpHost, dev: Wire, data: bytes, dport: int = 9, sport: int = 7, **kw: int) -> None:
    host.receive(dev, ip_bytes(PEER, US, udp(PEER, US, sport, dport, data, **kw), 17))


# ---- a datagram there and back


def test_loopback_with_addresses(host: IpHost) -> None:
    a, b = host.udp_sock(LO, 5000), host.udp_sock()
    assert b.send(b"ping", LO, 5000) == 4
    assert a.recv() == b"ping"
    assert a.source == (ip(LO), b.port)
    assert a.send(b"pong", LO, b.port) == 4
    assert b.recv() == b"pong"


def test_on_the_wire(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 4000)
    s.send(b"data", PEER, 53)
    frame = eth.payloads()[0]
    packet(frame, ip_layer(src=US, dst=PEER), udp_layer(sport=4000, dport=53), payload(b"data"))


def test_empty_datagrams_are_datagrams(host: IpHost) -> None:
    a, b = host.udp_sock(LO, 5000), host.udp_sock()
    assert b.send(b"", LO, 5000) == 0
    assert a.poll() & poll_.POLLIN
    assert a.recv() == b""
    assert a.recv() == AGAIN


@given(st.binary(max_size=3000), st.sampled_from([LO, PEER]))
def test_any_data_arrives_whole(data: bytes, dst: str) -> None:
    with IpHost() as h:
        dev = h.eth("10.0.0.1/24")
        h.neigh(dev, PEER)
        s, r = h.udp_sock(), h.udp_sock("0.0.0.0", 9)
        assert s.send(data, dst, 9) == len(data)
        if dst == LO:
            assert r.recv() == data
        else:
            for p in dev.payloads():  # our own frames come back as the peer's
                h.receive(dev, ip_bytes(PEER, US, p[20:], 17, frag=int.from_bytes(p[6:8], "big")))
            got = r.recv()
            # The pseudo header has source and destination exchanged: the sum is the same.
            assert got == data
        h.finish()


@pytest.mark.parametrize("size", [16408, 16409, 30000, 65507])
def test_super_packets_over_loopback(host: IpHost, size: int) -> None:
    """Beyond lo's MTU a datagram is one packet with fragments for the device to cut (UFO)."""
    a, b = host.udp_sock(LO, 5000), host.udp_sock()
    data = bytes(i * 11 & 0xFF for i in range(size))
    assert b.send(data, LO, 5000) == size
    assert a.recv() == data


def test_super_packets_are_cut_where_the_device_cannot(host: IpHost, eth: Wire) -> None:
    """A device that takes UFO at the socket but loses it before the driver: GSO in software."""
    eth.features |= const.NETIF_F_UFO | const.NETIF_F_SG | const.NETIF_F_IP_CSUM
    s = host.udp_sock()
    data = bytes(i * 11 & 0xFF for i in range(5000))
    assert s.send(data, PEER, 9) == 5000
    assert len(eth.sent) == 1
    assert eth.sent[0].shinfo.gso_size == 1480
    eth.release()
    s.connect(PEER, 9)
    eth.features &= ~const.NETIF_F_UFO
    assert s.send(data) == 5000
    whole = b"".join(p[20:] for p in eth.payloads())
    assert whole[8:] == data


# ---- what sendmsg() refuses


def test_errors_of_sending(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    assert s.send(b"x") == -errno.EDESTADDRREQ
    assert s.send(b"x", PEER, 0) == -errno.EINVAL
    assert s.send(b"x", PEER, 7, flags=socket_.MSG_OOB) == -errno.EOPNOTSUPP
    assert s.send(b"x", "172.16.0.1", 7) == -errno.ENETUNREACH
    bad = [(socket_.SOL_IP, 99, b"")]
    assert s.send(b"x", PEER, 7, control=bad) == -errno.EINVAL


def test_the_send_buffer_has_a_bound(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    s.set(socket_.SOL_SOCKET, socket_.SO_SNDBUF, 4096)
    before = host.counters()
    n = 0
    netif_stop_queue(eth)
    while s.send(bytes(1000), PEER, 7) == 1000:  # they wait in the qdisc
        n += 1
        assert n < 100
    assert s.send(bytes(1000), PEER, 7) == AGAIN
    assert host.ticked(before)["Udp.SndbufErrors"] >= 1
    assert s.poll() & poll_.POLLOUT == 0
    netif_wake_queue(eth)
    host.settle()
    assert s.poll() & poll_.POLLOUT
    assert s.send(bytes(1000), PEER, 7) == 1000


def test_checksum_can_be_left_out(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    s.set(socket_.SOL_SOCKET, socket_.SO_NO_CHECK, 1)
    s.send(b"x", PEER, 7)
    assert eth.payloads()[0][26:28] == b"\0\0"


def test_a_checksum_of_zero_is_sent_as_ones(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 4000)
    for n in range(0x10000):
        data = struct.pack(">H", n)
        if udp(US, PEER, 4000, 7, data)[6:8] == b"\xff\xff":
            break
    s.send(data, PEER, 7)
    assert eth.payloads()[0][26:28] == b"\xff\xff"


def test_devices_that_sum_get_the_pseudo_header(host: IpHost, eth: Wire) -> None:
    eth.features |= const.NETIF_F_IP_CSUM
    s = host.udp_sock()
    s.send(b"data", PEER, 7)
    skb = eth.sent[0]
    assert skb.ip_summed == const.CHECKSUM_PARTIAL
    assert skb.csum_offset == 6
    s.send(bytes(3000), PEER, 7)  # fragments: nobody but us can
    assert all(skb.ip_summed == const.CHECKSUM_NONE for skb in eth.sent[1:])


# ---- connected sockets


def test_connected_sockets_hear_their_peer_only(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 9)
    assert s.connect(PEER, 7) == 0
    give(host, eth, b"peer")
    give(host, eth, b"other port", sport=8)
    src = "10.0.0.3"
    host.receive(eth, ip_bytes(src, US, udp(src, US, 7, 9, b"other host"), 17))
    assert s.recv() == b"peer"
    assert s.recv() == AGAIN
    assert s.send(b"to you") == 6
    assert s.send(b"to another", "10.0.0.3", 7) == 10
    packet(eth.payloads()[-2], ip_layer(dst=PEER), udp_layer(dport=7))
    packet(eth.payloads()[-1], ip_layer(dst="10.0.0.3"))


def test_connect_chooses_the_source_and_disconnect_forgets_it(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    port = s.port
    assert s.connect(PEER, 7) == 0
    assert s.sk.inet_rcv_saddr == ip(US)
    assert s.disconnect() == 0
    assert s.sk.inet_rcv_saddr == 0
    assert s.port == 0  # a port that nobody asked for goes, too
    assert s.send(b"x", PEER, 7) == 1
    assert s.port != 0
    assert port != 0
    kept = host.udp_sock(US, 1234)
    kept.connect(PEER, 7)
    kept.disconnect()
    assert kept.port == 1234
    assert kept.sk.inet_rcv_saddr == ip(US)
    give(host, eth, b"found", dport=1234)
    assert kept.recv() == b"found"


def test_connecting_to_nowhere(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    before = host.counters()
    assert s.connect("172.16.0.1", 7) == -errno.ENETUNREACH
    assert host.ticked(before) == {"Ip.OutNoRoutes": 1}
    assert s.connect("10.0.0.255", 7) == -errno.EACCES


def test_connect_to_the_wildcard_is_to_ourselves(host: IpHost) -> None:
    a, b = host.udp_sock(LO, 5000), host.udp_sock()
    assert b.connect("0.0.0.0", 5000) == 0
    assert b.send(b"self") == 4
    assert a.recv() == b"self"


# ---- who gets it


def test_the_more_is_known_the_better_it_fits(host: IpHost, eth: Wire) -> None:
    wild = host.sock()
    wild.set(socket_.SOL_SOCKET, socket_.SO_REUSEADDR, 1)
    assert wild.bind("0.0.0.0", 9) == 0
    addr = host.sock()
    addr.set(socket_.SOL_SOCKET, socket_.SO_REUSEADDR, 1)
    assert addr.bind(US, 9) == 0
    conn = host.sock()
    conn.set(socket_.SOL_SOCKET, socket_.SO_REUSEADDR, 1)
    assert conn.bind(US, 9) == 0
    assert conn.connect(PEER, 7) == 0
    give(host, eth, b"1")
    give(host, eth, b"2", sport=8)
    b = host.udp_sock()
    b.send(b"3", LO, 9)
    assert (conn.recv(), addr.recv(), wild.recv()) == (b"1", b"2", b"3")
    for s in (conn, addr, wild):
        assert s.recv() == AGAIN


def test_bound_to_a_device(host: IpHost, eth: Wire) -> None:
    s = host.sock()
    assert s.set(socket_.SOL_SOCKET, socket_.SO_BINDTODEVICE, b"lo\0") == 0
    assert s.bind("0.0.0.0", 9) == 0
    before = host.counters()
    give(host, eth, b"not for lo")
    assert s.recv() == AGAIN
    assert host.ticked(before)["Udp.NoPorts"] == 1


def test_long_chains_are_looked_up_by_address(host: IpHost, eth: Wire) -> None:
    """Above CHAIN_LONG sockets in a chain the second table decides, with the same answers."""
    table = host.net.ipv4.udp_table
    assert isinstance(table, UdpTable)
    socks = {}
    host.addr(eth, "10.0.0.9/24")
    for i in range(CHAIN_LONG + 5):
        s = host.udp_sock(LO, 9 + i * (table.mask + 1))
        socks[s.port] = s
    mine, wild = host.udp_sock(US, 9), host.sock()
    assert wild.bind("0.0.0.0", 9) == -errno.EADDRINUSE
    other = host.udp_sock("10.0.0.9", 9)
    assert host.sock().bind(US, 9) == -errno.EADDRINUSE
    assert table.count[9] > CHAIN_LONG
    give(host, eth, b"hello")
    assert mine.recv() == b"hello"
    last = 9 + (CHAIN_LONG + 4) * (table.mask + 1)
    wild9 = host.udp_sock("0.0.0.0", 9 + 40 * (table.mask + 1))
    give(host, eth, b"wild", dport=wild9.port)
    assert wild9.recv() == b"wild"
    b = host.udp_sock()
    b.send(b"far", LO, last)
    assert socks[last].recv() == b"far"
    assert other.recv() == AGAIN
    before = host.counters()
    give(host, eth, b"nobody", dport=9 + 50 * (table.mask + 1))
    assert host.ticked(before)["Udp.NoPorts"] == 1


def test_multicast_goes_to_every_listener(host: IpHost, eth: Wire) -> None:
    group = "239.1.2.3"
    mreq = ip(group).to_bytes(4, "big") + ip(US).to_bytes(4, "big")
    socks = []
    for addr in ("0.0.0.0", group, "0.0.0.0"):
        s = host.sock()
        s.set(socket_.SOL_SOCKET, socket_.SO_REUSEADDR, 1)
        assert s.bind(addr, 9) == 0
        socks.append(s)
    assert socks[0].set(socket_.SOL_IP, in_.IP_ADD_MEMBERSHIP, mreq) == 0
    socks[2].set(socket_.SOL_IP, in_.IP_MULTICAST_ALL, 0)
    frame = ip_bytes(PEER, group, udp(PEER, group, 7, 9, b"all"), 17)
    mac = bytes.fromhex("01005e010203")
    before = host.counters()
    host.receive(eth, frame, dst=mac)
    assert [s.recv() for s in socks] == [b"all", b"all", AGAIN]
    assert host.ticked(before)["Udp.InDatagrams"] == 2
    before = host.counters()
    other = ip_bytes(PEER, group, udp(PEER, group, 7, 10, b"nobody"), 17)
    host.receive(eth, other, dst=mac)
    assert "Udp.NoPorts" not in host.ticked(before)


# ---- what is dropped


@pytest.mark.parametrize(
    "raw",
    [
        udp(PEER, US, 7, 9, b"x")[:7],
        udp(PEER, US, 7, 9, b"data", ulen=7),
        udp(PEER, US, 7, 9, b"data", ulen=0),
        udp(PEER, US, 7, 9, b"data", ulen=13),
        udp(PEER, US, 7, 9, b"data", ulen=0xFFFF),
    ],
    ids=["short", "len 7", "len 0", "len + 1", "len 65535"],
)
def test_unsound_headers_are_counted(host: IpHost, eth: Wire, raw: bytes) -> None:
    s = host.udp_sock(US, 9)
    before = host.counters()
    host.receive(eth, ip_bytes(PEER, US, raw, 17))
    assert host.ticked(before) == {"Ip.InReceives": 1, "Ip.InDelivers": 1, "Udp.InErrors": 1}
    assert s.recv() == AGAIN
    assert eth.sent == []


def test_a_wrong_checksum_is_found_when_it_is_read(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 9)
    before = host.counters()
    give(host, eth, b"bad", check=0x1234)
    assert host.ticked(before) == {"Ip.InReceives": 1, "Ip.InDelivers": 1}
    assert s.recv() == AGAIN
    assert host.ticked(before)["Udp.InErrors"] == 1
    assert s.sk.sk_drops == 1
    give(host, eth, b"worse", check=0x1234)
    assert s.recv(2) == AGAIN  # also when it would be cut
    give(host, eth, b"none", check=0)
    assert s.recv() == b"none"


def test_a_wrong_checksum_to_a_closed_port_is_silent(host: IpHost, eth: Wire) -> None:
    before = host.counters()
    give(host, eth, b"bad", check=0x1234)
    assert host.ticked(before)["Udp.InErrors"] == 1
    assert eth.sent == []


def test_poll_promises_no_bad_datagram_to_a_blocking_reader(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 9)
    give(host, eth, b"bad", check=0x1234)
    assert s.poll() & poll_.POLLIN  # O_NONBLOCK: it will see EAGAIN
    s.file.f_flags &= ~0o4000
    assert s.poll() & poll_.POLLIN == 0
    give(host, eth, b"bad", check=0x1234)
    give(host, eth, b"good")
    assert s.poll() & poll_.POLLIN
    assert s.recv() == b"good"
    assert host.counters()["Udp.InErrors"] == 2


def test_every_bit_flip_of_a_datagram_is_counted_or_refused(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 9)
    good = udp(PEER, US, 7, 9, b"data")
    for bit in range(len(good) * 8):
        bad = bytearray(good)
        bad[bit >> 3] ^= 0x80 >> (bit & 7)
        before = host.counters()
        host.receive(eth, ip_bytes(PEER, US, bytes(bad), 17))
        assert s.recv() == AGAIN
        assert host.ticked(before)["Udp.InErrors"] == 1
    assert eth.sent == []


def test_the_receive_buffer_has_a_bound(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 9)
    s.set(socket_.SOL_SOCKET, socket_.SO_RCVBUF, 2304)
    before = host.counters()
    for i in range(50):
        give(host, eth, bytes([i]) * 100)
    ticked = host.ticked(before)
    kept = 50 - ticked["Udp.InErrors"]
    assert 0 < kept < 50
    assert ticked["Udp.RcvbufErrors"] == 50 - kept
    assert s.sk.sk_drops == 50 - kept
    got = [s.recv() for _ in range(kept)]
    assert got == [bytes([i]) * 100 for i in range(kept)]
    assert s.recv() == AGAIN
    assert s.sk.sk_rmem_alloc == 0


def test_memory_of_all_sockets_has_a_bound(host: IpHost, eth: Wire) -> None:
    host.udp_sock(US, 9)
    host.sysctl("udp_mem", "0 0 1")
    host.sysctl("udp_rmem_min", 0)
    before = host.counters()
    for _ in range(20):
        give(host, eth, bytes(1000))
    ticked = host.ticked(before)
    assert ticked["Udp.InErrors"] > 0
    assert "Udp.RcvbufErrors" not in ticked


class Keep(SkFilter):
    """A filter that keeps n bytes of each packet."""

    def __init__(self, n: int) -> None:
        self.n = n

    def run(self, skb: SkBuff) -> int:
        return self.n


def test_filters_drop_and_cut(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 9)
    s.sk.sk_filter = Keep(0)
    before = host.counters()
    give(host, eth, b"hello")
    assert host.ticked(before)["Udp.InErrors"] == 1
    s.sk.sk_filter = Keep(8 + 2)
    give(host, eth, b"hello")
    assert s.recv() == b"he"
    give(host, eth, b"wrong", check=0x1111)  # verified before the filter sees it
    assert s.recv() == AGAIN
    s.sk.sk_filter = None


def test_datagrams_wait_while_the_socket_is_locked(host: IpHost, eth: Wire) -> None:
    from softnet.net.core.sock import lock_sock, release_sock  # noqa: PLC0415  # used here only

    s = host.udp_sock(US, 9)
    lock_sock(s.sk)
    give(host, eth, b"later")
    assert s.sk.backlog_first is not None
    assert s.sk.sk_receive_queue.qlen == 0
    release_sock(s.sk)
    assert s.recv() == b"later"
    s.set(socket_.SOL_SOCKET, socket_.SO_RCVBUF, 2304)
    lock_sock(s.sk)
    before = host.counters()
    for _ in range(20):
        give(host, eth, bytes(100))
    release_sock(s.sk)
    assert host.ticked(before)["Udp.InErrors"] > 0


# ---- receiving


def test_truncation(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 9)
    give(host, eth, b"0123456789")
    assert s.recv(4) == b"0123"
    assert s.msg.flags & socket_.MSG_TRUNC
    give(host, eth, b"0123456789")
    assert s.recv(4, socket_.MSG_TRUNC) == b"0123"
    assert s.n == 10
    give(host, eth, b"01")
    assert s.recv(4) == b"01"
    assert s.msg.flags == 0


def test_peeking_leaves_the_datagram_and_counts_it_once(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 9)
    give(host, eth, b"look")
    before = host.counters()
    for _ in range(3):
        assert s.recv(flags=socket_.MSG_PEEK) == b"look"
    assert s.recv() == b"look"
    assert host.ticked(before)["Udp.InDatagrams"] == 1
    give(host, eth, b"bad", check=0x1234)
    assert s.recv(flags=socket_.MSG_PEEK) == AGAIN
    assert s.sk.sk_receive_queue.qlen == 0


def test_ioctls(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 9)
    assert s.socket.ops is not None
    ask = s.socket.ops.ioctl
    assert ask(s.socket, sockios.SIOCINQ, None) == 0
    give(host, eth, b"12345")
    give(host, eth, b"678")
    assert ask(s.socket, sockios.SIOCINQ, None) == 5
    assert ask(s.socket, sockios.SIOCOUTQ, None) == 0
    netif_stop_queue(eth)
    s.send(b"x" * 100, PEER, 7)
    held = ask(s.socket, sockios.SIOCOUTQ, None)
    assert isinstance(held, int)
    assert held > 100
    netif_wake_queue(eth)
    host.settle()
    assert ask(s.socket, sockios.SIOCOUTQ, None) == 0
    with pytest.raises(OSError, match="ioctl") as e:
        ask(s.socket, 0x1234, None)
    assert e.value.errno == errno.ENOTTY


def test_shutdown(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 9)
    assert s.socket.ops is not None
    assert s.socket.ops.shutdown(s.socket, socket_.SHUT_RDWR) == -errno.ENOTCONN
    s.connect(PEER, 7)
    assert s.socket.ops.shutdown(s.socket, socket_.SHUT_WR) == 0
    assert s.send(b"x") == -errno.EPIPE
    assert s.socket.ops.shutdown(s.socket, socket_.SHUT_RD) == 0
    assert s.socket.ops.shutdown(s.socket, 3) == -errno.EINVAL
    assert s.poll() & (poll_.POLLHUP | poll_.POLLRDHUP) == poll_.POLLHUP | poll_.POLLRDHUP


# ---- control messages


def test_control_messages_of_a_datagram(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock("0.0.0.0", 9)
    for opt in (in_.IP_PKTINFO, in_.IP_RECVTTL, in_.IP_RECVTOS, in_.IP_RECVORIGDSTADDR):
        assert s.set(socket_.SOL_IP, opt, 1) == 0
        assert s.get(socket_.SOL_IP, opt) == 1
    raw = udp(PEER, US, 7, 9, b"x")
    host.receive(eth, ip_bytes(PEER, US, raw, 17, ttl=5, tos=0x28))
    assert s.recv() == b"x"
    us = ip(US).to_bytes(4, "big")
    info = s.cmsg(socket_.SOL_IP, in_.IP_PKTINFO)
    assert info == eth.ifindex.to_bytes(4, "little") + us + us
    assert s.cmsg(socket_.SOL_IP, in_.IP_TTL) == bytes([5, 0, 0, 0])
    assert s.cmsg(socket_.SOL_IP, in_.IP_TOS) == bytes([0x28])
    orig = s.cmsg(socket_.SOL_IP, in_.IP_ORIGDSTADDR)
    assert orig == b"\x02\0" + (9).to_bytes(2, "big") + us + bytes(8)


def test_pktinfo_chooses_source_and_device(host: IpHost, eth: Wire) -> None:
    host.addr(eth, "10.0.0.9/24")
    s = host.udp_sock()
    info = bytes(4) + ip("10.0.0.9").to_bytes(4, "big") + bytes(4)
    assert s.send(b"x", PEER, 7, control=[(socket_.SOL_IP, in_.IP_PKTINFO, info)]) == 1
    packet(eth.payloads()[0], ip_layer(src="10.0.0.9"))
    lo = (1).to_bytes(4, "little") + bytes(8)
    assert s.send(b"x", LO, 7, control=[(socket_.SOL_IP, in_.IP_PKTINFO, lo)]) == 1
    short = [(socket_.SOL_IP, in_.IP_PKTINFO, info[:11])]
    assert s.send(b"x", PEER, 7, control=short) == -errno.EINVAL


# ---- ports


def test_automatic_ports_are_in_range_and_differ(host: IpHost) -> None:
    host.sysctl("ip_local_port_range", "40000 40009")
    host.sysctl("ip_local_reserved_ports", "40003,40005-40006")
    socks = [host.udp_sock() for _ in range(7)]
    assert {s.port for s in socks} == set(range(40000, 40010)) - {40003, 40005, 40006}
    assert host.sock().bind("0.0.0.0", 0) == -errno.EADDRINUSE
    assert host.sock().send(b"x", LO, 9) == AGAIN  # what Linux says
    assert host.sock().connect(LO, 9) == AGAIN
    assert host.sock().bind("0.0.0.0", 40003) == 0  # asked for by name


def test_automatic_ports_come_from_the_hosts_stream() -> None:
    def ports(seed: int) -> list[int]:
        with IpHost(seed=seed) as h:
            got = [h.udp_sock().port for _ in range(5)]
            h.finish()
            return got

    assert ports(1) == ports(1)
    assert ports(1) != ports(2)
    assert all(32768 <= p <= 61000 for p in ports(3))


@pytest.mark.parametrize(
    ("first", "second", "reuse", "answer"),
    [
        ((US, 9), (US, 9), (0, 0), -errno.EADDRINUSE),
        (("0.0.0.0", 9), (US, 9), (0, 0), -errno.EADDRINUSE),
        ((US, 9), ("0.0.0.0", 9), (0, 0), -errno.EADDRINUSE),
        ((US, 9), (LO, 9), (0, 0), 0),
        ((US, 9), (US, 10), (0, 0), 0),
        ((US, 9), (US, 9), (1, 0), -errno.EADDRINUSE),
        ((US, 9), (US, 9), (0, 1), -errno.EADDRINUSE),
        ((US, 9), (US, 9), (1, 1), 0),
    ],
)
def test_sharing_a_port(
    host: IpHost,
    eth: Wire,
    first: tuple[str, int],
    second: tuple[str, int],
    reuse: tuple[int, int],
    answer: int,
) -> None:
    a, b = host.sock(), host.sock()
    a.set(socket_.SOL_SOCKET, socket_.SO_REUSEADDR, reuse[0])
    b.set(socket_.SOL_SOCKET, socket_.SO_REUSEADDR, reuse[1])
    assert a.bind(*first) == 0
    assert b.bind(*second) == answer
    if answer:
        a.close()
        assert b.bind(*second) == 0


def test_closing_leaves_nothing_behind(host: IpHost, eth: Wire) -> None:
    table = host.net.ipv4.udp_table
    assert isinstance(table, UdpTable)
    s = host.udp_sock(US, 9)
    give(host, eth, b"unread")
    s.send(b"corked", PEER, 7, flags=socket_.MSG_MORE)
    s.close()
    assert sum(table.count) == sum(table.count2) == 0
    assert host.net.sockets.get("UDP") == 0
    assert "UDP: inuse 0 mem 0\n" in host.proc("net/sockstat")


@given(st.lists(st.tuples(st.sampled_from(["bind", "close", "connect"]), st.integers(0, 9))))
def test_the_tables_agree_with_a_model(script: list[tuple[str, int]]) -> None:
    with IpHost() as h:
        dev = h.eth("10.0.0.1/24")
        h.neigh(dev, PEER)
        table = h.net.ipv4.udp_table
        assert isinstance(table, UdpTable)
        open_: dict[int, Sock] = {}
        for what, n in script:
            port = 9 + n * (table.mask + 1)
            if what == "bind" and n not in open_:
                open_[n] = h.udp_sock("0.0.0.0" if n & 1 else US, port)
            elif what == "close" and n in open_:
                open_.pop(n).close()
            elif what == "connect" and n in open_:
                open_[n].connect(PEER, 7)
        if table.hash:
            assert table.count[9] == len(open_) == sum(table.count) == sum(table.count2)
        for n in range(10):
            give(h, dev, bytes([n]), dport=9 + n * (table.mask + 1))
            if n in open_:
                assert open_[n].recv() == bytes([n])
        h.finish()


def test_address_hash_spreads() -> None:
    slots = {udp4_portaddr_hash(0x0A000000 + i, 0) & 255 for i in range(256)}
    assert len(slots) > 140


# ---- options and /proc


def test_cork_option(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    assert s.set(socket_.SOL_UDP, tcp_.UDP_CORK, 1) == 0
    assert s.get(socket_.SOL_UDP, tcp_.UDP_CORK) == 1
    assert s.send(b"one", PEER, 7) == 3
    assert s.send(b"two") == 3
    assert eth.sent == []
    assert s.set(socket_.SOL_UDP, tcp_.UDP_CORK, 0) == 0
    assert eth.payloads()[0][28:] == b"onetwo"
    assert s.set(socket_.SOL_UDP, tcp_.UDP_CORK, 0) == 0
    assert len(eth.sent) == 1
    assert s.set(socket_.SOL_UDP, tcp_.UDP_CORK, b"\1") == -errno.EINVAL
    assert s.set(socket_.SOL_UDP, 77, 1) == -errno.ENOPROTOOPT
    with pytest.raises(OSError, match="Protocol"):
        s.get(socket_.SOL_UDP, 77)


def test_proc_net_udp(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 0x1234)
    s.connect(PEER, 7)
    give(host, eth, b"unread", dport=0x1234)
    head, row = host.proc("net/udp").splitlines()
    assert len(head) == len(row) == 127
    assert head.split()[:4] == ["sl", "local_address", "rem_address", "st"]
    cols = row.split()
    assert cols[1:4] == ["0100000A:1234", "0200000A:0007", "01"]
    tx, rx = cols[4].split(":")
    assert (int(tx, 16), int(rx, 16)) == (0, s.sk.sk_rmem_alloc)
    assert cols[-1] == "0"


# ---- UDP-Lite


def lite_pair(host: IpHost) -> tuple[Sock, Sock]:
    a = host.sock(socket_.SOCK_DGRAM, in_.IPPROTO_UDPLITE)
    b = host.sock(socket_.SOCK_DGRAM, in_.IPPROTO_UDPLITE)
    assert (a.error, b.error) == (0, 0)
    assert a.bind(LO, 5000) == 0
    return a, b


def test_udplite_has_its_own_ports_and_counters(host: IpHost) -> None:
    a, b = lite_pair(host)
    u = host.udp_sock(LO, 5000)
    before = host.counters()
    assert b.send(b"lite", LO, 5000) == 4
    assert a.recv() == b"lite"
    assert u.recv() == AGAIN
    ticked = host.ticked(before)
    assert (ticked["UdpLite.InDatagrams"], ticked["UdpLite.OutDatagrams"]) == (1, 1)
    assert "Udp.InDatagrams" not in ticked
    assert host.proc("net/udplite").count("\n") == 3
    assert isinstance(a.sk, UdpSock)
    assert isinstance(a.sk.sk_prot, UdpProto)


@pytest.mark.parametrize(
    ("cover", "wanted", "arrives"),
    [(0, 0, True), (8, 0, True), (20, 20, True), (12, 20, False), (3, 8, True)],
)
def test_udplite_coverage(host: IpHost, cover: int, wanted: int, arrives: bool) -> None:
    a, b = lite_pair(host)
    if cover:
        assert b.set(socket_.SOL_UDPLITE, tcp_.UDPLITE_SEND_CSCOV, cover) == 0
        assert b.get(socket_.SOL_UDPLITE, tcp_.UDPLITE_SEND_CSCOV) == max(cover, 8)
    if wanted:
        assert a.set(socket_.SOL_UDPLITE, tcp_.UDPLITE_RECV_CSCOV, wanted) == 0
    before = host.counters()
    b.send(bytes(range(50)), LO, 5000)
    if arrives:
        assert a.recv() == bytes(range(50))
    else:
        assert a.recv() == AGAIN
        assert host.ticked(before)["UdpLite.InErrors"] == 1


def lite_wire(cover: int, data: bytes, covered: int | None = None) -> bytes:
    """A UDP-Lite datagram whose checksum covers `covered` bytes."""
    from softnet.wire.checksum import checksum  # noqa: PLC0415  # used here only

    n = len(data) + 8
    head = struct.pack(">HHHH", 7, 9, cover, 0)
    pseudo = ip(PEER).to_bytes(4, "big") + ip(US).to_bytes(4, "big") + struct.pack(">HH", 136, n)
    check = checksum(pseudo + (head + data)[: n if covered is None else covered])
    return head[:6] + check.to_bytes(2, "big") + data


@pytest.mark.parametrize(
    ("raw", "good"),
    [
        (lite_wire(0, b"full"), True),
        (lite_wire(12, b"full"), True),
        (lite_wire(8, b"part", 8), True),
        (lite_wire(10, b"part", 10)[:-1] + b"!", True),  # damage beyond the coverage
        (lite_wire(10, b"part", 10)[:8] + b"!art", False),
        (lite_wire(7, b"part", 7), False),
        (lite_wire(13, b"part"), False),
        (lite_wire(0, b"part")[:6] + b"\0\0part", False),  # no checksum is an error here
    ],
)
def test_udplite_off_the_wire(host: IpHost, eth: Wire, raw: bytes, good: bool) -> None:
    s = host.sock(socket_.SOCK_DGRAM, in_.IPPROTO_UDPLITE)
    s.bind(US, 9)
    before = host.counters()
    host.receive(eth, ip_bytes(PEER, US, raw, 136))
    got = s.recv()
    assert (got == raw[8:]) is good
    assert host.ticked(before).get("UdpLite.InErrors", 0) == int(not good)
