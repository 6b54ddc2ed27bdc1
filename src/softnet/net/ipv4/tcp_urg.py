"""Urgent data: one byte that overtakes the stream, or marks a place in it.

Linux: net/ipv4/tcp_input.c (tcp_check_urg, tcp_urg). RFC 793 3.7, 1122 4.2.2.4, 6093.

The urgent pointer is taken to point behind the urgent byte, as all the world does; tcp_stdurg
means RFC 1122's reading. urg_data is TCP_URG_NOTYET until the byte itself arrives, then
TCP_URG_VALID with it, then TCP_URG_READ.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.tcp as tcp
from softnet.net.core.skbuff import consume_skb, skb_copy_bits
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock


def tcp_urg(tp: TcpSock, skb: SkBuff) -> None:
    """The sixth step: a new urgent pointer, or the byte that one announced. data at the header."""
    if trace.tcp_urg.enabled:
        trace.tcp_urg.fire(skb)
    if skb.tcp_flags & tcp.TCPHDR_URG:
        tcp_check_urg(tp, skb)
    if tp.urg_data != const.TCP_URG_NOTYET:
        return
    syn = 1 if skb.tcp_flags & tcp.TCPHDR_SYN else 0
    hlen = mem.get8(skb.ptr, skb.transport_header + 12) >> 4 << 2
    at = mem.u32(tp.urg_seq - skb.seq + hlen - syn)
    if at < skb.len:
        byte = bytearray(1)
        copied = skb_copy_bits(skb, at, byte, 0, 1)
        assert copied == 0
        tp.urg_data = const.TCP_URG_VALID | byte[0]
        if not tp.sk_flags >> const.SOCK_DEAD & 1:
            tp.sk_data_ready(0)


def tcp_check_urg(tp: TcpSock, skb: SkBuff) -> None:
    """skb has URG: is its pointer news?"""
    ptr = mem.get16(skb.ptr, skb.transport_header + 18)
    if ptr and not tp.sysctl.stdurg:
        ptr -= 1
    ptr = mem.u32(ptr + skb.seq)
    if mem.after(tp.copied_seq, ptr) or mem.before(ptr, tp.rcv_nxt):
        return
    if tp.urg_data and not mem.after(ptr, tp.urg_seq):
        return
    # SIGURG would be sent here; no simulated program has handlers for it.
    if (
        tp.urg_seq == tp.copied_seq
        and tp.urg_data
        and not tp.sk_flags >> const.SOCK_URGINLINE & 1
        and tp.copied_seq != tp.rcv_nxt
    ):
        # The last byte read was the urgent one before: skip it now, or it would be read as data.
        tp.copied_seq = mem.u32(tp.copied_seq + 1)
        first = tp.sk_receive_queue.first
        if first is not None and not mem.before(tp.copied_seq, first.end_seq):
            tp.sk_receive_queue.unlink(first)
            consume_skb(first)
    tp.urg_data = const.TCP_URG_NOTYET
    tp.urg_seq = ptr
    tp.pred_flags = 0
