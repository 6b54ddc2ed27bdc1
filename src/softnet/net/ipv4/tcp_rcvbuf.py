"""The receive buffer: how large it is, and how much of it to offer.

Linux: net/ipv4/tcp_input.c (tcp_grow_window, tcp_rcv_space_adjust and around). Dynamic right-sizing:
Fisk and Feng (2001).

Three numbers: sk_rcvbuf bounds the truesize of what waits; window_clamp is the largest window that
the buffer could hold; rcv_ssthresh, the window really offered, grows towards it as segments prove
to carry enough data for their truesize. sk_rcvbuf itself follows what the reader takes per round
trip (tcp_rcv_space_adjust).
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.in_ as in_
import softnet.uapi.tcp as tcp
from softnet.net.core.sock import sk_mem_reclaim
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock, window_part

MSS_ETHERNET = 1460  # bytes
RCVMEM_STEP = 128  # bytes
GROW_LEN_MIN = 128  # bytes: smaller segments say nothing about the overhead
REMNANT = tcp.TCPHDR_FIN | tcp.TCPHDR_URG | tcp.TCPHDR_SYN | tcp.TCPHDR_PSH


# ---- at the start


def tcp_init_buffer_space(tp: TcpSock) -> None:
    """The handshake is done: size both buffers and choose window_clamp and rcv_ssthresh."""
    if not tp.sk_userlocks & const.SOCK_RCVBUF_LOCK:
        tcp_fixup_rcvbuf(tp)
    if not tp.sk_userlocks & const.SOCK_SNDBUF_LOCK:
        tcp_fixup_sndbuf(tp)
    app_win = tp.sysctl.app_win
    tp.rcvq_space = tp.rcv_wnd
    maxwin = tp.full_space()
    if tp.window_clamp >= maxwin:
        tp.window_clamp = maxwin
        if app_win and maxwin > 4 * tp.advmss:
            tp.window_clamp = max(maxwin - (maxwin >> app_win), 4 * tp.advmss)
    if app_win and tp.window_clamp > 2 * tp.advmss and tp.window_clamp + tp.advmss > maxwin:
        tp.window_clamp = max(2 * tp.advmss, maxwin - tp.advmss)
    if tp.rcv_ssthresh > tp.window_clamp:
        tp.rcv_ssthresh = tp.window_clamp
    tp.snd_cwnd_stamp = tcp_time_stamp()


def tcp_fixup_sndbuf(tp: TcpSock) -> None:
    """Room for an initial window of the peer's segment size."""
    segment = tp.rx_opt.mss_clamp + const.MAX_TCP_HEADER + const.SKB_TRUESIZE_OVERHEAD
    sndmem = segment * const.TCP_INIT_CWND
    if tp.sk_sndbuf < sndmem:
        tp.sk_sndbuf = min(sndmem, tp.sysctl.wmem[2])


