"""Packets between script and host: built from what a script says, and cut up as the host sent them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from hashlib import md5

import softnet.uapi.icmp as icmp
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
import softnet.uapi.tcp as tcp
from softnet.lab.packetdrill.config import Config
from softnet.lab.packetdrill.flow import U32, Flow
from softnet.lab.packetdrill.nodes import IcmpSpec, IpInfo, Outer, PacketSpec, TcpSpec, UdpSpec
from softnet.wire.build import build_icmp, build_ipv4, build_tcp, build_udp
from softnet.wire.ip import ip_view
from softnet.wire.options import RawOption
from softnet.wire.tcp import tcp_view
from softnet.wire.tcp_options import Md5Sig, TcpOption, parse_options

ETH_P_MPLS_UC = 0x8847
TTL = 255  # of injected packets
ECHOED_L4 = 8  # bytes of the transport header that an ICMP error quotes
MPLS_BOTTOM = 0x100
MD5_SIZE = 16  # bytes of a signature
AE_BIT = 0x100  # of TcpSpec.flags: the bit that was NS


@dataclass(frozen=True, slots=True)
class SignedBy(RawOption):
    """md5 "secret": the signature that this key makes of the segment, RFC 2385."""

    key: bytes = b""


def build_inbound(spec: PacketSpec, flow: Flow, config: Config) -> bytes:
    """The bytes that the host receives."""
    info = spec.info
    tos = info.tos if info.tos is not None else info.ecn or 0
    saddr, daddr = flow.remote[0], flow.local[0]
    body = spec.body
    if isinstance(body, TcpSpec):
        proto, payload = in_.IPPROTO_TCP, inbound_tcp(body, flow)
    elif isinstance(body, UdpSpec):
        sport, dport = body.sport or flow.remote[1], body.dport or flow.local[1]
        proto = in_.IPPROTO_UDP
        payload = build_udp(saddr, daddr, sport, dport, bytes(body.length))
    else:
        proto, payload = in_.IPPROTO_ICMP, inbound_icmp(body, flow)
    packet = build_ipv4(saddr, daddr, proto, payload, tos=tos, ttl=info.ttl or TTL)
    return encapsulate(spec.outer, packet)


def inbound_tcp(body: TcpSpec, flow: Flow) -> bytes:
    """The TCP segment, in the host's numbers."""
    syn = body.flags & tcp.TCPHDR_SYN != 0
    ack = body.flags & tcp.TCPHDR_ACK != 0
    options = flow.inbound_options(body.options or [], syn, ack)
    segment = inbound_segment(body, flow, options)
    if signed(options, segment, flow.remote[0], flow.local[0]):
        segment = inbound_segment(body, flow, options)
    if body.flags & AE_BIT:
        # One more bit in a word of the sum: the checksum loses as much, in ones' complement.
        segment[12] |= 1
        check = int.from_bytes(segment[16:18], "big") - AE_BIT
        segment[16:18] = (check if check >= 0 else check + 0xFFFF).to_bytes(2, "big")
    return bytes(segment)


def inbound_segment(body: TcpSpec, flow: Flow, options: list[TcpOption]) -> bytearray:
    """The same with these options."""
    syn = body.flags & tcp.TCPHDR_SYN != 0
    ack = body.flags & tcp.TCPHDR_ACK != 0
    return bytearray(
        build_tcp(
            flow.remote[0],
            flow.local[0],
            body.sport or flow.remote[1],
            body.dport or flow.local[1],
            flags=body.flags & 0xFF,
            seq=(body.seq + flow.remote_offset(syn)) & U32,
            ack_seq=(body.ack + flow.local_offset(syn)) & U32 if ack else body.ack,
            window=body.window or 0,
            urg_ptr=body.urg,
            options=options,
            payload=bytes(body.length),
        )
    )


def signed(options: list[TcpOption], segment: bytes | bytearray, saddr: int, daddr: int) -> bool:
    """Put the signature of segment in the place of every `md5 "key"`; was there any?"""
    found = False
    for i, option in enumerate(options):
        if isinstance(option, SignedBy):
            hlen = segment[12] >> 4 << 2
            pseudo = saddr.to_bytes(4) + daddr.to_bytes(4) + bytes((0, in_.IPPROTO_TCP))
            text = pseudo + len(segment).to_bytes(2) + segment[:16] + b"\0\0" + segment[18:20]
            digest = md5(text + segment[hlen:] + option.key, usedforsecurity=False).digest()
            options[i] = RawOption(tcp.TCPOPT_MD5SIG, digest)
            found = True
    return found


