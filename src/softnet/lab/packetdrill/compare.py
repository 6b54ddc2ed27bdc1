"""A packet that the host sent beside the one the script expects: field by field, in script's numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import softnet.uapi.in_ as in_
import softnet.uapi.tcp as tcp
from softnet.lab.packetdrill.config import Config
from softnet.lab.packetdrill.flow import U32, Flow
from softnet.lab.packetdrill.nodes import IcmpSpec, PacketSpec, TcpSpec, UdpSpec
from softnet.lab.packetdrill.packets import AE_BIT, Seen, encapsulate, signed
from softnet.wire.dump import format_tcp_option
from softnet.wire.options import Eol, RawOption
from softnet.wire.tcp_options import Sack, TcpOption, Timestamps

FLAG_LETTERS = "FSRP.UEW"
ECN_NAMES = ("noecn", "ect1", "ect0", "ce")
ACE_BITS = tcp.TCPHDR_ECE | tcp.TCPHDR_CWR | AE_BIT
PROTOCOLS = {in_.IPPROTO_TCP: "tcp", in_.IPPROTO_UDP: "udp", in_.IPPROTO_ICMP: "icmp"}


@dataclass
class Row:
    """One field: as the script has it, as it was seen, and whether that will do."""

    name: str
    expected: str
    seen: str
    same: bool


def compare(spec: PacketSpec, seen: Seen, flow: Flow, config: Config) -> list[Row]:
    """The fields that the script says something about."""
    rows: list[Row] = []
    if seen.fault:
        rows.append(Row("soundness", "a sound packet", seen.fault, False))
    body = spec.body
    name = "tcp" if isinstance(body, TcpSpec) else "udp" if isinstance(body, UdpSpec) else "icmp"
    proto = PROTOCOLS.get(seen.proto, str(seen.proto))
    if spec.outer or seen.outer:
        rows.append(envelope_row(spec, seen))
    if proto != name:
        return [*rows, Row("protocol", name, proto, False)]
    rows += ip_rows(spec, seen)
    if isinstance(body, TcpSpec):
        rows += tcp_rows(body, seen, flow, config)
    elif isinstance(body, UdpSpec):
        rows += port_rows(body, seen)
        rows.append(row("length", body.length, len(seen.payload)))
    else:
        rows += icmp_rows(body, seen)
    if not isinstance(body, IcmpSpec) and flow.zeros and any(seen.payload):
        rows.append(Row("payload", "zeros", "something else", False))
    return rows


def row(name: str, expected: object, seen: object) -> Row:
    """A field that must be equal."""
    return Row(name, str(expected), str(seen), expected == seen)


def envelope_row(spec: PacketSpec, seen: Seen) -> Row:
    """The envelopes: of each the script knows all bytes but lengths, ids and checksums."""
    wanted = encapsulate(spec.outer, b"")
    same = len(wanted) == len(seen.outer) and kinds(wanted) == kinds(seen.outer)
    return Row("envelopes", wanted.hex() or "none", seen.outer.hex() or "none", same)


def kinds(envelopes: bytes) -> bytes:
    """What can be compared of envelopes: versions, addresses, GRE and MPLS words."""
    out = bytearray(envelopes)
    at = 0
    while at + 20 <= len(out) and out[at] >> 4 == 4:
        for i in (2, 3, 4, 5, 6, 7, 8, 10, 11):  # length, id, fragment, ttl, checksum
            out[at + i] = 0
        at += (out[at] & 15) * 4
    if at + 40 <= len(out) and out[at] >> 4 == 6:
        out[at + 4] = out[at + 5] = out[at + 7] = 0
    return bytes(out)


def ip_rows(spec: PacketSpec, seen: Seen) -> list[Row]:
    """TOS, ECN, TTL."""
    rows = []
    info = spec.info
    ecn = seen.tos & in_.INET_ECN_MASK
    if info.tos is not None:
        rows.append(row("tos", hex(info.tos), hex(seen.tos)))
    if info.ecn is not None:
        rows.append(row("ecn", ECN_NAMES[info.ecn], ECN_NAMES[ecn]))
    if info.ect01:
        rows.append(Row("ecn", "ect0 or ect1", ECN_NAMES[ecn], ecn in (1, 2)))
    if info.ttl is not None:
        rows.append(row("ttl", info.ttl, seen.ttl))
    return rows


def port_rows(body: TcpSpec | UdpSpec, seen: Seen) -> list[Row]:
    """The ports, where the script names them."""
    if not body.sport and not body.dport:
        return []
    return [row("ports", f"{body.sport} > {body.dport}", f"{seen.src[1]} > {seen.dst[1]}")]


def tcp_rows(body: TcpSpec, seen: Seen, flow: Flow, config: Config) -> list[Row]:
    """The TCP header, in the script's numbers."""
    script = to_script(seen, flow)
    rows = port_rows(body, seen)
    mask = 0x1FF if body.ace is None else 0x1FF & ~ACE_BITS
    wanted, got = flag_text(body.flags & mask), flag_text(script.flags & mask)
    rows.append(row("flags", wanted, got))
    if body.ace is not None:
        rows.append(row("ace", body.ace, ace_of(script.flags)))
    size = len(script.payload)
    rows.append(
        row("seq", seq_text(body.seq, body.length), seq_text(script.seq, size)),
    )
    rows.append(row("ack", body.ack, script.ack))
    if body.window is not None:
        rows.append(row("win", body.window, script.window))
    if body.urg or script.urg:
        rows.append(row("urg", body.urg, script.urg))
    if body.options is not None:
        wanted_options = list(body.options)
        signed(wanted_options, seen.segment, seen.src[0], seen.dst[0])
        rows.append(options_row(wanted_options, script.options, config))
    return rows


