"""ip_local_out to the neighbour: headers, identifications, fragments, local copies of multicasts."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.in_ as in_
import softnet.uapi.netfilter as nf
import softnet.uapi.socket as socket_
from softnet.net.ipv4.inetpeer import InetPeerBase
from softnet.net.netfilter.core import nf_register_hook, nf_unregister_hook
from softnet.structs.netdevice import NetDevice
from softnet.structs.netfilter import NfHookOps
from softnet.structs.skbuff import SkBuff
from softnet.wire.ip import ip_view
from tests.kit.frame import ip as ip_layer
from tests.kit.frame import packet
from tests.net.ipv4.ip_kit import IpHost, Sock, Wire, eth, host, ip, ip_bytes

__all__ = ["eth", "host"]

PEER = "10.0.0.2"


def reassemble(pieces: list[bytes]) -> bytes:
    """The payload of a datagram from its fragments, which must be sound and in order."""
    out = b""
    for i, piece in enumerate(pieces):
        iph = ip_view(bytearray(piece), 0)
        assert iph.check_ok()
        assert iph.tot_len() == len(piece)
        assert iph.offset() == len(out)
        assert bool(iph.frag_off() & in_.IP_MF) == (i < len(pieces) - 1)
        out += piece[iph.hdrlen() :]
    return out


def test_header_of_a_datagram(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    assert s.send(b"abc", PEER, 7) == 3
    packet(eth.payloads()[0], ip_layer(src="10.0.0.1", dst=PEER, ttl=64, tos=0, proto=17))
    iph = ip_view(bytearray(eth.payloads()[0]), 0)
    assert iph.frag_off() == in_.IP_DF
    assert iph.hdrlen() == 20


def test_ttl_and_tos_come_from_the_socket(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    assert s.set(socket_.SOL_IP, in_.IP_TTL, 3) == 0
    assert s.set(socket_.SOL_IP, in_.IP_TOS, 0x10) == 0
    s.send(b"abc", PEER, 7)
    packet(eth.payloads()[0], ip_layer(ttl=3, tos=0x10))


def test_default_ttl_is_a_tunable(host: IpHost, eth: Wire) -> None:
    host.sysctl("ip_default_ttl", 17)
    host.udp_sock().send(b"abc", PEER, 7)
    packet(eth.payloads()[0], ip_layer(ttl=17))


def test_identifications_count_up_for_each_peer(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    for dst in (PEER, "10.0.0.3", PEER):
        s.send(b"x", dst, 7)
    ids = [ip_view(bytearray(p), 0).id() for p in eth.payloads()]
    assert ids[2] == (ids[0] + 1) & 0xFFFF
    assert isinstance(host.net.ipv4.peers, InetPeerBase)
    assert set(host.net.ipv4.peers.root) == {ip(PEER), ip("10.0.0.3")}


def test_no_identification_where_nothing_may_fragment(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    s.set(socket_.SOL_IP, in_.IP_MTU_DISCOVER, in_.IP_PMTUDISC_DO)
    s.send(b"x", PEER, 7)
    assert ip_view(bytearray(eth.payloads()[0]), 0).id() == 0
    s.connect(PEER, 7)  # connected sockets count, for the sake of header compressors
    s.send(b"x")
    s.send(b"x")
    first, second = (ip_view(bytearray(p), 0).id() for p in eth.payloads()[1:])
    assert second == (first + 1) & 0xFFFF


@pytest.mark.parametrize("size", [1473, 2000, 3000, 8192, 65507])
def test_large_datagrams_leave_in_fragments(host: IpHost, eth: Wire, size: int) -> None:
    s = host.udp_sock()
    s.set(socket_.SOL_SOCKET, socket_.SO_SNDBUF, 200000)
    data = bytes(i * 7 & 0xFF for i in range(size))
    before = host.counters()
    assert s.send(data, PEER, 7) == size
    pieces = eth.payloads()
    whole = reassemble(pieces)
    assert whole[8:] == data
    assert int.from_bytes(whole[4:6], "big") == size + 8
    packet(ip_bytes("10.0.0.1", PEER, whole, 17) if size < 60000 else pieces[0], ip_layer(proto=17))
    ticked = host.ticked(before)
    assert ticked["Ip.FragOKs"] == 1
    assert ticked["Ip.FragCreates"] == len(pieces)


def test_too_large_for_ip_is_emsgsize(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    assert s.send(bytes(65508), PEER, 7) == -errno.EMSGSIZE
    assert s.send(bytes(65536), PEER, 7) == -errno.EMSGSIZE


def test_dont_fragment_is_emsgsize_and_counted(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    s.set(socket_.SOL_IP, in_.IP_MTU_DISCOVER, in_.IP_PMTUDISC_DO)
    before = host.counters()
    assert s.send(bytes(1473), PEER, 7) == -errno.EMSGSIZE
    ticked = host.ticked(before)
    assert ticked["Ip.FragFails"] == 1
    assert "Udp.OutDatagrams" not in ticked
    assert eth.sent == []
    assert s.send(bytes(1472), PEER, 7) == 1472


def test_probing_may_exceed_the_path_mtu_but_not_the_devices(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    s.set(socket_.SOL_IP, in_.IP_MTU_DISCOVER, in_.IP_PMTUDISC_PROBE)
    assert s.send(bytes(1472), PEER, 7) == 1472
    assert s.send(bytes(1473), PEER, 7) == -errno.EMSGSIZE


def test_cork_makes_one_datagram_of_many_writes(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    pieces = [bytes([i]) * n for i, n in enumerate((1, 700, 900, 3, 1500, 8))]
    for piece in pieces[:-1]:
        assert s.send(piece, PEER, 7, flags=socket_.MSG_MORE) == len(piece)
    assert eth.sent == []
    assert s.send(pieces[-1]) == len(pieces[-1])
    assert reassemble(eth.payloads())[8:] == b"".join(pieces)


@pytest.mark.parametrize("step", [1, 7, 8, 100, 1471, 1473])
def test_cork_in_steps_of_any_size_sums_up_right(host: IpHost, eth: Wire, step: int) -> None:
    s = host.udp_sock()
    data = bytes(i * 31 & 0xFF for i in range(min(step * 40, 5000)))
    for at in range(0, len(data), step):
        s.send(data[at : at + step], PEER, 7, flags=socket_.MSG_MORE)
    s.send(b"", PEER, 7)
    whole = reassemble(eth.payloads())
    assert whole[8:] == data
    packet(ip_bytes("10.0.0.1", PEER, whole, 17), ip_layer(), udp_sound)


def udp_sound(c: object) -> None:
    """packet() checks UDP's checksum by its udp() layer."""
    from tests.kit.frame import udp as udp_layer  # noqa: PLC0415  # the name is the kit's

    udp_layer()(c)  # type: ignore[arg-type]