def inbound_icmp(body: IcmpSpec, flow: Flow) -> bytes:
    """The ICMP message, with the packet it is about."""
    un = body.id << 16
    if body.mtu is not None:
        un = body.mtu
    if body.type not in (
        icmp.ICMP_DEST_UNREACH,
        icmp.ICMP_SOURCE_QUENCH,
        icmp.ICMP_REDIRECT,
        icmp.ICMP_TIME_EXCEEDED,
        icmp.ICMP_PARAMETERPROB,
    ):
        return build_icmp(body.type, body.code, un, bytes(body.length))
    sport, dport = flow.local[1], flow.remote[1]
    if body.echoed == "raw":
        proto, quoted = in_.IPPROTO_RAW, bytes(ECHOED_L4)
    elif body.echoed == "udp" or flow.protocol == in_.IPPROTO_UDP:
        proto = in_.IPPROTO_UDP
        quoted = (
            sport.to_bytes(2, "big")
            + dport.to_bytes(2, "big")
            + (body.length + 8).to_bytes(2, "big")
            + bytes(2)
        )
    else:
        proto = in_.IPPROTO_TCP
        seq = (body.seq + flow.local_offset(False)) & U32
        quoted = sport.to_bytes(2, "big") + dport.to_bytes(2, "big") + seq.to_bytes(4, "big")
    inner = bytearray(build_ipv4(flow.local[0], flow.remote[0], proto, quoted, frag_off=in_.IP_DF))
    header = 20 if proto == in_.IPPROTO_TCP else 8
    iph = ip_view(inner, 0)
    iph.set_tot_len(20 + header + body.length)
    iph.set_check(0)
    iph.send_check()
    return build_icmp(body.type, body.code, un, bytes(inner))


def encapsulate(outer: list[Outer], packet: bytes) -> bytes:
    """packet in its envelopes, the outermost first in outer."""
    inside = "ipv4"
    for layer in reversed(outer):
        if layer.kind == "ipv4":
            packet = build_ipv4(
                int(ipaddress.IPv4Address(layer.src)),
                int(ipaddress.IPv4Address(layer.dst)),
                protocol_of(inside),
                packet,
                tos=tos_of(layer.info),
                ttl=layer.info.ttl or TTL,
            )
        elif layer.kind == "ipv6":
            packet = ipv6_header(layer, protocol_of(inside), len(packet)) + packet
        elif layer.kind == "gre":
            packet = gre_header(layer.gre, ethertype_of(inside)) + packet
        else:
            packet = b"".join(label_bytes(label) for label in layer.labels) + packet
        inside = layer.kind
    return packet


def tos_of(info: IpInfo) -> int:
    """The TOS byte that an ip_info asks for."""
    return info.tos if info.tos is not None else info.ecn or 0


def protocol_of(kind: str) -> int:
    """The IP protocol of what lies inside."""
    return {
        "ipv4": in_.IPPROTO_IPIP,
        "ipv6": in_.IPPROTO_IPV6,
        "gre": in_.IPPROTO_GRE,
        "mpls": in_.IPPROTO_MPLS,
    }[kind]


def ethertype_of(kind: str) -> int:
    """The Ethernet type of what lies inside."""
    return {"ipv4": if_ether.ETH_P_IP, "ipv6": if_ether.ETH_P_IPV6, "mpls": ETH_P_MPLS_UC}.get(
        kind, 0
    )


def ipv6_header(layer: Outer, proto: int, size: int) -> bytes:
    """struct ipv6hdr"""
    word = 6 << 28 | tos_of(layer.info) << 20 | (layer.info.flowlabel or 0)
    hops = layer.info.ttl or TTL
    return (
        word.to_bytes(4, "big")
        + size.to_bytes(2, "big")
        + bytes((proto, hops))
        + ipaddress.IPv6Address(layer.src).packed
        + ipaddress.IPv6Address(layer.dst).packed
    )


def gre_header(gre: dict[str, int], ethertype: int) -> bytes:
    """RFC 2784 and 2890: flags, protocol, and the words that the flags announce."""
    flags = gre.get("flags", 0)
    header = flags.to_bytes(2, "big") + ethertype.to_bytes(2, "big")
    if flags & 0x8000:
        header += gre.get("sum", 0).to_bytes(2, "big") + gre.get("off", 0).to_bytes(2, "big")
    if flags & 0x2000:
        header += gre.get("key", 0).to_bytes(4, "big")
    if flags & 0x1000:
        header += gre.get("seq", 0).to_bytes(4, "big")
    return header


