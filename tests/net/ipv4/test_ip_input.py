"""ip_rcv to ip_local_deliver_finish: what is no datagram, what is not ours, and who gets the rest."""

from __future__ import annotations

import pytest

import softnet.uapi.icmp as icmp_
import softnet.uapi.in_ as in_
import softnet.uapi.socket as socket_
from softnet.net.ipv4.protocol import inet_add_protocol, inet_del_protocol
from softnet.structs.protocol import NetProtocol
from softnet.structs.skbuff import SkBuff
from tests.kit.frame import icmp as icmp_layer
from tests.kit.frame import ip as ip_layer
from tests.kit.frame import packet
from tests.net.ipv4.ip_kit import MAC_B, IpHost, Wire, eth, host, ip_bytes, udp

__all__ = ["eth", "host"]

US, PEER = "10.0.0.1", "10.0.0.2"


def good(**kw: object) -> bytes:
    data = udp(PEER, US, 7, 9, b"hello")
    return ip_bytes(PEER, US, data, 17, **kw)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("frame", "counter"),
    [
        (good()[:19], "Ip.InHdrErrors"),
        (good(first=0x65), "Ip.InHdrErrors"),  # version 6
        (good(first=0x44), "Ip.InHdrErrors"),  # 16 bytes of header
        (good(first=0x4F), "Ip.InHdrErrors"),  # 60 bytes of header, 33 of frame
        (good(check=0x1234), "Ip.InHdrErrors"),
        (good(tot_len=19), "Ip.InHdrErrors"),
        (good(tot_len=34), "IpExt.InTruncatedPkts"),
    ],
    ids=["short", "version", "ihl", "ihl-beyond", "checksum", "tot_len-small", "truncated"],
)
def test_unsound_headers_tick_their_counter_and_nothing_else(
    host: IpHost, eth: Wire, frame: bytes, counter: str
) -> None:
    before = host.counters()
    host.receive(eth, frame)
    assert host.ticked(before) == {"Ip.InReceives": 1, counter: 1}
    assert eth.sent == []


def test_frames_for_another_host_are_not_even_counted(host: IpHost, eth: Wire) -> None:
    before = host.counters()
    host.receive(eth, good(), dst=MAC_B)
    assert host.ticked(before) == {}


def test_padding_of_the_link_is_cut_off(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 9)
    host.receive(eth, good() + bytes(13))
    assert s.recv() == b"hello"


def test_octets_count_the_frame_with_its_padding(host: IpHost, eth: Wire) -> None:
    before = host.counters().get("IpExt.InOctets", 0)
    host.receive(eth, good() + bytes(13))
    assert host.counters()["IpExt.InOctets"] - before == 33 + 13


def test_unknown_protocol_is_answered_protocol_unreachable(host: IpHost, eth: Wire) -> None:
    before = host.counters()
    host.receive(eth, ip_bytes(PEER, US, b"data", proto=200))
    ticked = host.ticked(before)
    assert ticked["Ip.InUnknownProtos"] == 1
    assert "Ip.InDelivers" not in ticked
    packet(
        eth.payloads()[-1],
        ip_layer(src=US, dst=PEER, tos=0xC0),
        icmp_layer(type=icmp_.ICMP_DEST_UNREACH, code=icmp_.ICMP_PROT_UNREACH),
    )


def test_a_raw_socket_takes_what_no_protocol_knows(host: IpHost, eth: Wire) -> None:
    s = host.sock(socket_.SOCK_RAW, 200)
    before = host.counters()
    host.receive(eth, ip_bytes(PEER, US, b"data", proto=200))
    assert host.ticked(before) == {"Ip.InReceives": 1, "Ip.InDelivers": 1}
    data = s.recv()
    assert isinstance(data, bytes)
    assert data[20:] == b"data"
    assert eth.sent == []


class Unwrap(NetProtocol):
    """A protocol that carries another: a byte, then the inner packet's payload."""

    def handler(self, skb: SkBuff) -> int:
        skb.pull(1)
        skb.reset_transport_header()
        return -in_.IPPROTO_UDP


def test_a_handler_may_resubmit_as_another_protocol(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 9)
    unwrap = Unwrap()
    assert inet_add_protocol(unwrap, 201) == 0
    try:
        inner = udp(PEER, US, 7, 9, b"inner")
        host.receive(eth, ip_bytes(PEER, US, b"!" + inner, proto=201))
    finally:
        assert inet_del_protocol(unwrap, 201) == 0
    assert s.recv() == b"inner"


def test_a_protocol_number_has_one_owner(host: IpHost) -> None:
    first, second = NetProtocol(), NetProtocol()
    assert inet_add_protocol(first, 202) == 0
    assert inet_add_protocol(first, 202) == 0
    assert inet_add_protocol(second, 202) == -1
    assert inet_del_protocol(second, 202) == -1
    assert inet_del_protocol(first, 202) == 0


def test_no_route_and_bad_address_have_their_own_counters(host: IpHost, eth: Wire) -> None:
    before = host.counters()
    host.receive(eth, ip_bytes(PEER, "172.16.0.1", b"x"))
    assert host.ticked(before)["Ip.InAddrErrors"] == 1  # not forwarding
    before = host.counters()
    host.receive(eth, ip_bytes("255.255.255.255", US, b"x"))
    assert host.ticked(before) == {"Ip.InReceives": 1}  # a martian: Linux counts nothing else


def test_multicast_and_broadcast_are_counted_apart(host: IpHost, eth: Wire) -> None:
    before = host.counters()
    group = bytes.fromhex("01005e000001")
    host.receive(eth, ip_bytes(PEER, "224.0.0.1", b"x", proto=200), dst=group)
    assert host.ticked(before)["IpExt.InMcastPkts"] == 1
    before = host.counters()
    host.receive(eth, ip_bytes(PEER, "10.0.0.255", b"x", proto=200), dst=b"\xff" * 6)
    assert host.ticked(before)["IpExt.InBcastPkts"] == 1
    assert eth.sent == []  # and nobody is told of the unknown protocol


def test_every_bit_flip_of_the_header_is_dropped_silently(host: IpHost, eth: Wire) -> None:
    """One wrong bit is always seen by the checksum, or makes the length wrong."""
    s = host.udp_sock(US, 9)
    sound = good()
    for bit in range(20 * 8):
        frame = bytearray(sound)
        frame[bit >> 3] ^= 0x80 >> (bit & 7)
        before = host.counters()
        host.receive(eth, bytes(frame))
        ticked = host.ticked(before)
        ticked.pop("Ip.InReceives")
        assert list(ticked.values()) == [1]
        assert set(ticked) <= {"Ip.InHdrErrors", "IpExt.InTruncatedPkts"}
    assert s.recv() == -11
    assert eth.sent == []
