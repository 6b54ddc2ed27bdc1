"""Whole packets from numbers, with right checksums: what tests inject and tools send.

    segment = build_tcp(H1, H2, 1234, 80, flags=TCPHDR_SYN, seq=1, options=[Mss(1460)])
    frame = build_ethernet(MAC2, MAC1, ETH_P_IP, build_ipv4(H1, H2, IPPROTO_TCP, segment))

Each answers bytes that the next one takes as its payload. Addresses are ints, MACs bytes. To send
a wrong checksum, pass check=; to send a wrong length, change the bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

import softnet.uapi.if_arp as if_arp
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
from softnet.wire import ip_options, tcp_options
from softnet.wire.arp import arp_view
from softnet.wire.checksum import checksum, transport_checksum
from softnet.wire.ethernet import eth_view
from softnet.wire.icmp import icmp_view
from softnet.wire.igmp import igmp_view
from softnet.wire.ip import ip_view
from softnet.wire.tcp import tcp_view
from softnet.wire.udp import udp_view
from softnet.wire.vlan import vlan_view


def build_ethernet(
    dest: bytes, source: bytes, proto: int, payload: bytes, *, vlan: int | None = None
) -> bytes:
    """An Ethernet frame, neither padded nor with a frame check sequence.

    vlan is the tag control information of an 802.1Q tag: the VLAN id, or priority << 13 | id.
    """
    buf = bytearray(14 if vlan is None else 18)
    eth = eth_view(buf, 0)
    eth.set_h_dest(dest)
    eth.set_h_source(source)
    eth.set_h_proto(proto)
    if vlan is not None:
        eth.set_h_proto(if_ether.ETH_P_8021Q)
        vh = vlan_view(buf, 14)
        vh.set_h_vlan_tci(vlan)
        vh.set_h_vlan_encapsulated_proto(proto)
    return bytes(buf) + payload


def build_arp(op: int, sha: bytes, sip: int, tha: bytes, tip: int) -> bytes:
    """An ARP packet for IPv4 over Ethernet."""
    buf = bytearray(28)
    arp = arp_view(buf, 0)
    arp.set_ar_hrd(if_arp.ARPHRD_ETHER)
    arp.set_ar_pro(if_ether.ETH_P_IP)
    arp.set_ar_hln(6)
    arp.set_ar_pln(4)
    arp.set_ar_op(op)
    arp.set_ar_sha(sha)
    arp.set_ar_sip(sip)
    arp.set_ar_tha(tha)
    arp.set_ar_tip(tip)
    return bytes(buf)


def build_ipv4(
    saddr: int,
    daddr: int,
    proto: int,
    payload: bytes,
    *,
    ttl: int = 64,
    tos: int = 0,
    id: int = 0,
    frag_off: int = 0,
    options: Sequence[ip_options.IpOption] = (),
    check: int | None = None,
) -> bytes:
    """An IPv4 datagram or fragment; frag_off is the wire's: IP_DF, IP_MF, offset in 8 bytes."""
    opts = ip_options.build_options(options)
    buf = bytearray(20) + opts
    iph = ip_view(buf, 0)
    iph.set_hdrlen(len(buf))
    iph.set_tos(tos)
    iph.set_tot_len(len(buf) + len(payload))
    iph.set_id(id)
    iph.set_frag_off(frag_off)
    iph.set_ttl(ttl)
    iph.set_protocol(proto)
    iph.set_saddr(saddr)
    iph.set_daddr(daddr)
    if check is None:
        iph.send_check()
    else:
        iph.set_check(check)
    return bytes(buf) + payload


def build_icmp(
    type: int, code: int = 0, un: int = 0, payload: bytes = b"", *, check: int | None = None
) -> bytes:
    """An ICMP message; un is the word behind the checksum."""
    buf = bytearray(8) + payload
    icmph = icmp_view(buf, 0)
    icmph.set_type(type)
    icmph.set_code(code)
    icmph.set_un(un)
    icmph.set_checksum(checksum(buf) if check is None else check)
    return bytes(buf)


def build_igmp(type: int, code: int = 0, group: int = 0, payload: bytes = b"") -> bytes:
    """An IGMP message; payload is what version 3 puts behind the group."""
    buf = bytearray(8) + payload
    ih = igmp_view(buf, 0)
    ih.set_type(type)
    ih.set_code(code)
    ih.set_group(group)
    ih.set_csum(checksum(buf))
    return bytes(buf)


def build_udp(
    saddr: int, daddr: int, source: int, dest: int, payload: bytes, *, check: int | None = None
) -> bytes:
    """A UDP datagram; the addresses are for the checksum. check=0 sends none."""
    buf = bytearray(8) + payload
    uh = udp_view(buf, 0)
    uh.set_source(source)
    uh.set_dest(dest)
    uh.set_len(len(buf))
    if check is None:
        # 0 would say "no checksum"; 0xffff stands for the same sum.
        check = transport_checksum(saddr, daddr, in_.IPPROTO_UDP, buf) or 0xFFFF
    uh.set_check(check)
    return bytes(buf)


def build_tcp(
    saddr: int,
    daddr: int,
    source: int,
    dest: int,
    *,
    flags: int,
    seq: int = 0,
    ack_seq: int = 0,
    window: int = 0,
    urg_ptr: int = 0,
    options: Sequence[tcp_options.TcpOption] = (),
    payload: bytes = b"",
    check: int | None = None,
) -> bytes:
    """A TCP segment; the addresses are for the checksum, flags are TCPHDR_* bits."""
    opts = tcp_options.build_options(options)
    buf = bytearray(20) + opts + payload
    th = tcp_view(buf, 0)
    th.set_source(source)
    th.set_dest(dest)
    th.set_seq(seq)
    th.set_ack_seq(ack_seq)
    th.set_doff_flags(20 + len(opts), flags)
    th.set_window(window)
    th.set_urg_ptr(urg_ptr)
    if check is None:
        check = transport_checksum(saddr, daddr, in_.IPPROTO_TCP, buf)
    th.set_check(check)
    return bytes(buf)
