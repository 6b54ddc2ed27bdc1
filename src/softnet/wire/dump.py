"""A frame as one line of text, in the notation of `tcpdump -n -S`.

    >>> format_frame(frame)
    'IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S], seq 1, win 14600, options [mss 1460], length 0'

Differs from tcpdump in what it always shows: VLAN tags, and of a fragment its place in the datagram
as tcpdump 3 wrote it: (frag ID:SIZE@OFFSET+), the + standing for "more follow". Never raises:
whatever is cut short or makes no sense is said in brackets, [|tcp] or [bad opt].
"""

from __future__ import annotations

from collections.abc import Callable

import softnet.uapi.icmp as icmp
import softnet.uapi.if_arp as if_arp
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
from softnet.wire.addr import ip_ntoa, mac_ntoa
from softnet.wire.arp import arp_view
from softnet.wire.dump_icmp import format_icmp
from softnet.wire.ethernet import eth_view
from softnet.wire.igmp import igmp_view
from softnet.wire.ip import IpHdr, ip_view
from softnet.wire.options import Eol, Nop, RawOption
from softnet.wire.tcp import tcp_view
from softnet.wire.tcp_options import (
    Md5Sig,
    Mss,
    Sack,
    SackPerm,
    TcpOption,
    Timestamps,
    WScale,
    parse_options,
)
from softnet.wire.udp import udp_view
from softnet.wire.vlan import vlan_view

TCP_FLAGS = "FSRP.UEW"  # bit 0 first
MAC_ANY = bytes(6)


def format_frame(frame: bytes | bytearray) -> str:
    """The line for an Ethernet frame."""
    if len(frame) < 14:
        return f"[|ether] length {len(frame)}"
    buf = bytearray(frame)
    return _format_ethertype(buf, eth_view(buf, 0).h_proto(), 14)


def format_ip(packet: bytes | bytearray) -> str:
    """The line for an IPv4 packet without a link-layer header."""
    return _format_ipv4(bytearray(packet), 0)


def _format_ethertype(buf: bytearray, proto: int, off: int) -> str:
    rest = len(buf) - off
    if proto == if_ether.ETH_P_IP:
        return _format_ipv4(buf, off)
    if proto in (if_ether.ETH_P_ARP, if_ether.ETH_P_RARP):
        return _format_arp(buf, off, "ARP" if proto == if_ether.ETH_P_ARP else "RARP")
    if proto == if_ether.ETH_P_8021Q:
        if rest < 4:
            return "[|vlan]"
        vh = vlan_view(buf, off)
        inner = _format_ethertype(buf, vh.h_vlan_encapsulated_proto(), off + 4)
        return f"vlan {vh.vid()}, p {vh.priority()}, {inner}"
    if proto < if_ether.ETH_P_802_3_MIN:
        return f"802.3, length {proto}"
    name = "IPv6 " if proto == if_ether.ETH_P_IPV6 else ""
    return f"ethertype {name}0x{proto:04x}, length {rest}"


def _format_arp(buf: bytearray, off: int, name: str) -> str:
    size = len(buf) - off
    if size < 8:
        return f"[|{name.lower()}]"
    arp = arp_view(buf, off)
    op = arp.ar_op()
    if (arp.ar_hln(), arp.ar_pln()) != (6, 4) or size < 28:
        return f"{name}, op {op} (hln {arp.ar_hln()} pln {arp.ar_pln()}), length {size}"
    sip, tip = ip_ntoa(arp.ar_sip()), ip_ntoa(arp.ar_tip())
    if op == if_arp.ARPOP_REQUEST:
        target = "" if arp.ar_tha() == MAC_ANY else f" ({mac_ntoa(arp.ar_tha())})"
        return f"{name}, Request who-has {tip}{target} tell {sip}, length {size}"
    if op == if_arp.ARPOP_REPLY:
        return f"{name}, Reply {sip} is-at {mac_ntoa(arp.ar_sha())}, length {size}"
    return f"{name}, op {op} {sip} {mac_ntoa(arp.ar_sha())} {tip}, length {size}"


def _format_ipv4(buf: bytearray, off: int) -> str:
    if len(buf) - off < 20:
        return "IP [|ip]"
    iph = ip_view(buf, off)
    hdrlen, tot_len = iph.hdrlen(), iph.tot_len()
    if iph.version() != 4 or hdrlen < 20 or hdrlen > tot_len:
        return f"IP bad header: version {iph.version()}, hlen {hdrlen}, length {tot_len}"
    missing = off + tot_len - len(buf)
    cut = f"truncated-ip - {missing} bytes missing! " if missing > 0 else ""
    payload = buf[off + hdrlen : off + tot_len]  # without what pads the frame
    format_proto = PROTOCOLS.get(iph.protocol())
    if iph.offset() or format_proto is None:
        text = f"{ip_ntoa(iph.saddr())} > {ip_ntoa(iph.daddr())}: ip-proto-{iph.protocol()}"
        text += "" if iph.offset() else f" {len(payload)}"
    else:
        text = format_proto(iph, payload)
    if iph.is_fragment():
        more = "+" if iph.frag_off() & in_.IP_MF else ""
        text += f" (frag {iph.id()}:{tot_len - hdrlen}@{iph.offset()}{more})"
    return f"IP {cut}{text}"


