"""One segment out: the header, and the segments that carry no data.

Linux: net/ipv4/tcp_output.c (tcp_transmit_skb, tcp_send_ack and its like). RFC 793 3.1, 3168 (ECN).

tcp_transmit_skb() is the only place where a segment of a connection gets its header. What to send
and when is decided above: tcp_write (new data), tcp_retransmit (old data), tcp_connect (SYN, FIN).
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.in_ as in_
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.kernel.timer import jiffies
from softnet.net.core.skbuff import (
    alloc_skb,
    pskb_copy,
    skb_clone,
    skb_cloned,
    skb_set_owner_w,
)
from softnet.net.ipv4.inet_connection_sock import (
    inet_csk_arm,
    inet_csk_clear_xmit_timer,
    inet_csk_reset_xmit_timer,
)
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_cwnd import tcp_cwnd_restart, tcp_enter_cwr
from softnet.net.ipv4.tcp_md5 import tcp_md5_hash_skb
from softnet.net.ipv4.tcp_mss import tcp_advertise_mss
from softnet.net.ipv4.tcp_options import (
    TcpOutOptions,
    tcp_established_options,
    tcp_options_write,
    tcp_syn_options,
    tcp_write_timestamp,
)
from softnet.net.ipv4.tcp_tsq import tcp_own_skb
from softnet.net.ipv4.tcp_window import tcp_select_window
from softnet.structs.inet_connection_sock import InetConnectionSockAfOps
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock


def tcp_transmit_skb(tp: TcpSock, skb: SkBuff, clone_it: bool) -> int:
    """Send one segment or super-packet: the options, the header, and down to IP.

    skb.tcp_flags, seq and end_seq say what it is. clone_it: skb stays on the write queue and a
    clone is sent; else skb itself is consumed. 0 if it went out, 1 if our own queue dropped it
    (NET_XMIT_CN is success), or a negative errno.
    """
    if trace.tcp_transmit_skb.enabled:
        trace.tcp_transmit_skb.fire(skb)
    if tp.delivery:
        skb.tstamp = tp.sk_net.machine.clock.now
    pcount = skb.shinfo.gso_segs
    if clone_it:
        # A copy still in some queue would have its header overwritten: it needs one of its own.
        original = skb
        skb = pskb_copy(skb) if skb_cloned(skb) else skb_clone(skb)
        rate = tp.rate
        if rate is not None:
            rate.skb_sent(original, original.tstamp, tp.packets_out == 0)
            skb.cb = None
    flags = skb.tcp_flags
    seq = skb.seq
    end_seq = skb.end_seq
    rx_opt = tp.rx_opt
    opts = None
    if rx_opt.tstamp_ok and tcp_only_timestamp(tp, flags):
        header_size = tcp.TCP_HLEN + tcp.TCPOLEN_TSTAMP_ALIGNED
    else:
        opts = TcpOutOptions()
        header_size = tcp.TCP_HLEN + tcp_segment_options(tp, flags, opts)
    if tp.packets_out == 0 or tp.packets_in_flight() == 0:
        tp.icsk_ca_ops.cwnd_event(tp, const.CA_EVENT_TX_START)
        skb.ooo_okay = True
    else:
        skb.ooo_okay = False
    th = skb.push(header_size)
    skb.transport_header = th
    skb_set_owner_w(skb, tp)
    if tp.sysctl.limit_output_bytes:
        tcp_own_skb(tp, skb)
    tcp_build_header(tp, skb, th, header_size)
    if opts is None:
        tcp_write_timestamp(skb, tcp_time_stamp(), rx_opt.ts_recent)
    else:
        md5_at = tcp_options_write(skb, tp, opts)
        if md5_at:
            tcp_md5_hash_skb(tp, skb, md5_at)
    if not flags & tcp.TCPHDR_SYN and tp.ecn_flags & const.TCP_ECN_OK:
        TCP_ECN_send(tp, skb, header_size)
    ops: InetConnectionSockAfOps = tp.icsk_af_ops
    ops.send_check(tp, skb)
    if flags & tcp.TCPHDR_ACK:
        tcp_event_ack_sent(tp, pcount)
    if skb.len != header_size:
        tcp_event_data_sent(tp)
    if mem.after(end_seq, tp.snd_nxt) or seq == end_seq:
        tp.sk_net.mib.tcp.add(snmp.TCP_MIB_OUTSEGS, pcount)
    err = ops.queue_xmit(skb)
    if err <= 0:
        return err
    tcp_enter_cwr(tp, True)
    return 0 if err == const.NET_XMIT_CN else err


def tcp_only_timestamp(tp: TcpSock, flags: int) -> bool:
    """Does this segment have the twelve option bytes of the fast path and no more?"""
    rx_opt = tp.rx_opt
    return (
        not flags & tcp.TCPHDR_SYN
        and rx_opt.num_sacks == 0
        and not rx_opt.dsack
        and tp.md5_key is None
    )


def tcp_segment_options(tp: TcpSock, flags: int, opts: TcpOutOptions) -> int:
    """Fill opts in for a segment with these TCPHDR_* flags; their length in bytes."""
    if flags & tcp.TCPHDR_SYN:
        return tcp_syn_options(tp, opts, tcp_time_stamp(), tcp_advertise_mss(tp))
    return tcp_established_options(tp, opts, tcp_time_stamp())


def tcp_build_header(tp: TcpSock, skb: SkBuff, th: int, header_size: int) -> None:
    """The 20 bytes at th; window and urgent pointer are chosen here."""
    p = skb.ptr
    flags = skb.tcp_flags
    seq = skb.seq
    if flags & tcp.TCPHDR_SYN:
        window = tp.rcv_wnd  # RFC 7323: the window of a SYN is never scaled
        if window > const.U16_MAX:
            window = const.U16_MAX
    else:
        window = tcp_select_window(tp)
    urg_ptr = 0
    if tp.snd_una != tp.snd_up and mem.before(seq, tp.snd_up):
        if mem.before(tp.snd_up, mem.u32(seq + 0x10000)):
            urg_ptr = mem.u32(tp.snd_up - seq)
            flags |= tcp.TCPHDR_URG
        elif mem.after(mem.u32(seq + const.U16_MAX), tp.snd_nxt):
            urg_ptr = const.U16_MAX
            flags |= tcp.TCPHDR_URG
    mem.put32(p, th, tp.inet_sport << 16 | tp.inet_dport)
    mem.put32(p, th + 4, seq)
    mem.put32(p, th + 8, tp.rcv_nxt)
    mem.put32(p, th + 12, (header_size << 10 | flags) << 16 | window)
    mem.put32(p, th + 16, urg_ptr)


def TCP_ECN_send(tp: TcpSock, skb: SkBuff, header_size: int) -> None:
    """Mark a data segment ECT(0), and say CWR or ECE as the state demands, RFC 3168 6.1."""
    th = skb.transport_header
    flags = mem.get8(skb.ptr, th + 13)
    if skb.len != header_size and not mem.before(skb.seq, tp.snd_nxt):
        # Not a retransmission, nor a probe of the window: ECN-capable transport.
        tp.tos |= in_.INET_ECN_ECT_0
        if tp.ecn_flags & const.TCP_ECN_QUEUE_CWR:
            tp.ecn_flags &= ~const.TCP_ECN_QUEUE_CWR
            flags |= tcp.TCPHDR_CWR
            skb.shinfo.gso_type |= const.SKB_GSO_TCP_ECN
    else:
        tp.tos &= ~in_.INET_ECN_MASK
    if tp.ecn_flags & const.TCP_ECN_DEMAND_CWR:
        flags |= tcp.TCPHDR_ECE
    mem.put8(skb.ptr, th + 13, flags)


def tcp_event_ack_sent(tp: TcpSock, pkts: int) -> None:
    """Segments with ACK left: nothing is owed now."""
    if tp.icsk_ack_quick:
        tp.dec_quickack_mode(pkts)
    inet_csk_clear_xmit_timer(tp, const.ICSK_TIME_DACK)


def tcp_event_data_sent(tp: TcpSock) -> None:
    """Data left: after an idle time the window starts anew; an answer makes us interactive."""
    now = tcp_time_stamp()
    if (
        tp.packets_out == 0
        and tp.sysctl.slow_start_after_idle
        and tp.rate is None
        and mem.s32(now - tp.lsndtime) > tp.icsk_rto
    ):
        tcp_cwnd_restart(tp)
    tp.lsndtime = now
    if mem.u32(now - tp.icsk_ack_lrcvtime) < tp.icsk_ack_ato:
        tp.icsk_ack_pingpong = True


# ---- segments without data


def tcp_init_nondata_skb(skb: SkBuff, seq: int, flags: int) -> None:
    """Make skb a segment of no bytes; SYN and FIN take one sequence number."""
    skb.csum = 0
    skb.tcp_flags = flags
    skb.sacked = 0
    skb.shinfo.gso_segs = 1
    skb.shinfo.gso_size = 0
    skb.shinfo.gso_type = 0
    skb.seq = seq
    if flags & (tcp.TCPHDR_SYN | tcp.TCPHDR_FIN):
        seq = mem.u32(seq + 1)
    skb.end_seq = seq


def tcp_acceptable_seq(tp: TcpSock) -> int:
    """The sequence number of an ACK. A peer that shrank its window must still take it."""
    end = tp.wnd_end()
    return tp.snd_nxt if not mem.before(end, tp.snd_nxt) else end


def tcp_send_ack(tp: TcpSock) -> None:
    """Acknowledge now."""
    if tp.sk_state == tcp.TCP_CLOSE:
        return
    skb = alloc_skb(const.MAX_TCP_HEADER)
    skb.reserve(const.MAX_TCP_HEADER)
    tcp_init_nondata_skb(skb, tcp_acceptable_seq(tp), tcp.TCPHDR_ACK)
    skb.when = tcp_time_stamp()
    tcp_transmit_skb(tp, skb, False)


def tcp_send_delayed_ack(tp: TcpSock) -> None:
    """Acknowledge soon: in half a second at most, earlier if the peer's rhythm allows a guess.

    RFC 1122 4.2.3.2. The delay (ato) follows the gaps between segments.
    """
    ato = tp.icsk_ack_ato
    if ato > const.TCP_DELACK_MIN:
        max_ato = const.HZ // 2
        if tp.icsk_ack_pingpong or tp.icsk_ack_pending & const.ICSK_ACK_PUSHED:
            max_ato = const.TCP_DELACK_MAX
        if tp.srtt:
            rtt = tp.srtt >> 3
            if rtt < const.TCP_DELACK_MIN:
                rtt = const.TCP_DELACK_MIN
            if rtt < max_ato:
                max_ato = rtt
        if ato > max_ato:
            ato = max_ato
    now = jiffies()
    timeout = now + ato
    if tp.icsk_ack_pending & const.ICSK_ACK_TIMER:
        # Already waiting: if that was in vain once, or it is nearly due, do not wait again.
        if tp.icsk_ack_blocked or tp.icsk_ack_timeout <= now + (ato >> 2):
            tcp_send_ack(tp)
            return
        if timeout > tp.icsk_ack_timeout:
            timeout = tp.icsk_ack_timeout
    tp.icsk_ack_pending |= const.ICSK_ACK_SCHED | const.ICSK_ACK_TIMER
    tp.icsk_ack_timeout = timeout
    inet_csk_arm(tp, tp.icsk_delack_timer, timeout)


def tcp_send_active_reset(tp: TcpSock) -> None:
    """Break the connection off: RST."""
    skb = alloc_skb(const.MAX_TCP_HEADER)
    skb.reserve(const.MAX_TCP_HEADER)
    tcp_init_nondata_skb(skb, tcp_acceptable_seq(tp), tcp.TCPHDR_ACK | tcp.TCPHDR_RST)
    skb.when = tcp_time_stamp()
    if tcp_transmit_skb(tp, skb, False):
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPABORTFAILED)
    tp.sk_net.mib.tcp.inc(snmp.TCP_MIB_OUTRSTS)


def tcp_xmit_probe_skb(tp: TcpSock, urgent: bool) -> int:
    """Ask the peer to say where it stands: an ACK of a byte that it has already.

    urgent: exactly at snd_una, so that the urgent pointer is in front of it.
    """
    skb = alloc_skb(const.MAX_TCP_HEADER)
    skb.reserve(const.MAX_TCP_HEADER)
    seq = tp.snd_una if urgent else mem.u32(tp.snd_una - 1)
    tcp_init_nondata_skb(skb, seq, tcp.TCPHDR_ACK)
    skb.when = tcp_time_stamp()
    return tcp_transmit_skb(tp, skb, False)


def tcp_schedule_rto(tp: TcpSock) -> None:
    """Something is in flight now: start the retransmit timer.

    Before a Fast Open child's last ACK it is the SYN-ACK's.
    """
    if tp.fastopen_rsk is not None:
        return
    inet_csk_reset_xmit_timer(tp, const.ICSK_TIME_RETRANS, tp.icsk_rto, const.TCP_RTO_MAX)
