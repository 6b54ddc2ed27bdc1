"""Sending new data: what may go now, and in how large pieces.

Linux: net/ipv4/tcp_output.c (tcp_write_xmit and the tests it makes). RFC 896 and 1122 4.2.3.4
(Nagle, in Minshall's form), 4821 (path MTU search).

tcp_write_xmit() is the relay: for each skb from sk_send_head on, the congestion window
(tcp_cwnd_test), the peer's window (tcp_snd_wnd_test), Nagle or the wait for a fuller super-packet
(tcp_tso_should_defer), then the cut, then tcp_transmit_skb().
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.kernel.timer import jiffies
from softnet.net.core.skbuff import skb_copy_bits
from softnet.net.core.sock import sk_mem_charge
from softnet.net.core.stream import sk_stream_alloc_skb
from softnet.net.ipv4.inet_connection_sock import inet_csk_reset_xmit_timer
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_cwnd import tcp_cwnd_test, tcp_cwnd_validate
from softnet.net.ipv4.tcp_mss import tcp_current_mss, tcp_mss_to_mtu, tcp_mtu_to_mss
from softnet.net.ipv4.tcp_output import tcp_schedule_rto, tcp_transmit_skb
from softnet.net.ipv4.tcp_pacing import tcp_paced_sent, tcp_pacing_check, tcp_tso_autosize
from softnet.net.ipv4.tcp_segment import (
    pskb_trim_head,
    sk_wmem_free_skb,
    tcp_advance_send_head,
    tcp_init_tso_segs,
    tcp_insert_write_queue_before,
    tcp_set_skb_tso_segs,
    tcp_unlink_write_queue,
    tso_fragment,
)
from softnet.net.ipv4.tcp_tlp import tcp_schedule_loss_probe
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock

SENDING = (
    1 << tcp.TCP_ESTABLISHED
    | 1 << tcp.TCP_FIN_WAIT1
    | 1 << tcp.TCP_CLOSING
    | 1 << tcp.TCP_CLOSE_WAIT
    | 1 << tcp.TCP_LAST_ACK
)
MTU_PROBE_CWND_MIN = 11  # segments: a probe must not be what fills the window


def tcp_push_pending_frames(tp: TcpSock) -> None:
    """Send what can be sent, under the socket's own Nagle setting."""
    if tp.sk_send_head is not None:
        tcp_push_frames(tp, tcp_current_mss(tp), tp.nonagle)


def tcp_push_frames(tp: TcpSock, cur_mss: int, nonagle: int) -> None:
    """__tcp_push_pending_frames(): if nothing could go and nothing is out, start probing."""
    if tp.sk_state == tcp.TCP_CLOSE:
        return
    if tcp_write_xmit(tp, cur_mss, nonagle, False):
        tcp_check_probe_timer(tp)


def tcp_push_one(tp: TcpSock, mss_now: int) -> None:
    """Send the first skb, which is full, if the windows allow."""
    skb = tp.sk_send_head
    assert skb is not None
    assert skb.len >= mss_now
    tcp_write_xmit(tp, mss_now, const.TCP_NAGLE_PUSH, True)


def tcp_check_probe_timer(tp: TcpSock) -> None:
    """The peer's window is shut: see that it is asked about from time to time."""
    if tp.packets_out == 0 and tp.icsk_pending == 0:
        inet_csk_reset_xmit_timer(tp, const.ICSK_TIME_PROBE0, tp.icsk_rto, const.TCP_RTO_MAX)


def tcp_write_xmit(tp: TcpSock, mss_now: int, nonagle: int, push_one: bool) -> bool:
    """Send as much as may go. True if nothing is out and something waits: the window is shut.

    push_one: only the first skb, without waiting for a fuller one.
    """
    sent_pkts = 0
    if not push_one and tp.icsk_mtup_enabled:
        result = tcp_mtu_probe(tp)
        if result == 0:
            return False
        if result > 0:
            sent_pkts = 1
    max_segs = tcp_tso_autosize(tp, mss_now) if tp.sk_pacing_status else 0
    while True:
        skb = tp.sk_send_head
        if skb is None:
            break
        if max_segs and tcp_pacing_check(tp):
            if sent_pkts == 0:
                return False  # the window is not what we wait for
            break
        tso_segs = tcp_init_tso_segs(tp, skb, mss_now)
        cwnd_quota = tcp_cwnd_test(tp, skb)
        if cwnd_quota == 0 or not tcp_snd_wnd_test(tp, skb, mss_now):
            break
        if max_segs and cwnd_quota > max_segs:
            cwnd_quota = max_segs
        limit = mss_now
        if tso_segs == 1:
            how = nonagle if skb.next is None else const.TCP_NAGLE_PUSH
            if not tcp_nagle_test(tp, skb, mss_now, how):
                break
        else:
            if not push_one and cwnd_quota != max_segs and tcp_tso_should_defer(tp, skb):
                break
            if tp.snd_una == tp.snd_up:  # in urgent mode each segment has its own pointer
                limit = tcp_mss_split_point(tp, skb, mss_now, cwnd_quota)
        small_queue = tp.sysctl.limit_output_bytes
        if small_queue and tp.sk_wmem_alloc >= small_queue and tp.sk_wmem_alloc > 1:
            tp.tsq_flags |= const.TSQ_THROTTLED
            break
        if skb.len > limit and tso_fragment(tp, skb, limit, mss_now):
            break
        skb.when = tcp_time_stamp()
        if tcp_transmit_skb(tp, skb, True):
            break
        tcp_event_new_data_sent(tp, skb)
        if max_segs:
            tcp_paced_sent(tp, skb)
        if skb.len < mss_now:
            tp.snd_sml = skb.end_seq
        sent_pkts += skb.shinfo.gso_segs
        if push_one:
            break
    if tp.icsk_ca_state == tcp.TCP_CA_Recovery:
        tp.prr_out += sent_pkts
    if sent_pkts:
        if tp.sysctl.early_retrans >= const.TCP_EARLY_RETRANS_TLP:
            tcp_schedule_loss_probe(tp)
        tcp_cwnd_validate(tp)
        return False
    return tp.packets_out == 0 and tp.sk_send_head is not None


