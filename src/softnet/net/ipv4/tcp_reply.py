"""Answers that no connection sends: resets, and ACKs from TIME_WAIT and SYN_RECV.

Linux: net/ipv4/tcp_ipv4.c (tcp_v4_send_reset, tcp_v4_send_ack). RFC 793 3.4 (reset generation).

They are made from the segment they answer and go out through the namespace's tcp_sock.
"""

from __future__ import annotations

import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtnetlink
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.ip_append import IP_REPLY_ARG_NOSRCCHECK, IpReplyArg, ip_send_reply
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_md5 import tcp_md5_do_lookup, tcp_md5_sign_header
from softnet.structs.inet_timewait_sock import InetTimewaitSock
from softnet.structs.net_namespace import Net
from softnet.structs.request_sock import TcpRequestSock
from softnet.structs.route import Rtable
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock

CSUM_WORD = 8  # the checksum is the ninth 16-bit word
TSTAMP_OPTION = tcp.TCPOPT_NOP << 24 | tcp.TCPOPT_NOP << 16 | tcp.TCPOPT_TIMESTAMP << 8 | 10
MD5_OPTION = tcp.TCPOPT_NOP << 24 | tcp.TCPOPT_NOP << 16 | tcp.TCPOPT_MD5SIG << 8 | 18


def tcp_v4_send_reset(tp: TcpSock | None, skb: SkBuff) -> None:
    """Answer skb, data at its TCP header, with a reset. tp: whose segment it was, if anybody's.

    RFC 793 3.4: at the number that skb acknowledges, or else acknowledging all of skb. A reset is
    never answered, nor what was sent to a group.
    """
    if trace.tcp_v4_send_reset.enabled:
        trace.tcp_v4_send_reset.fire(skb)
    flags = skb.tcp_flags
    rt = skb.dst
    if flags & tcp.TCPHDR_RST or not isinstance(rt, Rtable) or rt.rt_type != rtnetlink.RTN_LOCAL:
        return
    dev = rt.dev
    assert dev is not None
    net = dev.nd_net
    if flags & tcp.TCPHDR_ACK:
        seq, ack_seq, answer = skb.ack_seq, 0, tcp.TCPHDR_RST
    else:
        seq, ack_seq, answer = 0, skb.end_seq, tcp.TCPHDR_RST | tcp.TCPHDR_ACK
    peer = mem.get32(skb.ptr, skb.network_header + 12)
    key = None if tp is None else tcp_md5_do_lookup(tp, peer)
    header = tcp_reply_header(skb, seq, ack_seq, answer, 0, b"")
    if key is not None:
        header = tcp_reply_sign(skb, header, key)
    flags_arg = IP_REPLY_ARG_NOSRCCHECK if tp is not None and tp.transparent else 0
    tos = mem.get8(skb.ptr, skb.network_header + 1)
    tcp_reply_send(net, skb, header, tos, flags_arg, 0)
    net.mib.tcp.inc(snmp.TCP_MIB_OUTSEGS)
    net.mib.tcp.inc(snmp.TCP_MIB_OUTRSTS)


def tcp_v4_timewait_ack(tw: InetTimewaitSock, skb: SkBuff) -> None:
    """Acknowledge from a mini-socket."""
    tcp_v4_send_ack(
        skb,
        tw.tw_snd_nxt,
        tw.tw_rcv_nxt,
        tw.tw_rcv_wnd >> tw.tw_rcv_wscale,
        tw.tw_ts_recent,
        tw.tw_bound_dev_if,
        tw.tw_md5_key,
        IP_REPLY_ARG_NOSRCCHECK if tw.tw_transparent else 0,
        tw.tw_tos,
    )


def tcp_v4_reqsk_send_ack(tp: TcpSock, skb: SkBuff, req: TcpRequestSock) -> None:
    """Acknowledge from an embryo: what it received is outside its window."""
    tcp_v4_send_ack(
        skb,
        mem.u32(req.snt_isn + 1),
        mem.u32(req.rcv_isn + 1 + req.syn_data),
        req.rcv_wnd,
        req.ts_recent,
        0,
        tcp_md5_do_lookup(tp, req.rmt_addr),
        IP_REPLY_ARG_NOSRCCHECK if req.no_srccheck else 0,
        mem.get8(skb.ptr, skb.network_header + 1),
    )


def tcp_v4_send_ack(
    skb: SkBuff,
    seq: int,
    ack: int,
    win: int,
    ts: int,
    oif: int,
    key: bytes | None,
    reply_flags: int,
    tos: int,
) -> None:
    """Answer skb with an ACK; ts: the timestamp to echo, 0 for none."""
    if trace.tcp_v4_send_ack.enabled:
        trace.tcp_v4_send_ack.fire(skb)
    dst = skb.dst
    assert dst is not None
    assert dst.dev is not None
    net = dst.dev.nd_net
    options = b""
    if ts:
        options = TSTAMP_OPTION.to_bytes(4, "big")
        options += tcp_time_stamp().to_bytes(4, "big") + ts.to_bytes(4, "big")
    header = tcp_reply_header(skb, seq, ack, tcp.TCPHDR_ACK, min(win, 0xFFFF), options)
    if key is not None:
        header = tcp_reply_sign(skb, header, key)
    tcp_reply_send(net, skb, header, tos, reply_flags, oif)
    net.mib.tcp.inc(snmp.TCP_MIB_OUTSEGS)


def tcp_reply_header(
    skb: SkBuff, seq: int, ack_seq: int, flags: int, window: int, options: bytes
) -> bytes:
    """A TCP header back to where skb came from, its checksum 0."""
    p = skb.ptr
    th = skb.transport_header
    header = bytearray(tcp.TCP_HLEN + len(options))
    h = mem.addr(header)
    mem.put32(h, 0, mem.get16(p, th + 2) << 16 | mem.get16(p, th))
    mem.put32(h, 4, seq)
    mem.put32(h, 8, ack_seq)
    mem.put16(h, 12, len(header) << 10 | flags)
    mem.put16(h, 14, window)
    header[tcp.TCP_HLEN :] = options
    return bytes(header)


def tcp_reply_sign(skb: SkBuff, header: bytes, key: bytes) -> bytes:
    """The header with an MD5 signature option behind it."""
    signed = bytearray(header + MD5_OPTION.to_bytes(4, "big") + bytes(16))
    signed[12] = len(signed) << 2
    p = skb.ptr
    nh = skb.network_header
    saddr, daddr = mem.get32(p, nh + 16), mem.get32(p, nh + 12)
    signed[-16:] = tcp_md5_sign_header(
        bytes(signed[: tcp.TCP_HLEN]), key, saddr, daddr, len(signed)
    )
    return bytes(signed)


def tcp_reply_send(
    net: Net, skb: SkBuff, header: bytes, tos: int, reply_flags: int, oif: int
) -> None:
    """Hand the answer to IP."""
    p = skb.ptr
    nh = skb.network_header
    saddr, daddr = mem.get32(p, nh + 16), mem.get32(p, nh + 12)
    pseudo = csum.csum_tcpudp_nofold(saddr, daddr, len(header), in_.IPPROTO_TCP, 0)
    arg = IpReplyArg(header, pseudo, CSUM_WORD)
    arg.tos = tos
    arg.flags = reply_flags
    arg.bound_dev_if = oif
    sk = net.ipv4.tcp_sock
    assert sk is not None
    ip_send_reply(sk, skb, arg, len(header))