def label_bytes(label: tuple[int, int, bool, int]) -> bytes:
    """One entry of an MPLS stack, RFC 3032 2.1."""
    value, tc, bottom, ttl = label
    return (value << 12 | tc << 9 | (MPLS_BOTTOM if bottom else 0) | ttl).to_bytes(4, "big")


@dataclass
class Seen:
    """A packet that the host sent: where its parts are, in the host's numbers."""

    time_ns: int
    data: bytes
    outer: bytes = b""  # the envelopes, as they are
    proto: int = 0
    tos: int = 0
    ttl: int = 0
    src: tuple[int, int] = (0, 0)  # address, port (TCP and UDP)
    dst: tuple[int, int] = (0, 0)
    flags: int = 0
    seq: int = 0
    ack: int = 0
    window: int = 0
    urg: int = 0
    type: int = 0  # of ICMP
    code: int = 0
    options: list[TcpOption] = field(default_factory=list)
    segment: bytes = b""  # of TCP, with its header
    payload: bytes = b""
    fault: str = ""  # what makes it no sound packet


def dissect(data: bytes, time_ns: int) -> Seen:
    """Cut a packet up; .fault says what is wrong with it."""
    seen = Seen(time_ns, data)
    at = skip_envelopes(data)
    seen.outer = data[:at]
    buf = bytearray(data[at:])
    if len(buf) < 20 or buf[0] >> 4 != 4:
        seen.fault = "no IPv4 header"
        return seen
    iph = ip_view(buf, 0)
    hdrlen = iph.hdrlen()
    seen.proto, seen.tos, seen.ttl = iph.protocol(), iph.tos(), iph.ttl()
    seen.src, seen.dst = (iph.saddr(), 0), (iph.daddr(), 0)
    body = buf[hdrlen : iph.tot_len()]
    if seen.proto == in_.IPPROTO_TCP and len(body) >= 20:
        dissect_tcp(seen, body)
    elif seen.proto == in_.IPPROTO_UDP and len(body) >= 8:
        seen.src = (seen.src[0], int.from_bytes(body[0:2], "big"))
        seen.dst = (seen.dst[0], int.from_bytes(body[2:4], "big"))
        seen.payload = bytes(body[8:])
    elif seen.proto == in_.IPPROTO_ICMP and len(body) >= 8:
        seen.type, seen.code = body[0], body[1]
        seen.payload = bytes(body[8:])
    return seen


def dissect_tcp(seen: Seen, body: bytearray) -> None:
    """The TCP part."""
    th = tcp_view(body, 0)
    seen.src, seen.dst = (seen.src[0], th.source()), (seen.dst[0], th.dest())
    seen.flags = th.flags() | (body[12] & 1) << 8
    seen.seq, seen.ack = th.seq(), th.ack_seq()
    seen.window, seen.urg = th.window(), th.urg_ptr()
    hdrlen = th.hdrlen()
    try:
        options = parse_options(bytes(body[20:hdrlen]))
    except ValueError as e:
        seen.fault = str(e)
        return
    seen.options = [
        RawOption(tcp.TCPOPT_MD5SIG, o.digest) if isinstance(o, Md5Sig) else o for o in options
    ]
    seen.segment = bytes(body)
    seen.payload = bytes(body[hdrlen:])


def skip_envelopes(data: bytes) -> int:
    """Where the innermost IPv4 header begins: behind IP in IP, GRE and MPLS."""
    at = 0
    while len(data) - at >= 20:
        version = data[at] >> 4
        if version == 4:
            proto, inner = data[at + 9], at + (data[at] & 15) * 4
        elif version == 6 and len(data) - at >= 40:
            proto, inner = data[at + 6], at + 40
        else:
            return at
        if proto == in_.IPPROTO_GRE and len(data) - inner >= 4:
            flags = data[inner]
            ethertype = int.from_bytes(data[inner + 2 : inner + 4], "big")
            inner += 4 + sum(4 for bit in (0x80, 0x20, 0x10) if flags & bit)
            proto = in_.IPPROTO_MPLS if ethertype == ETH_P_MPLS_UC else in_.IPPROTO_IPIP
        elif proto not in (in_.IPPROTO_IPIP, in_.IPPROTO_IPV6, in_.IPPROTO_MPLS):
            return at
        if proto == in_.IPPROTO_MPLS:
            while inner + 4 <= len(data) and not data[inner + 2] & 1:
                inner += 4
            inner += 4
        at = inner
    return at