def to_script(seen: Seen, flow: Flow) -> Seen:
    """A segment in the script's numbers."""
    syn = seen.flags & tcp.TCPHDR_SYN != 0
    ack = seen.ack
    if seen.flags & tcp.TCPHDR_ACK:
        ack = (ack - flow.remote_offset(syn)) & U32
    options = [
        Timestamps(flow.script_val(o.tsval), o.tsecr) if isinstance(o, Timestamps) else o
        for o in flow.outbound_options(seen.options, syn)
    ]
    return replace(seen, seq=(seen.seq - flow.local_offset(syn)) & U32, ack=ack, options=options)


def flag_text(flags: int) -> str:
    """FSRP.UEW, A for the bit that was NS; - for none."""
    text = "".join(letter for bit, letter in enumerate(FLAG_LETTERS) if flags >> bit & 1)
    return text + ("A" if flags & AE_BIT else "") or "-"


def ace_of(flags: int) -> int:
    """The three bits of AccECN."""
    return (
        (4 if flags & AE_BIT else 0)
        | (2 if flags & tcp.TCPHDR_CWR else 0)
        | (1 if flags & tcp.TCPHDR_ECE else 0)
    )


def seq_text(seq: int, length: int) -> str:
    """start:end(length)"""
    return f"{seq}:{(seq + length) & U32}({length})"


def options_row(wanted: list[TcpOption], got: list[TcpOption], config: Config) -> Row:
    """The options, in their order. Padding at the end is not compared; a TS val only on demand."""
    wanted, got = without_padding(wanted), without_padding(got)
    same = len(wanted) == len(got) and all(
        same_option(a, b, config) for a, b in zip(wanted, got, strict=True)
    )
    return Row("options", options_text(wanted), options_text(got), same)


def without_padding(options: list[TcpOption]) -> list[TcpOption]:
    """Without the end of the list."""
    end = len(options)
    while end and isinstance(options[end - 1], Eol):
        end -= 1
    return options[:end]


def same_option(a: TcpOption, b: TcpOption, config: Config) -> bool:
    """Are these the same, a as the script has it?"""
    if isinstance(a, Timestamps) and isinstance(b, Timestamps):
        tick = config.tcp_ts_tick_usecs
        if not tick:
            return True
        delta = (b.tsval - a.tsval) & U32
        ticks = min(delta, U32 + 1 - delta)
        return ticks * tick <= config.tolerance_usecs and a.tsecr == b.tsecr
    return a == b


def options_text(options: list[TcpOption]) -> str:
    """As a script writes them."""
    return "<" + ",".join(option_text(o) for o in options) + ">" if options else "none"


def option_text(option: TcpOption) -> str:
    """One of them, in a script's words where tcpdump has others."""
    match option:
        case Sack(blocks):
            return "sack " + " ".join(f"{a}:{b}" for a, b in blocks)
        case RawOption(kind, data):
            names = {tcp.TCPOPT_MD5SIG: "md5", tcp.TCPOPT_FASTOPEN: "FO"}
            return f"{names.get(kind, f'option-{kind}')} {data.hex()}".strip()
        case _:
            return format_tcp_option(option)


def icmp_rows(body: IcmpSpec, seen: Seen) -> list[Row]:
    """Type and code; the rest of what a script writes is not about the message itself."""
    return [row("icmp type", body.type, seen.type), row("icmp code", body.code, seen.code)]