def test_a_corked_datagram_that_grows_too_large_is_given_up(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    s.set(socket_.SOL_SOCKET, socket_.SO_SNDBUF, 400000)
    assert s.send(bytes(40000), PEER, 7, flags=socket_.MSG_MORE) == 40000
    assert s.send(bytes(40000), PEER, 7, flags=socket_.MSG_MORE) == -errno.EMSGSIZE
    assert s.send(b"fresh", PEER, 7) == 5
    assert eth.payloads()[-1][28:] == b"fresh"


def test_multicasts_come_back_to_members(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock("0.0.0.0", 5000)
    mreq = ip("239.1.1.1").to_bytes(4, "big") + ip("10.0.0.1").to_bytes(4, "big")
    assert s.set(socket_.SOL_IP, in_.IP_ADD_MEMBERSHIP, mreq) == 0
    assert s.set(socket_.SOL_IP, in_.IP_MULTICAST_IF, mreq[4:]) == 0
    assert s.send(b"all", "239.1.1.1", 5000) == 3
    assert s.recv() == b"all"
    assert s.source == (ip("10.0.0.1"), 5000)
    packet(eth.payloads()[-1], ip_layer(dst="239.1.1.1", ttl=1))


def test_multicast_loop_off_and_ttl_zero(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock("0.0.0.0", 5000)
    mreq = ip("239.1.1.1").to_bytes(4, "big") + ip("10.0.0.1").to_bytes(4, "big")
    s.set(socket_.SOL_IP, in_.IP_ADD_MEMBERSHIP, mreq)
    s.set(socket_.SOL_IP, in_.IP_MULTICAST_IF, mreq[4:])
    s.set(socket_.SOL_IP, in_.IP_MULTICAST_LOOP, 0)
    s.send(b"away", "239.1.1.1", 5000)
    assert s.recv() == -errno.EAGAIN
    sent = len(eth.sent)
    s.set(socket_.SOL_IP, in_.IP_MULTICAST_LOOP, 1)
    s.set(socket_.SOL_IP, in_.IP_MULTICAST_TTL, 0)
    s.send(b"home", "239.1.1.1", 5000)
    assert s.recv() == b"home"
    assert len(eth.sent) == sent  # ttl 0 does not leave the host


def test_broadcasts_need_permission_and_loop_back(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock("0.0.0.0", 5000)
    assert s.send(b"hey", "10.0.0.255", 5000) == -errno.EACCES
    s.set(socket_.SOL_SOCKET, socket_.SO_BROADCAST, 1)
    before = host.counters()
    assert s.send(b"hey", "10.0.0.255", 5000) == 3
    assert s.recv() == b"hey"
    assert host.ticked(before)["IpExt.OutBcastPkts"] == 1


def test_no_way_out_is_counted(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    before = host.counters()
    assert s.send(b"x", "172.16.0.1", 7) == -errno.ENETUNREACH
    assert host.ticked(before) == {"Ip.OutNoRoutes": 1}


class Drop(NfHookOps):
    """Drop with an errno of one's choice."""

    def __init__(self, hooknum: int, verdict: int) -> None:
        NfHookOps.__init__(self, nf.NFPROTO_IPV4, hooknum, 0)
        self.verdict = verdict

    def hook(
        self, hooknum: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None
    ) -> int:
        return self.verdict


@pytest.mark.parametrize(
    ("verdict", "answer"),
    [(nf.NF_DROP, -errno.EPERM), (nf.NF_DROP | errno.ECONNREFUSED << 16, -errno.ECONNREFUSED)],
)
def test_local_out_drop_is_the_senders_error(
    host: IpHost, eth: Wire, verdict: int, answer: int
) -> None:
    s: Sock = host.udp_sock()
    reg = Drop(nf.NF_INET_LOCAL_OUT, verdict)
    nf_register_hook(host.net, reg)
    before = host.counters()
    assert s.send(b"x", PEER, 7) == answer
    assert host.ticked(before) == {"Ip.OutDiscards": 1}
    nf_unregister_hook(host.net, reg)
    assert s.send(b"x", PEER, 7) == 1


def test_a_full_queue_is_no_error_unless_asked_for(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    reg = Drop(nf.NF_INET_POST_ROUTING, nf.NF_DROP | errno.ENOBUFS << 16)
    nf_register_hook(host.net, reg)
    before = host.counters()
    assert s.send(b"x", PEER, 7) == 1
    assert host.ticked(before)["Udp.SndbufErrors"] == 1
    s.set(socket_.SOL_IP, in_.IP_RECVERR, 1)
    assert s.send(b"x", PEER, 7) == -errno.ENOBUFS