def tcp_fixup_rcvbuf(tp: TcpSock) -> None:
    """Room for the initial window that we offer."""
    mss = tp.advmss
    icwnd = const.TCP_DEFAULT_INIT_RCVWND
    if mss > MSS_ETHERNET:
        icwnd = max(MSS_ETHERNET * const.TCP_DEFAULT_INIT_RCVWND // mss, 2)
    rcvmem = tcp_segment_rcvmem(tp) * icwnd
    if tp.sk_rcvbuf < rcvmem:
        tp.sk_rcvbuf = min(rcvmem, tp.sysctl.rmem[2])


def tcp_segment_rcvmem(tp: TcpSock) -> int:
    """Buffer for one full segment, such that the window part of it holds the data."""
    mss = tp.advmss
    scale = tp.sysctl.adv_win_scale
    rcvmem = mss + const.MAX_TCP_HEADER + const.SKB_TRUESIZE_OVERHEAD
    while window_part(rcvmem, scale) < mss:
        rcvmem += RCVMEM_STEP
    return rcvmem


# ---- the window that is offered


def tcp_grow_window(tp: TcpSock, skb: SkBuff) -> None:
    """A segment arrived: offer more if the buffer will hold more of its kind."""
    if (
        tp.rcv_ssthresh >= tp.window_clamp
        or tp.rcv_ssthresh >= tp.space()
        or tp.sysctl.accounts.pressure
    ):
        return
    if tp.win_from_space(skb.truesize) <= skb.len:
        incr = 2 * tp.advmss
    else:
        incr = tcp_grow_window_slowly(tp, skb)
    if incr:
        if incr < 2 * skb.len:
            incr = 2 * skb.len
        tp.rcv_ssthresh += incr
        if tp.rcv_ssthresh > tp.window_clamp:
            tp.rcv_ssthresh = tp.window_clamp
        tp.icsk_ack_quick |= 1


def tcp_grow_window_slowly(tp: TcpSock, skb: SkBuff) -> int:
    """__tcp_grow_window(): the more wasteful the segments, the smaller the window they may fill."""
    rmem_max: int = tp.sysctl.rmem[2]
    truesize = tp.win_from_space(skb.truesize) >> 1
    window = tp.win_from_space(rmem_max) >> 1
    while tp.rcv_ssthresh <= window:
        if truesize <= skb.len:
            return 2 * tp.icsk_ack_rcv_mss
        truesize >>= 1
        window >>= 1
    return 0


def tcp_clamp_window(tp: TcpSock) -> None:
    """More arrived than the buffer is for: grow it if memory is plenty, else offer little."""
    sysctl = tp.sysctl
    tp.icsk_ack_quick = 0
    rmem_max: int = sysctl.rmem[2]
    mem_low: int = sysctl.mem[0]
    if (
        tp.sk_rcvbuf < rmem_max
        and not tp.sk_userlocks & const.SOCK_RCVBUF_LOCK
        and not sysctl.accounts.pressure
        and sysctl.accounts.allocated < mem_low
    ):
        tp.sk_rcvbuf = tp.sk_rmem_alloc if tp.sk_rmem_alloc < rmem_max else rmem_max
    if tp.sk_rmem_alloc > tp.sk_rcvbuf:
        limit = 2 * tp.advmss
        tp.rcv_ssthresh = limit if limit < tp.window_clamp else tp.window_clamp


# ---- the receiver's round trip, and what is read in one


def tcp_rcv_rtt_update(tp: TcpSock, sample: int, win_dep: bool) -> None:
    """Take in a round trip seen by the receiver, jiffies; rcv_rtt_est_rtt is its average times 8.

    win_dep: measured by a window's worth of data, so only an upper bound: the least one counts.
    """
    m = sample if sample else 1
    old = tp.rcv_rtt_est_rtt
    if old == 0:
        tp.rcv_rtt_est_rtt = m << 3
    elif not win_dep:
        tp.rcv_rtt_est_rtt = old + m - (old >> 3)
    elif m << 3 < old:
        tp.rcv_rtt_est_rtt = m << 3


def tcp_rcv_rtt_measure(tp: TcpSock) -> None:
    """Without timestamps: a window's worth takes a round trip or more."""
    now = tcp_time_stamp()
    if tp.rcv_rtt_est_time:
        if mem.before(tp.rcv_nxt, tp.rcv_rtt_est_seq):
            return
        tcp_rcv_rtt_update(tp, mem.u32(now - tp.rcv_rtt_est_time), True)
    tp.rcv_rtt_est_seq = mem.u32(tp.rcv_nxt + tp.rcv_wnd)
    tp.rcv_rtt_est_time = now


def tcp_rcv_rtt_measure_ts(tp: TcpSock, skb: SkBuff) -> None:
    """With timestamps: a full segment echoes when we acknowledged the window it was sent in."""
    if tp.rx_opt.rcv_tsecr and mem.u32(skb.end_seq - skb.seq) >= tp.icsk_ack_rcv_mss:
        tcp_rcv_rtt_update(tp, mem.u32(tcp_time_stamp() - tp.rx_opt.rcv_tsecr), False)


def tcp_rcv_space_adjust(tp: TcpSock) -> None:
    """Data went to the user: once per round trip, make room for twice what was read in it."""
    now = tcp_time_stamp()
    if tp.rcvq_space_time:
        rtt = tp.rcv_rtt_est_rtt
        if rtt == 0 or mem.u32(now - tp.rcvq_space_time) < rtt >> 3:
            return
        if trace.tcp_rcv_space_adjust.enabled:
            trace.tcp_rcv_space_adjust.fire(tp)
        space = 2 * mem.u32(tp.copied_seq - tp.rcvq_space_seq)
        if space > tp.rcvq_space:
            tp.rcvq_space = space
            if tp.sysctl.moderate_rcvbuf and not tp.sk_userlocks & const.SOCK_RCVBUF_LOCK:
                tcp_grow_rcvbuf(tp, space)
    tp.rcvq_space_seq = tp.copied_seq
    tp.rcvq_space_time = now


def tcp_grow_rcvbuf(tp: TcpSock, space: int) -> None:
    """Make the buffer hold space bytes of payload, overhead included."""
    segments = space // tp.advmss
    rcvmem = (segments if segments else 1) * tcp_segment_rcvmem(tp)
    rmem_max: int = tp.sysctl.rmem[2]
    if rcvmem > rmem_max:
        rcvmem = rmem_max
    if rcvmem > tp.sk_rcvbuf:
        tp.sk_rcvbuf = rcvmem
        tp.window_clamp = space


# ---- delayed acknowledgement: what an arriving segment teaches


def tcp_event_data_recv(tp: TcpSock, skb: SkBuff) -> None:
    """New data is queued: an ACK is owed. How soon follows from the gaps between segments."""
    tp.icsk_ack_pending |= const.ICSK_ACK_SCHED
    tcp_measure_rcv_mss(tp, skb)
    tcp_rcv_rtt_measure(tp)
    now = tcp_time_stamp()
    ato = tp.icsk_ack_ato
    if ato == 0:
        tcp_incr_quickack(tp)
        tp.icsk_ack_ato = const.TCP_ATO_MIN
    else:
        m = mem.s32(now - tp.icsk_ack_lrcvtime)
        if m <= const.TCP_ATO_MIN // 2:
            tp.icsk_ack_ato = (ato >> 1) + const.TCP_ATO_MIN // 2
        elif m < ato:
            ato = (ato >> 1) + m
            tp.icsk_ack_ato = ato if ato < tp.icsk_rto else tp.icsk_rto
        elif m > tp.icsk_rto:
            # So long a gap: the sender began anew, and wants its window to grow.
            tcp_incr_quickack(tp)
            sk_mem_reclaim(tp)
    tp.icsk_ack_lrcvtime = now
    if tp.ecn_flags & const.TCP_ECN_OK:
        TCP_ECN_check_ce(tp, skb)
    if skb.len >= GROW_LEN_MIN:
        tcp_grow_window(tp, skb)


def tcp_measure_rcv_mss(tp: TcpSock, skb: SkBuff) -> None:
    """Guess the peer's segment size: two equal ones in a row, or a larger one, set it."""
    lss = tp.icsk_ack_last_seg_size
    tp.icsk_ack_last_seg_size = 0
    length = skb.shinfo.gso_size
    if length == 0:
        length = skb.len
    if length >= tp.icsk_ack_rcv_mss:
        tp.icsk_ack_rcv_mss = length
        return
    # With the header, so that SACK blocks, which take from the data, do not matter.
    length += skb.data - skb.transport_header
    if length >= tcp.TCP_MSS_DEFAULT + tcp.TCP_HLEN or (
        length >= const.TCP_MIN_MSS + tcp.TCP_HLEN and not skb.tcp_flags & REMNANT
    ):
        length -= tp.tcp_header_len
        tp.icsk_ack_last_seg_size = length
        if length == lss:
            tp.icsk_ack_rcv_mss = length
            return
    if tp.icsk_ack_pending & const.ICSK_ACK_PUSHED:
        tp.icsk_ack_pending |= const.ICSK_ACK_PUSHED2
    tp.icsk_ack_pending |= const.ICSK_ACK_PUSHED


def tcp_incr_quickack(tp: TcpSock) -> None:
    """Acknowledge the next half window of segments at once, sixteen at most."""
    quickacks = 0
    if tp.icsk_ack_rcv_mss:
        quickacks = tp.rcv_wnd // (2 * tp.icsk_ack_rcv_mss)
    if quickacks == 0:
        quickacks = 2
    if quickacks > tp.icsk_ack_quick:
        most = const.TCP_MAX_QUICKACKS
        tp.icsk_ack_quick = quickacks if quickacks < most else most


def tcp_enter_quickack_mode(tp: TcpSock) -> None:
    """Something is missing: the peer needs our ACKs at once."""
    tcp_incr_quickack(tp)
    tp.icsk_ack_pingpong = False
    tp.icsk_ack_ato = const.TCP_ATO_MIN


def tcp_in_quickack_mode(tp: TcpSock) -> bool:
    """Are ACKs to be sent at once?"""
    return tp.icsk_ack_quick != 0 and not tp.icsk_ack_pingpong


def TCP_ECN_check_ce(tp: TcpSock, skb: SkBuff) -> None:
    """RFC 3168 6.1.3: a router marked this packet; repeat it in each ACK until the peer says CWR.

    One without ECT among others that have it is probably a retransmission: acknowledge fast.
    """
    ecn = mem.get8(skb.ptr, skb.network_header + 1) & in_.INET_ECN_MASK
    if ecn == in_.INET_ECN_NOT_ECT:
        if tp.ecn_flags & const.TCP_ECN_SEEN:
            tcp_enter_quickack_mode(tp)
        return
    if ecn == in_.INET_ECN_CE:
        tp.ecn_flags |= const.TCP_ECN_DEMAND_CWR
    tp.ecn_flags |= const.TCP_ECN_SEEN
