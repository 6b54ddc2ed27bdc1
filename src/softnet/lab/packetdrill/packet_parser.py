"""Packets as scripts write them, in tcpdump's words.

< [ect0] S. 0:0(0) ack 1 win 5792 <mss 1460,sackOK,TS val 700 ecr 100,nop,wscale 7>
> udp 8080 > 40000 (1000)
< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]
> ipv4 192.0.2.1 > 192.168.0.1: gre: . 1:1(0) ack 1
"""

from __future__ import annotations

import re

import softnet.uapi.tcp as tcp
from softnet.lab.packetdrill.icmp_names import icmp_code, icmp_type
from softnet.lab.packetdrill.nodes import (
    INBOUND,
    IcmpSpec,
    IpInfo,
    Outer,
    PacketSpec,
    TcpSpec,
    UdpSpec,
)
from softnet.lab.packetdrill.packets import MD5_SIZE, SignedBy
from softnet.lab.packetdrill.scanner import WORD, Scanner
from softnet.wire.options import EOL, NOP, RawOption
from softnet.wire.tcp_options import (
    Md5Sig,
    Mss,
    Sack,
    SackPerm,
    TcpOption,
    Timestamps,
    WScale,
    build_options,
)

IPV4_ADDR = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
IPV6_ADDR = re.compile(r"[0-9a-fA-F:.]*(?:[0-9a-fA-F]|::)(?=:?\s)")
FLAGS = re.compile(r"(-|[A-Za-z]*\.?)([0-7]?)(?=\s)")
SEQ = re.compile(r"([0-9]+)\s*:\s*([0-9]+)\s*\(\s*([0-9]+)\s*\)")
ECHOED = re.compile(r"\[\s*(?:[0-9]+\s*:|udp\b|raw\b)")
PORTS = re.compile(r"([0-9]+)\s*>\s*([0-9]+)")
HEX = re.compile(r"[0-9a-fA-F]+(?![0-9a-zA-Z_])")
FUZZ = re.compile(r"\{[^{}]*\}")
NUMBERS = re.compile(r"[0-9]+")
ECN = {"noecn": 0, "ect1": 1, "ect0": 2, "ce": 3}
FLAG_BITS = {
    "F": tcp.TCPHDR_FIN,
    "S": tcp.TCPHDR_SYN,
    "R": tcp.TCPHDR_RST,
    "P": tcp.TCPHDR_PSH,
    ".": tcp.TCPHDR_ACK,
    "U": tcp.TCPHDR_URG,
    "E": tcp.TCPHDR_ECE,
    "W": tcp.TCPHDR_CWR,
    "C": tcp.TCPHDR_CWR,
    "A": 0x100,
}
U16_MAX = 0xFFFF
GRE_FLAGS = {"none": 0, "checksum": 0x8000, "key": 0x2000, "sequence#": 0x1000}


def parse_packet(s: Scanner) -> PacketSpec:
    """`<` or `>` and what follows."""
    direction = s.expect(re.compile("[<>]"))[0]
    outer: list[Outer] = []
    while layer := parse_outer(s):
        outer.append(layer)
    echoed = parse_echoed(s) if s.sees(ECHOED) else None  # where older scripts have it
    info = parse_ip_info(s)
    if info.ect01 and direction == INBOUND:
        s.fail("[ect01] says either will do: that is for packets that are expected")
    body: TcpSpec | UdpSpec | IcmpSpec
    if s.keyword("icmp"):
        body = parse_icmp(s)
        if echoed is not None:
            body.echoed, body.seq, body.length = echoed
    elif s.keyword("udp"):
        sport, dport = parse_ports(s)
        s.expect("(", "(length)")
        body = UdpSpec(s.integer("a UDP length", U16_MAX), sport, dport)
        s.expect(")")
    else:
        body = parse_tcp(s)
        if body.options is None and direction == INBOUND:
            s.fail("<...> says any options will do: that is for packets that are expected")
    return PacketSpec(direction, info, body, outer)


def parse_ip_info(s: Scanner) -> IpInfo:
    """[ect0], (tos 0x10), [ttl 5], [flowlabel 0x1], [tos 0x0, ttl 5]; or nothing."""
    info = IpInfo()
    close = "]" if s.take("[") else ")" if s.take("(") else ""
    while close:
        if word := s.keyword(*ECN):
            info.ecn = ECN[word]
        elif s.keyword("ect01"):
            info.ect01 = True
        elif s.keyword("tos"):
            info.tos = s.integer("tos", 255)
        elif s.keyword("ttl", "hop_limit"):
            info.ttl = s.integer("ttl", 255)
        elif s.keyword("flowlabel"):
            info.flowlabel = s.integer("flowlabel", 0xFFFFF)
        else:
            s.fail(f"expected tos, ttl, flowlabel, ect0, ect1, ect01, ce or noecn: {s.excerpt()}")
        if s.take(close):
            break
        s.expect(",", f", or {close}")
    return info


