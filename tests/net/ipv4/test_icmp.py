"""ICMP: what is answered, what is not, and how fast."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.errqueue as errqueue
import softnet.uapi.icmp as icmp_
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
    udp,
)

__all__ = ["eth", "host"]

US, PEER = "10.0.0.1", "10.0.0.2"
UNREACH = icmp_.ICMP_DEST_UNREACH


def closed_port(**kw: object) -> bytes:
    """A datagram that nobody wants."""
    return ip_bytes(PEER, US, udp(PEER, US, 7, 9999, b"payload"), 17, **kw)  # type: ignore[arg-type]


def test_echo(host: IpHost, eth: Wire) -> None:
    before = host.counters()
    ask = ip_bytes(PEER, US, icmp(icmp_.ICMP_ECHO, 0, 0x12340001, b"data" * 10), 1, tos=0x10)
    host.receive(eth, ask)
    answer = eth.payloads()[0]
    packet(answer, ip_layer(src=US, dst=PEER, tos=0x10), icmp_layer(type=icmp_.ICMP_ECHOREPLY))
    assert answer[24:] == ask[24:]
    ticked = host.ticked(before)
    assert ticked["Icmp.InEchos"] == ticked["Icmp.OutEchoReps"] == 1
    assert ticked["IcmpMsg.InType8"] == ticked["IcmpMsg.OutType0"] == 1
    assert "Icmp.InErrors" not in ticked


@pytest.mark.parametrize("size", [0, 1, 1471, 1472, 1473, 4000, 30000])
def test_echo_of_any_size(host: IpHost, eth: Wire, size: int) -> None:
    s = host.sock(socket_.SOCK_RAW, in_.IPPROTO_ICMP)
    data = bytes(i * 3 & 0xFF for i in range(size))
    assert s.send(icmp(icmp_.ICMP_ECHO, 0, 5, data), "127.0.0.1") == size + 8
    seen = [s.recv(), s.recv()]
    kinds = [p[20] for p in seen if isinstance(p, bytes)]
    assert kinds == [icmp_.ICMP_ECHO, icmp_.ICMP_ECHOREPLY]
    assert isinstance(seen[1], bytes)
    assert seen[1][28:] == data
    packet(seen[1], ip_layer(), icmp_layer(type=icmp_.ICMP_ECHOREPLY))


def test_echo_can_be_switched_off(host: IpHost, eth: Wire) -> None:
    host.sysctl("icmp_echo_ignore_all", 1)
    host.receive(eth, ip_bytes(PEER, US, icmp(icmp_.ICMP_ECHO, 0, 1), 1))
    assert eth.sent == []


def test_smurf_broadcast_echo_is_ignored_unless_asked_for(host: IpHost, eth: Wire) -> None:
    ask = ip_bytes(PEER, "10.0.0.255", icmp(icmp_.ICMP_ECHO, 0, 1), 1)
    before = host.counters()
    host.receive(eth, ask, dst=b"\xff" * 6)
    assert eth.sent == []
    assert host.ticked(before)["Icmp.InErrors"] == 1
    host.sysctl("icmp_echo_ignore_broadcasts", 0)
    host.receive(eth, ask, dst=b"\xff" * 6)
    packet(eth.payloads()[0], ip_layer(src=US, dst=PEER), icmp_layer(type=0))


def test_timestamp(host: IpHost, eth: Wire) -> None:
    host.run(1234)
    origin = (4242).to_bytes(4, "big") + bytes(8)
    host.receive(eth, ip_bytes(PEER, US, icmp(icmp_.ICMP_TIMESTAMP, 0, 0x70001, origin), 1))
    answer = eth.payloads()[0]
    packet(answer, ip_layer(), icmp_layer(type=icmp_.ICMP_TIMESTAMPREPLY))
    now = host.machine.clock.now // 1_000_000
    times = [int.from_bytes(answer[at : at + 4], "big") for at in (28, 32, 36)]
    assert times == [4242, now, now]
    before = host.counters()
    host.receive(eth, ip_bytes(PEER, US, icmp(icmp_.ICMP_TIMESTAMP, 0, 1, b"abc"), 1))
    assert host.ticked(before)["Icmp.InErrors"] == 1


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (icmp(8, 0, 1, b"data", check=0x1111), "checksum"),
        (icmp(8, 0, 1, b"data")[:7], "short"),
        (icmp(19, 0, 1, b"data"), "unknown type"),
        (icmp(255, 0, 1, b"data"), "unknown type"),
        (icmp(UNREACH, 1, 0, b"E"), "quotes too little"),
        (icmp(UNREACH, 1, 0, b"\x44" + bytes(27)), "quotes a bad header"),
    ],
)
def test_bad_messages_are_counted_and_nothing_else(
    host: IpHost, eth: Wire, message: bytes, why: str
) -> None:
    before = host.counters()
    host.receive(eth, ip_bytes(PEER, US, message, 1))
    ticked = host.ticked(before)
    assert ticked["Icmp.InErrors"] == 1, why
    assert eth.sent == []


def test_every_bit_flip_of_a_message_is_counted(host: IpHost, eth: Wire) -> None:
    good = icmp(icmp_.ICMP_ECHO, 0, 0x12340001, b"data")
    for bit in range(len(good) * 8):
        bad = bytearray(good)
        bad[bit >> 3] ^= 0x80 >> (bit & 7)
        before = host.counters()
        host.receive(eth, ip_bytes(PEER, US, bytes(bad), 1))
        assert host.ticked(before)["Icmp.InErrors"] == 1
    assert eth.sent == []


# ---- errors that we send


def test_an_error_quotes_as_much_as_fits_576_bytes(host: IpHost, eth: Wire) -> None:
    big = ip_bytes(PEER, US, udp(PEER, US, 7, 9999, bytes(1000)), 17)
    host.receive(eth, big)
    answer = eth.payloads()[0]
    assert len(answer) == 576
    assert answer[28:] == big[:548]
    packet(answer, ip_layer(tos=0xC0), icmp_layer(type=UNREACH, code=icmp_.ICMP_PORT_UNREACH))


@pytest.mark.parametrize(
    ("frame", "dst"),
    [
        (closed_port(), b"\xff" * 6),
        (ip_bytes(PEER, "10.0.0.255", udp(PEER, "10.0.0.255", 7, 9999), 17), None),
        (ip_bytes(PEER, "255.255.255.255", b"x", 200), b"\xff" * 6),
        (ip_bytes(PEER, "224.0.0.1", b"x", 200), bytes.fromhex("01005e000001")),
        (ip_bytes(PEER, US, icmp_error(UNREACH, 3, closed_port()), 1), None),
        (ip_bytes(PEER, US, icmp(0, 0, 1, b"unasked reply"), 1), None),
    ],
    ids=["link broadcast", "subnet broadcast", "broadcast", "multicast", "error", "reply"],
)
def test_no_error_is_sent_about(host: IpHost, eth: Wire, frame: bytes, dst: bytes | None) -> None:
    host.receive(eth, frame, dst)
    assert eth.sent == []


def test_no_error_about_an_icmp_error_on_its_way(host: IpHost, eth: Wire) -> None:
    """A router that must drop an ICMP error keeps quiet; about an echo it does not."""
    out = host.eth("10.1.0.1/24")
    host.neigh(out, "10.1.0.2")
    host.sysctl("ip_forward", 1)
    error = icmp_error(UNREACH, 3, closed_port())
    host.receive(eth, ip_bytes(PEER, "10.1.0.2", error, 1, ttl=1))
    host.receive(eth, ip_bytes(PEER, "10.1.0.2", icmp(200, 0, 0), 1, ttl=1))
    assert eth.sent == []
    host.receive(eth, ip_bytes(PEER, "10.1.0.2", icmp(8, 0, 1), 1, ttl=1))
    packet(eth.payloads()[0], ip_layer(), icmp_layer(type=icmp_.ICMP_TIME_EXCEEDED))
    host.receive(eth, ip_bytes(PEER, "10.1.0.2", bytes(16), 200, ttl=1, frag=5))
    assert len(eth.sent) == 1  # nor about later fragments


def test_errors_are_paced_for_each_peer(host: IpHost, eth: Wire) -> None:
    for _ in range(10):
        host.receive(eth, closed_port())
    assert len(eth.sent) == 6  # one burst
    host.run(999)
    host.receive(eth, closed_port())
    assert len(eth.sent) == 6
    host.run(2)
    host.receive(eth, closed_port())
    host.receive(eth, closed_port())
    assert len(eth.sent) == 7
    other = ip_bytes("10.0.0.3", US, udp("10.0.0.3", US, 7, 9999), 17)
    host.receive(eth, other)
    assert len(eth.sent) == 8


def test_the_rate_and_its_mask_are_tunables(host: IpHost, eth: Wire) -> None:
    host.sysctl("icmp_ratemask", 0)
    for _ in range(20):
        host.receive(eth, closed_port())
    assert len(eth.sent) == 20


def test_echo_replies_are_not_paced_by_default(host: IpHost, eth: Wire) -> None:
    for _ in range(20):
        host.receive(eth, ip_bytes(PEER, US, icmp(8, 0, 1), 1))
    assert len(eth.sent) == 20
    host.sysctl("icmp_ratemask", 1)  # bit 0: echo replies
    for _ in range(20):
        host.receive(eth, ip_bytes(PEER, US, icmp(8, 0, 1), 1))
    assert len(eth.sent) == 26


def test_errors_come_from_the_address_that_was_asked(host: IpHost, eth: Wire) -> None:
    host.addr(eth, "10.0.0.9/24")
    asked = ip_bytes(PEER, "10.0.0.9", udp(PEER, "10.0.0.9", 7, 9999), 17)
    host.receive(eth, asked)
    packet(eth.payloads()[0], ip_layer(src="10.0.0.9", dst=PEER))


def test_a_router_answers_from_the_way_back_or_the_way_in(host: IpHost, eth: Wire) -> None:
    out = host.eth("10.1.0.1/24")
    host.neigh(out, "10.1.0.2")
    host.sysctl("ip_forward", 1)
    host.route("192.168.0.0/16", gw="10.1.0.2")
    # By eth0 from a host that is reached by eth1.
    host.sysctl("conf.all.rp_filter", 0)
    lost = ip_bytes("192.168.0.5", "10.1.0.2", b"x" * 8, ttl=1)
    host.receive(eth, lost)
    packet(out.payloads()[0], ip_layer(src="10.1.0.1"))
    host.sysctl("icmp_errors_use_inbound_ifaddr", 1)
    host.receive(eth, lost)
    packet(out.payloads()[1], ip_layer(src=US))


# ---- errors that we hear


def quote(s: Sock, dport: int = 7) -> bytes:
    """A datagram as s sent it."""
    return ip_bytes(US, PEER, udp(US, PEER, s.port, dport, b"lost"), 17)


@pytest.fixture
def sock(host: IpHost, eth: Wire) -> Sock:
    s = host.udp_sock(US)
    assert s.connect(PEER, 7) == 0
    return s


@pytest.mark.parametrize(
    ("type", "code", "err"),
    [
        (UNREACH, icmp_.ICMP_PORT_UNREACH, errno.ECONNREFUSED),
        (UNREACH, icmp_.ICMP_PROT_UNREACH, errno.ENOPROTOOPT),
        (UNREACH, icmp_.ICMP_NET_UNREACH, 0),
        (UNREACH, icmp_.ICMP_HOST_UNREACH, 0),
        (UNREACH, icmp_.ICMP_HOST_UNKNOWN, errno.EHOSTDOWN),
        (UNREACH, icmp_.ICMP_HOST_ISOLATED, errno.ENONET),
        (UNREACH, icmp_.ICMP_PKT_FILTERED, errno.EHOSTUNREACH),
        (UNREACH, icmp_.ICMP_SR_FAILED, 0),
        (UNREACH, 16, 0),
        (icmp_.ICMP_TIME_EXCEEDED, 0, 0),
        (icmp_.ICMP_SOURCE_QUENCH, 0, 0),
        (icmp_.ICMP_PARAMETERPROB, 0, errno.EPROTO),
    ],
)
def test_hard_errors_reach_a_connected_socket(
    host: IpHost, eth: Wire, sock: Sock, type: int, code: int, err: int
) -> None:
    host.receive(eth, ip_bytes(PEER, US, icmp_error(type, code, quote(sock)), 1))
    assert sock.get(socket_.SOL_SOCKET, socket_.SO_ERROR) == err
    assert sock.get(socket_.SOL_SOCKET, socket_.SO_ERROR) == 0


def test_an_error_ends_the_next_call(host: IpHost, eth: Wire, sock: Sock) -> None:
    host.receive(eth, ip_bytes(PEER, US, icmp_error(UNREACH, 3, quote(sock)), 1))
    assert sock.poll() & 0x8  # POLLERR
    assert sock.recv() == -errno.ECONNREFUSED
    assert sock.recv() == -errno.EAGAIN


def test_an_unconnected_socket_hears_only_if_it_asked(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US)
    error = ip_bytes(PEER, US, icmp_error(UNREACH, 1, quote(s)), 1)
    host.receive(eth, error)
    assert s.recv() == -errno.EAGAIN
    s.set(socket_.SOL_IP, in_.IP_RECVERR, 1)
    host.receive(eth, error)
    assert s.recv() == -errno.EHOSTUNREACH
    assert s.recv(flags=socket_.MSG_ERRQUEUE) == b"lost"
    assert s.msg.flags & socket_.MSG_ERRQUEUE
    assert s.source == (ip(PEER), 7)
    ee = s.cmsg(socket_.SOL_IP, in_.IP_RECVERR)
    assert len(ee) == 32
    assert int.from_bytes(ee[:4], "little") == errno.EHOSTUNREACH
    assert ee[4:7] == bytes([errqueue.SO_EE_ORIGIN_ICMP, UNREACH, 1])
    assert ee[16:24] == b"\x02\0\0\0" + ip(PEER).to_bytes(4, "big")
    assert s.recv(flags=socket_.MSG_ERRQUEUE) == -errno.EAGAIN


def test_the_next_queued_error_is_pending_again(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US)
    s.set(socket_.SOL_IP, in_.IP_RECVERR, 1)
    for code in (1, 3):
        host.receive(eth, ip_bytes(PEER, US, icmp_error(UNREACH, code, quote(s)), 1))
    assert s.recv(flags=socket_.MSG_ERRQUEUE) == b"lost"
    assert s.get(socket_.SOL_SOCKET, socket_.SO_ERROR) == errno.ECONNREFUSED
    s.set(socket_.SOL_IP, in_.IP_RECVERR, 0)  # switching it off empties the queue
    assert s.recv(flags=socket_.MSG_ERRQUEUE) == -errno.EAGAIN


def test_frag_needed_lowers_the_path_mtu(host: IpHost, eth: Wire, sock: Sock) -> None:
    sock.set(socket_.SOL_IP, in_.IP_MTU_DISCOVER, in_.IP_PMTUDISC_DO)
    sock.set(socket_.SOL_IP, in_.IP_RECVERR, 1)
    lost = ip_bytes(US, PEER, udp(US, PEER, sock.port, 7, bytes(1400)), 17, frag=in_.IP_DF)
    error = icmp(UNREACH, icmp_.ICMP_FRAG_NEEDED, 1000, lost[:548])
    host.receive(eth, ip_bytes(PEER, US, error, 1))
    assert sock.recv() == -errno.EMSGSIZE
    sock.recv(flags=socket_.MSG_ERRQUEUE)
    ee = sock.cmsg(socket_.SOL_IP, in_.IP_RECVERR)
    assert int.from_bytes(ee[8:12], "little") == 1000
    assert sock.send(bytes(1400)) == -errno.EMSGSIZE
    assert sock.get(socket_.SOL_IP, in_.IP_MTU) == 1000


def test_frag_needed_cannot_push_the_mtu_below_552(host: IpHost, eth: Wire, sock: Sock) -> None:
    sock.set(socket_.SOL_IP, in_.IP_MTU_DISCOVER, in_.IP_PMTUDISC_DO)
    lost = ip_bytes(US, PEER, udp(US, PEER, sock.port, 7, bytes(1400)), 17, frag=in_.IP_DF)
    for claimed in (0, 1, 67, 68, 100):
        error = icmp(UNREACH, icmp_.ICMP_FRAG_NEEDED, claimed, lost[:548])
        host.receive(eth, ip_bytes(PEER, US, error, 1))
        sock.recv()
        sock.send(b"x")
        assert sock.get(socket_.SOL_IP, in_.IP_MTU) >= 552


def test_errors_about_other_peoples_datagrams_are_counted(host: IpHost, eth: Wire) -> None:
    before = host.counters()
    foreign = ip_bytes(US, PEER, udp(US, PEER, 1234, 7), 17)
    host.receive(eth, ip_bytes(PEER, US, icmp_error(UNREACH, 3, foreign), 1))
    assert host.ticked(before)["Icmp.InErrors"] == 1


def test_complaints_about_broadcasts_are_told_to_the_administrator(host: IpHost, eth: Wire) -> None:
    host.sysctl("icmp_ignore_bogus_error_responses", 0)
    about = ip_bytes(US, "10.0.0.255", udp(US, "10.0.0.255", 5, 7), 17)
    host.receive(eth, ip_bytes(PEER, US, icmp_error(UNREACH, 3, about), 1))
    assert (
        "10.0.0.2 sent an invalid ICMP type 3, code 3 error to a broadcast: 10.0.0.255 on eth0"
        in host.dmesg()
    )


def test_the_icmp_socket_survives_what_it_cannot_send(host: IpHost, eth: Wire) -> None:
    """No way back to the sender: silence, and the next message goes out."""
    host.sysctl("conf.all.rp_filter", 0)
    host.receive(eth, ip_bytes("172.16.5.5", US, icmp(8, 0, 1), 1))
    assert eth.sent == []
    host.receive(eth, ip_bytes(PEER, US, icmp(8, 0, 1), 1))
    assert len(eth.sent) == 1
