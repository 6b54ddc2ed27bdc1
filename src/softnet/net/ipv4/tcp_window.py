"""The window that we offer.

Linux: net/ipv4/tcp_output.c (tcp_select_initial_window, tcp_select_window). RFC 793, 1122 4.2.2.16
(never shrink), 4.2.3.3 (silly windows), 7323 (scaling).

The window follows the free receive buffer, but not faster than rcv_ssthresh, which grows with
what the peer proved to send well (tcp_rcvbuf).
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.tcp as tcp
from softnet.structs.netns_tcp import NetnsTcp
from softnet.structs.tcp import TcpSock

INIT_RCVWND_MSS = 1460  # bytes: beyond it, the initial window has fewer segments


def tcp_select_initial_window(
    sysctl: NetnsTcp,
    rmem_max: int,
    space: int,
    mss: int,
    window_clamp: int,
    wscale_ok: bool,
    init_rcv_wnd: int,
) -> tuple[int, int, int]:
    """(rcv_wnd, window_clamp, rcv_wscale) for a connection with space bytes of buffer.

    window_clamp 0 means none. init_rcv_wnd: the route's initial window, segments, 0 for ours: ten
    segments, so that the peer's first flight fits.
    """
    if space < 0:
        space = 0
    if window_clamp == 0:
        window_clamp = const.U16_MAX << tcp.MAX_TCP_WSCALE
    space = min(window_clamp, space)
    if space > mss:
        space = space // mss * mss
    rcv_wnd = min(space, tcp.MAX_TCP_WINDOW) if sysctl.workaround_signed_windows else space
    rcv_wscale = 0
    if wscale_ok:
        space = min(max(sysctl.rmem[2], rmem_max), window_clamp)
        while space > const.U16_MAX and rcv_wscale < tcp.MAX_TCP_WSCALE:
            space >>= 1
            rcv_wscale += 1
    if mss > 1 << rcv_wscale:
        segments = const.TCP_DEFAULT_INIT_RCVWND
        if mss > INIT_RCVWND_MSS:
            segments = max(INIT_RCVWND_MSS * const.TCP_DEFAULT_INIT_RCVWND // mss, 2)
        if init_rcv_wnd:
            segments = init_rcv_wnd
        rcv_wnd = min(rcv_wnd, segments * mss)
    window_clamp = min(const.U16_MAX << rcv_wscale, window_clamp)
    return rcv_wnd, window_clamp, rcv_wscale


def tcp_select_window(tp: TcpSock) -> int:
    """The window field of a segment to be sent now: scaled. Moves rcv_wnd and rcv_wup."""
    cur_win = tp.receive_window()
    new_win = tcp_window_from_space(tp)
    wscale = tp.rx_opt.rcv_wscale
    if new_win < cur_win:  # never shrink what was offered
        unit = 1 << wscale
        new_win = (cur_win + unit - 1) & -unit
    tp.rcv_wnd = new_win
    tp.rcv_wup = tp.rcv_nxt
    limit = const.U16_MAX << wscale
    if wscale == 0 and tp.sysctl.workaround_signed_windows:
        limit = tcp.MAX_TCP_WINDOW
    if new_win > limit:
        new_win = limit
    new_win >>= wscale
    if new_win == 0:
        tp.pred_flags = 0
    return new_win


def tcp_window_from_space(tp: TcpSock) -> int:
    """__tcp_select_window(): the window that the buffer allows now, bytes.

    Below half of the buffer acknowledgements may wait again; below one segment the window is 0
    rather than silly.
    """
    mss = tp.icsk_ack_rcv_mss
    free_space = tp.space()
    full_space = tp.full_space()
    if full_space > tp.window_clamp:
        full_space = tp.window_clamp
    if mss > full_space:
        mss = full_space
    if free_space < full_space >> 1:
        tp.icsk_ack_quick = 0
        if tp.sysctl.accounts.pressure and tp.rcv_ssthresh > 4 * tp.advmss:
            tp.rcv_ssthresh = 4 * tp.advmss
        if free_space < mss:
            return 0
    if free_space > tp.rcv_ssthresh:
        free_space = tp.rcv_ssthresh
    wscale = tp.rx_opt.rcv_wscale
    if wscale:
        unit = 1 << wscale  # round up, or the last bytes would be scaled away
        return (free_space + unit - 1) & -unit
    window = tp.rcv_wnd
    if mss > 0 and (window <= free_space - mss or window > free_space):
        return free_space // mss * mss
    if mss == full_space and free_space > window + (full_space >> 1):
        return free_space
    return window
