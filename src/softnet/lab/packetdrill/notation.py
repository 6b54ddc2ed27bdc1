"""Packets as tcpdump prints them, for reports: the script's beside the host's."""

from __future__ import annotations

import softnet.uapi.in_ as in_
import softnet.uapi.tcp as tcp
from softnet.lab.packetdrill.compare import option_text, to_script
from softnet.lab.packetdrill.flow import U32, Flow
from softnet.lab.packetdrill.nodes import IcmpSpec, PacketSpec, UdpSpec
from softnet.lab.packetdrill.packets import Seen
from softnet.wire.addr import ip_ntoa
from softnet.wire.tcp_options import TcpOption

FLAG_LETTERS = "FSRP.UEW"


def spec_line(spec: PacketSpec, flow: Flow) -> str:
    """The line for a packet of the script; ? for what it leaves open."""
    src, dst = flow.local, flow.remote
    if spec.direction == "<":
        src, dst = dst, src
    body = spec.body
    if isinstance(body, IcmpSpec):
        return f"IP {ip_ntoa(src[0])} > {ip_ntoa(dst[0])}: ICMP type {body.type} code {body.code}"
    head = f"IP {ip_ntoa(src[0])}.{body.sport or src[1]} > {ip_ntoa(dst[0])}.{body.dport or dst[1]}"
    if isinstance(body, UdpSpec):
        return f"{head}: UDP, length {body.length}"
    return f"{head}: " + tcp_text(
        body.flags, body.seq, body.length, body.ack, body.window, body.urg, body.options
    )


def seen_line(seen: Seen, flow: Flow) -> str:
    """The line for a packet that the host sent, its numbers as the script counts."""
    src, dst = ip_ntoa(seen.src[0]), ip_ntoa(seen.dst[0])
    if seen.proto == in_.IPPROTO_TCP:
        s = to_script(seen, flow)
        return f"IP {src}.{seen.src[1]} > {dst}.{seen.dst[1]}: " + tcp_text(
            s.flags, s.seq, len(s.payload), s.ack, s.window, s.urg, s.options
        )
    if seen.proto == in_.IPPROTO_UDP:
        return f"IP {src}.{seen.src[1]} > {dst}.{seen.dst[1]}: UDP, length {len(seen.payload)}"
    if seen.proto == in_.IPPROTO_ICMP:
        return f"IP {src} > {dst}: ICMP type {seen.type} code {seen.code}"
    return f"IP {src} > {dst}: ip-proto-{seen.proto}, length {len(seen.data)}"


def tcp_text(
    flags: int,
    seq: int,
    length: int,
    ack: int,
    window: int | None,
    urg: int,
    options: list[TcpOption] | None,
) -> str:
    """Flags [P.], seq 1:1001, ack 1, win 257, options [...], length 1000"""
    letters = "".join(c for bit, c in enumerate(FLAG_LETTERS) if flags >> bit & 1)
    text = f"Flags [{letters or 'none'}]"
    if length:
        text += f", seq {seq}:{(seq + length) & U32}"
    else:
        text += f", seq {seq}"
    if flags & tcp.TCPHDR_ACK:
        text += f", ack {ack}"
    text += f", win {'?' if window is None else window}"
    if urg:
        text += f", urg {urg}"
    if options is None:
        text += ", options [...]"
    elif options:
        text += f", options [{','.join(option_text(o) for o in options)}]"
    return f"{text}, length {length}"