def parse_outer(s: Scanner) -> Outer | None:
    """One layer of encapsulation; None if there is none."""
    kind = s.keyword("ipv4", "ipv6", "gre", "GREv0", "mpls")
    if not kind:
        return None
    layer = Outer("gre" if kind == "GREv0" else kind)
    if kind in ("ipv4", "ipv6"):
        address = IPV4_ADDR if kind == "ipv4" else IPV6_ADDR
        layer.info = parse_ip_info(s)
        layer.src = s.expect(address, f"an {kind} address")[0]
        s.expect(">")
        layer.dst = s.expect(address, f"an {kind} address")[0]
    elif kind == "mpls":
        while s.take("("):
            layer.labels.append(parse_label(s))
    else:
        s.take(",")
        parse_gre(s, layer)
    s.expect(":", f": behind {kind}")
    return layer


def parse_label(s: Scanner) -> tuple[int, int, bool, int]:
    """(label 123, tc 0, [S], ttl 64): label, traffic class, bottom of the stack?, ttl."""
    s.expect("label")
    label = s.integer("an MPLS label", 0xFFFFF)
    s.expect(",")
    s.expect("tc")
    tc = s.integer("an MPLS traffic class", 7)
    s.expect(",")
    bottom = s.take("[") is not None
    if bottom:
        s.expect("S")
        s.expect("]")
        s.expect(",")
    s.expect("ttl")
    ttl = s.integer("an MPLS ttl", 255)
    s.expect(")")
    return label, tc, bottom, ttl


def parse_gre(s: Scanner, layer: Outer) -> None:
    """flags [checksum present, key present], sum 0x0, off 0x0, key = 0x1, seq 0x0; or nothing."""
    while not s.sees(":"):
        name = s.keyword("flags", "Flags", "sum", "off", "key", "seq").lower()
        if not name:
            s.fail(f"expected flags, sum, off, key or seq: {s.excerpt()}")
        if name == "flags" and s.take("["):
            bits = 0
            while not s.take("]"):
                word = s.expect(re.compile("none|checksum|key|sequence#"), "a GRE flag")[0]
                bits |= GRE_FLAGS[word]
                s.take("present")
                s.take(",")
            layer.gre[name] = bits
        else:
            s.take("=")
            layer.gre[name] = s.integer(f"the GRE {name}")
        s.take(",")


def parse_ports(s: Scanner) -> tuple[int, int]:
    """a > b, or 0, 0: the flow's own."""
    found = s.take(PORTS)
    if found is None:
        return 0, 0
    if max(int(found[1]), int(found[2])) > U16_MAX:
        s.fail("a port is at most 65535")
    return int(found[1]), int(found[2])


def parse_seq(s: Scanner) -> tuple[int, int]:
    """start:end(length) -> start, length."""
    found = s.expect(SEQ, "start:end(length)")
    start, end, length = int(found[1]), int(found[2]), int(found[3])
    if max(start, end) > 0xFFFFFFFF:
        s.fail("a sequence number is at most 4294967295")
    if length > U16_MAX:
        s.fail("the payload of a segment is at most 65535 bytes")
    if end != (start + length) & 0xFFFFFFFF:
        s.fail(f"{found[0]} is wrong: {start} + {length} is {start + length}")
    return start, length


def parse_tcp(s: Scanner) -> TcpSpec:
    """[ports] flags start:end(length) [ack n] [win n] [urg n] [<options>]"""
    sport, dport = parse_ports(s)
    found = s.expect(FLAGS, "TCP flags (FSRP.UEWC), udp or icmp")
    flags = 0
    for letter in found[1].replace("-", ""):
        if letter not in FLAG_BITS:
            s.fail(f"{letter!r} is no TCP flag: they are {''.join(FLAG_BITS)}, or - for none")
        flags |= FLAG_BITS[letter]
    seq, length = parse_seq(s)
    spec = TcpSpec(flags, seq, length, sport=sport, dport=dport, options=[])
    if found[2]:
        spec.ace = int(found[2])
        spec.flags |= (spec.ace & 1) * tcp.TCPHDR_ECE | (spec.ace >> 1 & 1) * tcp.TCPHDR_CWR
        spec.flags |= (spec.ace >> 2) * FLAG_BITS["A"]
    if s.keyword("ack"):
        spec.ack = s.integer("an ack")
    if s.keyword("win"):
        spec.window = s.integer("a window", U16_MAX)
    if s.keyword("urg"):
        spec.urg = s.integer("an urgent pointer", U16_MAX)
    if s.take("<"):
        spec.options = parse_options(s)
    s.take(FUZZ)
    return spec