def tcp_tsq_handler(tp: TcpSock) -> None:
    """What a small queue held back may go on: tcp_tsq."""
    tp.tsq_flags &= ~const.TSQ_DEFERRED
    if SENDING >> tp.sk_state & 1:
        tcp_write_xmit(tp, tcp_current_mss(tp), tp.nonagle, False)


def tcp_event_new_data_sent(tp: TcpSock, skb: SkBuff) -> None:
    """skb, the send head, is on its way."""
    prior_packets = tp.packets_out
    tcp_advance_send_head(tp, skb)
    tp.snd_nxt = skb.end_seq
    if tp.frto_counter == 2:  # F-RTO lets one small segment past Nagle, not more
        tp.frto_counter = 3
    segs = skb.shinfo.gso_segs
    tp.packets_out += segs
    tp.sk_net.mib.net.add(snmp.LINUX_MIB_TCPORIGDATASENT, segs)
    if prior_packets == 0:
        tcp_schedule_rto(tp)


# ---- the tests


def tcp_snd_wnd_test(tp: TcpSock, skb: SkBuff, cur_mss: int) -> bool:
    """Does the first segment of skb fit the peer's window?"""
    end_seq = skb.end_seq
    if skb.len > cur_mss:
        end_seq = mem.u32(skb.seq + cur_mss)
    return not mem.after(end_seq, mem.u32(tp.snd_una + tp.snd_wnd))


def tcp_nagle_test(tp: TcpSock, skb: SkBuff, cur_mss: int, nonagle: int) -> bool:
    """May skb go although it may be small? RFC 896: not while a small one is unacknowledged.

    Urgent data, the FIN, and F-RTO's probe always may.
    """
    if nonagle & const.TCP_NAGLE_PUSH:
        return True
    if (
        skb.len >= cur_mss
        or tp.snd_una != tp.snd_up
        or tp.frto_counter == 2
        or skb.tcp_flags & tcp.TCPHDR_FIN
    ):
        return True
    if nonagle & const.TCP_NAGLE_CORK:
        return False
    return nonagle != 0 or tp.packets_out == 0 or not tcp_minshall_check(tp)


def tcp_minshall_check(tp: TcpSock) -> bool:
    """Is the last small segment still unacknowledged?"""
    return mem.after(tp.snd_sml, tp.snd_una) and not mem.after(tp.snd_sml, tp.snd_nxt)


def tcp_snd_test(tp: TcpSock, skb: SkBuff, cur_mss: int, nonagle: int) -> int:
    """All tests at once: how many segments the congestion window lets out, 0 if skb may not go."""
    tcp_init_tso_segs(tp, skb, cur_mss)
    if not tcp_nagle_test(tp, skb, cur_mss, nonagle):
        return 0
    cwnd_quota = tcp_cwnd_test(tp, skb)
    if cwnd_quota and not tcp_snd_wnd_test(tp, skb, cur_mss):
        return 0
    return cwnd_quota


def tcp_may_send_now(tp: TcpSock) -> bool:
    """Is there new data that could go at once?"""
    skb = tp.sk_send_head
    if skb is None:
        return False
    how = tp.nonagle if skb.next is None else const.TCP_NAGLE_PUSH
    return tcp_snd_test(tp, skb, tcp_current_mss(tp), how) != 0


