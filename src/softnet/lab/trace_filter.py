"""Which packets a trace shows: a filter of frames, put to packets inside a host.

A packet in the stack is no frame yet, or no more. What stands for it is its network header, once it has one;
before that, the ends of the connection that its socket has. Once a packet matched, it does wherever
it goes: fragments of it, and what NAT makes of it.
"""

from __future__ import annotations

import struct

import softnet.uapi.if_ether as if_ether
from softnet.lab.filter import Frame, Test, compile_filter
from softnet.structs.inet_sock import InetSock
from softnet.structs.skbuff import SkBuff

ADDRESSES = bytes(12)  # of Ethernet: unknown here
IP_HLEN, TCP_HLEN, ARP_LEN = 20, 20, 28
MATCHED_MAX = 100_000  # packets that one remembers; the oldest are forgotten first


class PacketFilter:
    """A filter in tcpdump's language, and the packets that it matched."""

    __slots__ = ("matched", "test")

    def __init__(self, text: str) -> None:
        """LabError"""
        self.test: Test | None = compile_filter(text)
        self.matched: dict[int, None] = {}

    def wants(self, number: int, obj: object) -> bool:
        """Does a packet match? obj: the skb, or the frame on a wire."""
        if self.test is None or number in self.matched:
            return True
        frame = obj if isinstance(obj, bytes | bytearray) else frame_of(obj)
        if frame is None or not self.test(frame):
            return False
        if number:
            if len(self.matched) >= MATCHED_MAX:
                del self.matched[next(iter(self.matched))]
            self.matched[number] = None
        return True

    def wants_ends(self, ours: tuple[int, int], theirs: tuple[int, int]) -> bool:
        """Does a TCP connection match: a segment without flags or data, in either direction?"""
        if self.test is None:
            return True
        return self.test(ends_frame(ours, theirs)) or self.test(ends_frame(theirs, ours))


def frame_of(obj: object) -> Frame | None:
    """What stands for the packet: an Ethernet frame with nothing above it lost; None: nobody can say.

    Data that is not beside the headers is zeros.
    """
    if not isinstance(obj, SkBuff):
        return None
    at = obj.network_header
    if obj.shinfo is not None and at >= 0:
        packet = bytes(obj.shinfo.head[at : obj.tail]) + bytes(obj.data_len)
        if obj.protocol == if_ether.ETH_P_ARP and len(packet) >= ARP_LEN:
            return ethernet(if_ether.ETH_P_ARP, packet)
        if obj.protocol in (0, if_ether.ETH_P_IP) and len(packet) >= IP_HLEN and packet[0] >= 0x45:
            return ethernet(if_ether.ETH_P_IP, packet) if packet[0] < 0x50 else None
    sk = obj.sk
    if isinstance(sk, InetSock) and sk.inet_daddr:
        ours, theirs = (sk.inet_rcv_saddr, sk.inet_num), (sk.inet_daddr, sk.inet_dport)
        return ends_frame(ours, theirs, sk.sk_protocol)
    return None


def ends_frame(src: tuple[int, int], dst: tuple[int, int], protocol: int = 6) -> bytes:
    """A frame that has addresses, ports and nothing else."""
    ip = struct.pack(
        ">BxHxxxxBBxxII", 0x45, IP_HLEN + TCP_HLEN, 64, protocol, src[0], dst[0]
    ) + struct.pack(">HH8xB7x", src[1], dst[1], 0x50)
    return ethernet(if_ether.ETH_P_IP, ip)


def ethernet(proto: int, packet: bytes) -> bytes:
    """packet in a frame."""
    return ADDRESSES + proto.to_bytes(2, "big") + packet
