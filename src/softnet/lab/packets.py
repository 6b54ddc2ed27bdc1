"""What kind of packet a frame is, in one word: how faults name the packets that they strike.

kind_of(frame)              "SYN-ACK"
matcher("SYN-ACK")          a test of frames; also of "TCP", "ANY" or a filter, "udp port 53"
"""

from __future__ import annotations

from collections.abc import Callable

import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
from softnet.lab.errors import LabError, unknown
from softnet.lab.filter import compile_filter
from softnet.uapi.if_ether import ETH_HLEN
from softnet.wire.ethernet import eth_view
from softnet.wire.ip import ip_view
from softnet.wire.tcp import tcp_view

Frame = bytes | bytearray

# The first one that fits a frame is its kind. ACK is an acknowledgement and nothing else.
KINDS = ("RST", "SYN-ACK", "SYN", "FIN", "DATA", "ACK", "UDP", "ICMP", "ARP", "OTHER")
GROUPS = ("TCP", "ANY")


def kind_of(frame: Frame) -> str:
    """The kind of an Ethernet frame: one of KINDS."""
    if len(frame) < ETH_HLEN:
        return "OTHER"
    buf = frame if isinstance(frame, bytearray) else bytearray(frame)
    proto = eth_view(buf, 0).h_proto()
    if proto == if_ether.ETH_P_ARP:
        return "ARP"
    if proto != if_ether.ETH_P_IP or len(buf) < ETH_HLEN + 20:
        return "OTHER"
    iph = ip_view(buf, ETH_HLEN)
    if iph.protocol() == in_.IPPROTO_TCP:
        return tcp_kind(buf, ETH_HLEN + iph.hdrlen(), ETH_HLEN + iph.tot_len())
    return {in_.IPPROTO_UDP: "UDP", in_.IPPROTO_ICMP: "ICMP"}.get(iph.protocol(), "OTHER")


def tcp_kind(buf: bytearray, off: int, end: int) -> str:
    """The kind of the segment at buf[off:end]."""
    if len(buf) < off + 20:
        return "OTHER"
    th = tcp_view(buf, off)
    if th.rst():
        return "RST"
    if th.syn():
        return "SYN-ACK" if th.ack() else "SYN"
    if th.fin():
        return "FIN"
    return "DATA" if end > off + th.hdrlen() else "ACK"


def matcher(what: str) -> Callable[[Frame], bool]:
    """A test for a kind, a group of kinds, or a filter as tcpdump knows it; LabError."""
    word = what.upper()
    if word in KINDS:
        return lambda frame: kind_of(frame) == word
    if word == "ANY":
        return lambda frame: True
    if word == "TCP":
        return lambda frame: kind_of(frame) in KINDS[:6]
    try:
        test = compile_filter(what)
    except LabError:
        if " " in what:
            raise
        raise unknown("kind of packet", what, (*KINDS, *GROUPS)) from None
    if test is None:
        raise LabError("a fault must say what it strikes: " + " ".join((*KINDS, *GROUPS)))
    return test