def parse_options(s: Scanner) -> list[TcpOption] | None:
    """The options up to >; None for <...>."""
    if s.take("..."):
        s.expect(">")
        return None
    options = [parse_option(s)]
    while s.take(","):
        options.append(parse_option(s))
    s.expect(">", "> or , and another option")
    try:
        size = len(build_options(options))
    except ValueError as e:
        s.fail(str(e))
    if size != sum(option_size(option) for option in options):
        s.fail("TCP options are a multiple of four bytes long: add nop or eol")
    return options


def option_size(option: TcpOption) -> int:
    """The bytes of an option."""
    if option in (NOP, EOL):
        return 1
    sizes = {Mss: 4, WScale: 3, SackPerm: 2, Timestamps: 10}
    if isinstance(option, Sack):
        return 2 + 8 * len(option.blocks)
    if isinstance(option, Md5Sig):
        return 2 + len(option.digest)
    if isinstance(option, RawOption):
        return 2 + len(option.data)
    return sizes[type(option)]


def parse_option(s: Scanner) -> TcpOption:
    """One option."""
    word = s.keyword("nop", "eol", "mss", "wscale", "sackOK", "sack", "TS", "md5", "FO", "FOEXP")
    if word == "nop":
        return NOP
    if word == "eol":
        return EOL
    if word == "mss":
        return Mss(s.integer("an mss", U16_MAX))
    if word == "wscale":
        return WScale(s.integer("a window scale", 255))
    if word == "sackOK":
        return SackPerm()
    if word == "sack":
        return parse_sack(s)
    if word == "TS":
        s.expect("val")
        val = s.integer("a TS val")
        s.expect("ecr")
        return Timestamps(val, s.integer("a TS ecr"))
    if word == "md5":
        if s.sees('"'):
            return SignedBy(tcp.TCPOPT_MD5SIG, bytes(MD5_SIZE), s.string().encode("latin-1"))
        return RawOption(tcp.TCPOPT_MD5SIG, parse_hex(s))
    if word == "FO":
        return RawOption(tcp.TCPOPT_FASTOPEN, parse_hex(s))
    if word == "FOEXP":
        magic = tcp.TCPOPT_FASTOPEN_MAGIC.to_bytes(2, "big")
        return RawOption(tcp.TCPOPT_EXP, magic + parse_hex(s))
    return s.fail(
        f"no TCP option is called {s.excerpt()}: there are mss, nop, eol, wscale, sackOK, sack, TS, "
        "md5, FO, FOEXP"
    )


def parse_sack(s: Scanner) -> Sack:
    """sack 1:1001 2001:3001"""
    blocks = []
    while s.sees(NUMBERS):
        left = s.integer("a SACK edge")
        s.expect(":")
        blocks.append((left, s.integer("a SACK edge")))
    if not blocks:
        s.fail("sack needs a block: sack 1001:2001")
    return Sack(tuple(blocks))


def parse_hex(s: Scanner) -> bytes:
    """Hexadecimal digits, perhaps none; a name that -D gave them, too."""
    word = s.sees(WORD)
    if word is not None and word[0] in s.defines:
        s.at = word.end()
        text = s.defines[word[0]]
    else:
        found = s.take(HEX)
        text = found[0] if found else ""
    try:
        return bytes.fromhex(text)
    except ValueError:
        s.fail(f"{text!r} are no hexadecimal bytes")


def parse_icmp(s: Scanner) -> IcmpSpec:
    """icmp type [code] [mtu n] [id n] [echoed]"""
    word = s.expect(WORD, "an ICMP type")[0]
    kind = icmp_type(word)
    if kind is None:
        s.fail(f"no ICMP type is called {word}")
    spec = IcmpSpec(kind, 0)
    while found := s.sees(WORD):
        if s.keyword("mtu"):
            spec.mtu = s.integer("an MTU")
        elif s.keyword("id"):
            spec.id = s.integer("an ICMP id", U16_MAX)
        else:
            code = icmp_code(kind, found[0])
            if code is None:
                s.fail(f"icmp {word} has no code {found[0]}")
            spec.code = code
            s.at = found.end()
    if s.sees(ECHOED):
        spec.echoed, spec.seq, spec.length = parse_echoed(s)
    return spec


def parse_echoed(s: Scanner) -> tuple[str, int, int]:
    """[1:1461(1460)], [udp (1000)], [raw (20)]: what the ICMP message is about."""
    s.expect("[")
    kind = s.keyword("udp", "raw")
    if kind:
        s.expect("(")
        seq, length = 0, s.integer("a length", U16_MAX)
        s.expect(")")
    else:
        kind = "tcp"
        seq, length = parse_seq(s)
    s.expect("]")
    return kind, seq, length
