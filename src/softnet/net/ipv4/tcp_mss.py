"""How large a segment may be.

Linux: net/ipv4/tcp_output.c (tcp_mtu_to_mss and what is around it), tcp_input.c
(tcp_initialize_rcv_mss). RFC 1122 4.2.2.6, 1191, 4821.

    mss_cache      data bytes that fit the path's MTU with the options that every segment has
    tcp_current_mss    the same for the next segment: SACK blocks take room
    tcp_xmit_size_goal     for a super-packet, as many of them as the device takes at once
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_cong import tcp_can_gso
from softnet.net.ipv4.tcp_options import tcp_established_size
from softnet.structs.tcp import TcpSock

GSO_HEADROOM = 68  # bytes: the least MTU, for the least half window


def tcp_mtu_to_mss(tp: TcpSock, pmtu: int) -> int:
    """Data bytes of a segment in a packet of pmtu bytes."""
    mss = pmtu - tp.icsk_af_ops.net_header_len - tcp.TCP_HLEN
    if mss > tp.rx_opt.mss_clamp:
        mss = tp.rx_opt.mss_clamp
    mss -= tp.icsk_ext_hdr_len
    if mss < tp.sysctl.min_snd_mss:
        mss = tp.sysctl.min_snd_mss
    return mss - (tp.tcp_header_len - tcp.TCP_HLEN)


def tcp_mss_to_mtu(tp: TcpSock, mss: int) -> int:
    """The inverse, clamps aside."""
    return mss + tp.tcp_header_len + tp.icsk_ext_hdr_len + tp.icsk_af_ops.net_header_len


def tcp_mtup_init(tp: TcpSock) -> None:
    """Where the search for the path's MTU begins, RFC 4821."""
    sysctl = tp.sysctl
    tp.icsk_mtup_enabled = sysctl.mtu_probing > 1
    tp.icsk_mtup_search_high = tp.rx_opt.mss_clamp + tcp.TCP_HLEN + tp.icsk_af_ops.net_header_len
    tp.icsk_mtup_search_low = tcp_mss_to_mtu(tp, sysctl.base_mss)
    tp.icsk_mtup_probe_size = 0


def tcp_sync_mss(tp: TcpSock, pmtu: int) -> int:
    """The path carries packets of pmtu bytes: compute mss_cache anew, and return it."""
    if tp.icsk_mtup_search_high > pmtu:
        tp.icsk_mtup_search_high = pmtu
    mss = tcp_bound_to_half_wnd(tp, tcp_mtu_to_mss(tp, pmtu))
    tp.icsk_pmtu_cookie = pmtu
    if tp.icsk_mtup_enabled:
        low = tcp_mtu_to_mss(tp, tp.icsk_mtup_search_low)
        if mss > low:
            mss = low
    tp.mss_cache = mss
    return mss


def tcp_bound_to_half_wnd(tp: TcpSock, pktsize: int) -> int:
    """Two packets should fit the peer's largest window, if that is not tiny."""
    cutoff = tp.max_window
    if cutoff >= 512:
        cutoff >>= 1
    if cutoff == 0 or pktsize <= cutoff:
        return pktsize
    least = GSO_HEADROOM - tp.tcp_header_len
    return cutoff if cutoff > least else least


def tcp_current_mss(tp: TcpSock) -> int:
    """Data bytes of the next segment; follows a changed path MTU."""
    mss = tp.mss_cache
    dst = tp.sk_dst_cache
    if dst is not None:
        mtu = dst.mtu()
        if mtu != tp.icsk_pmtu_cookie:
            mss = tcp_sync_mss(tp, mtu)
    header_len = tcp_established_size(tp) + tcp.TCP_HLEN
    return mss - (header_len - tp.tcp_header_len)


def tcp_xmit_size_goal(tp: TcpSock, mss_now: int, large_allowed: bool) -> int:
    """Bytes to collect in one skb: a multiple of mss_now up to what the device can cut up."""
    goal = mss_now
    if large_allowed and tcp_can_gso(tp):
        headers = tp.icsk_af_ops.net_header_len + tp.icsk_ext_hdr_len + tp.tcp_header_len
        goal = tcp_bound_to_half_wnd(tp, tp.sk_gso_max_size - 1 - headers)
        segs = tp.xmit_size_goal_segs
        if segs * mss_now > goal or (segs + 1) * mss_now <= goal:
            segs = goal // mss_now
            tp.xmit_size_goal_segs = segs
        goal = segs * mss_now
    return goal if goal > mss_now else mss_now


def tcp_advertise_mss(tp: TcpSock) -> int:
    """The MSS to put into our SYN: the route may have lowered it since."""
    dst = tp.sk_dst_cache
    if dst is not None:
        metric = dst.advmss()
        if metric < tp.advmss:
            tp.advmss = metric
    return tp.advmss & const.U16_MAX


def tcp_initialize_rcv_mss(tp: TcpSock) -> None:
    """A first guess at the size of the peer's segments; low, so that ACKs are not held back."""
    hint = tp.advmss if tp.advmss < tp.mss_cache else tp.mss_cache
    if hint > tp.rcv_wnd // 2:
        hint = tp.rcv_wnd // 2
    if hint > tcp.TCP_MSS_DEFAULT:
        hint = tcp.TCP_MSS_DEFAULT
    if hint < const.TCP_MIN_MSS:
        hint = const.TCP_MIN_MSS
    tp.icsk_ack_rcv_mss = hint