def _format_tcp(iph: IpHdr, segment: bytearray) -> str:
    src, dst = ip_ntoa(iph.saddr()), ip_ntoa(iph.daddr())
    if len(segment) < 20:
        return f"{src} > {dst}: [|tcp]"
    th = tcp_view(segment, 0)
    hdrlen = th.hdrlen()
    line = f"{src}.{th.source()} > {dst}.{th.dest()}: "
    if hdrlen < 20:
        return f"{line}tcp {len(segment)} [bad hdr length {hdrlen} - too short, < 20]"
    if hdrlen > len(segment):
        return f"{line}tcp {len(segment)} [bad hdr length {hdrlen} - too long, > {len(segment)}]"
    length = len(segment) - hdrlen
    flags = "".join(TCP_FLAGS[bit] for bit in range(8) if th.flags() >> bit & 1)
    line += f"Flags [{flags or 'none'}]"
    if length:
        line += f", seq {th.seq()}:{th.seq() + length & 0xFFFFFFFF}"
    elif th.syn() or th.fin() or th.rst():
        line += f", seq {th.seq()}"
    if th.ack():
        line += f", ack {th.ack_seq()}"
    line += f", win {th.window()}"
    if th.urg():
        line += f", urg {th.urg_ptr()}"
    if hdrlen > 20:
        line += f", options [{_format_tcp_options(bytes(segment[20:hdrlen]))}]"
    return f"{line}, length {length}"


def _format_tcp_options(data: bytes) -> str:
    try:
        return ",".join(format_tcp_option(option) for option in parse_options(data))
    except ValueError:
        return "bad opt"


def format_tcp_option(option: TcpOption) -> str:
    """Return one TCP option as tcpdump prints it."""
    match option:
        case Nop():
            return "nop"
        case Eol():
            return "eol"
        case Mss(size):
            return f"mss {size}"
        case WScale(shift):
            return f"wscale {shift}"
        case SackPerm():
            return "sackOK"
        case Timestamps(tsval, tsecr):
            return f"TS val {tsval} ecr {tsecr}"
        case Sack(blocks):
            edges = "".join(f"{{{left}:{right}}}" for left, right in blocks)
            return f"sack {len(blocks)} {edges}"
        case Md5Sig(digest):
            return f"md5 {digest.hex()}"
        case RawOption(kind, body):
            return f"unknown-{kind} 0x{body.hex()}" if body else f"unknown-{kind}"


def _format_udp(iph: IpHdr, datagram: bytearray) -> str:
    src, dst = ip_ntoa(iph.saddr()), ip_ntoa(iph.daddr())
    if len(datagram) < 8:
        return f"{src} > {dst}: [|udp]"
    uh = udp_view(datagram, 0)
    line = f"{src}.{uh.source()} > {dst}.{uh.dest()}: "
    if uh.len() < 8:
        return f"{line}truncated-udplength {uh.len()}"
    return f"{line}UDP, length {uh.len() - 8}"


def _format_icmp(iph: IpHdr, message: bytearray) -> str:
    return f"{ip_ntoa(iph.saddr())} > {ip_ntoa(iph.daddr())}: {format_icmp(message)}"


def _format_igmp(iph: IpHdr, message: bytearray) -> str:
    line = f"{ip_ntoa(iph.saddr())} > {ip_ntoa(iph.daddr())}: igmp "
    if len(message) < 8:
        return f"{line}[|igmp]"
    ih = igmp_view(message, 0)
    group = ip_ntoa(ih.group())
    match ih.type():
        case icmp.IGMP_HOST_MEMBERSHIP_QUERY:
            version = 3 if len(message) >= 12 else 2 if ih.code() else 1
            return f"{line}query v{version}" + (f" [gaddr {group}]" if ih.group() else "")
        case icmp.IGMP_HOST_MEMBERSHIP_REPORT:
            return f"{line}v1 report {group}"
        case icmp.IGMPV2_HOST_MEMBERSHIP_REPORT:
            return f"{line}v2 report {group}"
        case icmp.IGMP_HOST_LEAVE_MESSAGE:
            return f"{line}leave {group}"
        case icmp.IGMPV3_HOST_MEMBERSHIP_REPORT:
            return f"{line}v3 report, {ih.ngrec()} group record(s)"
        case kind:
            return f"{line}type-0x{kind:02x}"


PROTOCOLS: dict[int, Callable[[IpHdr, bytearray], str]] = {
    in_.IPPROTO_ICMP: _format_icmp,
    in_.IPPROTO_IGMP: _format_igmp,
    in_.IPPROTO_TCP: _format_tcp,
    in_.IPPROTO_UDP: _format_udp,
}