def tcp_tso_should_defer(tp: TcpSock, skb: SkBuff) -> bool:
    """Is it better to wait for more window, and send a fuller super-packet then?

    For two jiffies at most, and not when a third of the window (tcp_tso_win_divisor) is free.
    """
    if skb.tcp_flags & tcp.TCPHDR_FIN or tp.icsk_ca_state != tcp.TCP_CA_Open:
        tp.tso_deferred = 0
        return False
    now = jiffies() & 0x7FFFFFFF
    if tp.tso_deferred and ((now - (tp.tso_deferred >> 1)) & 0x7FFFFFFF) > 1:
        tp.tso_deferred = 0
        return False
    in_flight = tp.packets_in_flight()
    assert skb.shinfo.gso_segs > 1
    assert tp.snd_cwnd > in_flight
    limit = mem.u32(tp.wnd_end() - skb.seq)
    cong_win = (tp.snd_cwnd - in_flight) * tp.mss_cache
    if cong_win < limit:
        limit = cong_win
    full = limit >= tp.sk_gso_max_size or (skb.next is not None and limit >= skb.len)
    if not full:
        divisor = tp.sysctl.tso_win_divisor
        if divisor:
            chunk = tp.snd_cwnd * tp.mss_cache
            if tp.snd_wnd < chunk:
                chunk = tp.snd_wnd
            full = limit >= chunk // divisor
        else:
            full = limit > tp.reordering * tp.mss_cache
    if full:
        tp.tso_deferred = 0
        return False
    tp.tso_deferred = 1 | now << 1
    return True


def tcp_mss_split_point(tp: TcpSock, skb: SkBuff, mss_now: int, cwnd: int) -> int:
    """How many bytes of a super-packet may go: whole segments, but a small last one if all fits."""
    window = mem.u32(tp.wnd_end() - skb.seq)
    cwnd_len = mss_now * cwnd
    if cwnd_len <= window and skb.next is not None:
        return cwnd_len
    needed = skb.len if skb.len < window else window
    if cwnd_len <= needed:
        return cwnd_len
    return needed - needed % mss_now


# ---- path MTU search


def tcp_mtu_probe(tp: TcpSock) -> int:
    """Send one segment of twice the size, to see whether the path takes it, RFC 4821.

    1: a probe was sent. 0: wait, one could be sent soon. -1: not now.
    """
    if (
        tp.icsk_mtup_probe_size
        or tp.icsk_ca_state != tcp.TCP_CA_Open
        or tp.snd_cwnd < MTU_PROBE_CWND_MIN
        or tp.rx_opt.num_sacks
        or tp.rx_opt.dsack
    ):
        return -1
    mss_now = tcp_current_mss(tp)
    probe_size = 2 * tp.mss_cache
    size_needed = probe_size + (tp.reordering + 1) * tp.mss_cache
    if probe_size > tcp_mtu_to_mss(tp, tp.icsk_mtup_search_high):
        return -1
    if mem.u32(tp.write_seq - tp.snd_nxt) < size_needed or tp.snd_wnd < size_needed:
        return -1
    if mem.after(mem.u32(tp.snd_nxt + size_needed), tp.wnd_end()):
        return 0
    in_flight = tp.packets_in_flight()
    if in_flight + 2 > tp.snd_cwnd:
        return 0 if in_flight else -1
    nskb = tcp_mtu_probe_build(tp, probe_size, mss_now)
    if nskb is None:
        return -1
    nskb.when = tcp_time_stamp()
    if tcp_transmit_skb(tp, nskb, True):
        return -1
    tp.snd_cwnd -= 1  # it is worth two segments
    tcp_event_new_data_sent(tp, nskb)
    tp.icsk_mtup_probe_size = tcp_mss_to_mtu(tp, nskb.len)
    tp.mtu_probe_seq_start = nskb.seq
    tp.mtu_probe_seq_end = nskb.end_seq
    return 1


def tcp_mtu_probe_build(tp: TcpSock, probe_size: int, mss_now: int) -> SkBuff | None:
    """Gather probe_size bytes from the send head on into one skb, and queue it there."""
    nskb = sk_stream_alloc_skb(tp, probe_size)
    if nskb is None:
        return None
    tp.sk_wmem_queued += nskb.truesize
    sk_mem_charge(tp, nskb.truesize)
    skb = tp.sk_send_head
    assert skb is not None
    nskb.seq = skb.seq
    nskb.end_seq = mem.u32(skb.seq + probe_size)
    nskb.tcp_flags = tcp.TCPHDR_ACK
    nskb.sacked = 0
    nskb.ip_summed = const.CHECKSUM_PARTIAL
    tcp_insert_write_queue_before(tp, nskb, skb)
    length = 0
    while length < probe_size:
        assert skb is not None
        following = skb.next
        copy = probe_size - length
        if skb.len <= copy:
            copy = skb.len
            skb_copy_bits(skb, 0, nskb.shinfo.head, nskb.put(copy), copy)
            nskb.tcp_flags |= skb.tcp_flags
            tcp_unlink_write_queue(tp, skb)
            sk_wmem_free_skb(tp, skb)
        else:
            skb_copy_bits(skb, 0, nskb.shinfo.head, nskb.put(copy), copy)
            nskb.tcp_flags |= skb.tcp_flags & ~(tcp.TCPHDR_FIN | tcp.TCPHDR_PSH)
            pskb_trim_head(skb, copy)
            skb.seq = mem.u32(skb.seq + copy)
            tcp_set_skb_tso_segs(tp, skb, mss_now)
        length += copy
        skb = following
    tcp_set_skb_tso_segs(tp, nskb, nskb.len)
    return nskb
