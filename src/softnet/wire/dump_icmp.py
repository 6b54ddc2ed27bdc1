"""ICMP messages in the notation of tcpdump: the part of dump.py that has a table of its own."""

from __future__ import annotations

import softnet.uapi.icmp as icmp
import softnet.uapi.in_ as in_
from softnet.wire.addr import ip_ntoa
from softnet.wire.icmp import IcmpHdr, icmp_view
from softnet.wire.ip import ip_view

# ICMP_DEST_UNREACH by code; D stands for the destination of the packet that could not get there
UNREACHABLE = {
    icmp.ICMP_NET_UNREACH: "net D unreachable",
    icmp.ICMP_HOST_UNREACH: "host D unreachable",
    icmp.ICMP_SR_FAILED: "D unreachable - source route failed",
    icmp.ICMP_NET_UNKNOWN: "net D unreachable - unknown",
    icmp.ICMP_HOST_UNKNOWN: "host D unreachable - unknown",
    icmp.ICMP_HOST_ISOLATED: "D unreachable - source host isolated",
    icmp.ICMP_NET_ANO: "net D unreachable - admin prohibited",
    icmp.ICMP_HOST_ANO: "host D unreachable - admin prohibited",
    icmp.ICMP_NET_UNR_TOS: "net D unreachable - tos prohibited",
    icmp.ICMP_HOST_UNR_TOS: "host D unreachable - tos prohibited",
    icmp.ICMP_PKT_FILTERED: "host D unreachable - admin prohibited filter",
    icmp.ICMP_PREC_VIOLATION: "host D unreachable - host precedence violation",
    icmp.ICMP_PREC_CUTOFF: "host D unreachable - precedence cutoff",
}
REDIRECT = {
    icmp.ICMP_REDIR_NET: "redirect D to net G",
    icmp.ICMP_REDIR_HOST: "redirect D to host G",
    icmp.ICMP_REDIR_NETTOS: "redirect-tos D to net G",
    icmp.ICMP_REDIR_HOSTTOS: "redirect-tos D to host G",
}
TIME_EXCEEDED = {
    icmp.ICMP_EXC_TTL: "time exceeded in-transit",
    icmp.ICMP_EXC_FRAGTIME: "ip reassembly time exceeded",
}
PORTS = {in_.IPPROTO_TCP: "tcp", in_.IPPROTO_UDP: "udp"}
QUOTE = 8  # where an error's quoted packet starts


def format_icmp(message: bytearray) -> str:
    """The line for an ICMP message, from "ICMP" on."""
    if len(message) < 8:
        return "ICMP [|icmp]"
    return f"ICMP {_describe(icmp_view(message, 0), message)}, length {len(message)}"


def _describe(icmph: IcmpHdr, message: bytearray) -> str:
    code = icmph.code()
    ident = f"id {icmph.id()}, seq {icmph.sequence()}"
    match icmph.type():
        case icmp.ICMP_ECHO:
            return f"echo request, {ident}"
        case icmp.ICMP_ECHOREPLY:
            return f"echo reply, {ident}"
        case icmp.ICMP_DEST_UNREACH:
            return _unreachable(icmph, message)
        case icmp.ICMP_REDIRECT:
            text = REDIRECT.get(code, f"redirect-#{code} D to net G")
            gateway = ip_ntoa(icmph.gateway())
            return text.replace("D", _quoted_daddr(message)).replace("G", gateway)
        case icmp.ICMP_TIME_EXCEEDED:
            return TIME_EXCEEDED.get(code, f"time exceeded-#{code}")
        case icmp.ICMP_PARAMETERPROB:
            at = f"code {code}" if code else f"octet {icmph.pointer()}"
            return f"parameter problem - {at}"
        case icmp.ICMP_SOURCE_QUENCH:
            return "source quench"
        case icmp.ICMP_TIMESTAMP:
            return f"time stamp query id {icmph.id()} seq {icmph.sequence()}"
        case icmp.ICMP_TIMESTAMPREPLY:
            return f"time stamp reply id {icmph.id()} seq {icmph.sequence()}"
        case icmp.ICMP_ADDRESS:
            return "address mask request"
        case icmp.ICMP_ADDRESSREPLY:
            mask = message[8:12].hex() or "?"
            return f"address mask is 0x{mask}"
        case kind:
            return f"type-#{kind}"


def _unreachable(icmph: IcmpHdr, message: bytearray) -> str:
    code = icmph.code()
    daddr = _quoted_daddr(message)
    if code == icmp.ICMP_FRAG_NEEDED:
        mtu = f" (mtu {icmph.mtu()})" if icmph.mtu() else ""
        return f"{daddr} unreachable - need to frag{mtu}"
    if code in (icmp.ICMP_PROT_UNREACH, icmp.ICMP_PORT_UNREACH) and len(message) >= QUOTE + 20:
        iph = ip_view(message, QUOTE)
        proto, at = iph.protocol(), QUOTE + iph.hdrlen() + 2
        if code == icmp.ICMP_PROT_UNREACH:
            return f"{daddr} protocol {proto} unreachable"
        port = int.from_bytes(message[at : at + 2], "big")
        if proto in PORTS:
            return f"{daddr} {PORTS[proto]} port {port} unreachable"
        return f"{daddr} protocol {proto} port {port} unreachable"
    return UNREACHABLE.get(code, f"D unreachable - #{code}").replace("D", daddr)


def _quoted_daddr(message: bytearray) -> str:
    """The destination of the packet that an error quotes."""
    if len(message) < QUOTE + 20:
        return "[|ip]"
    return ip_ntoa(ip_view(message, QUOTE).daddr())
