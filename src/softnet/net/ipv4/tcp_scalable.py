"""Scalable TCP: the window grows by a fixed part per round trip, whatever its size.

Linux: net/ipv4/tcp_scalable.c. Kelly: "Scalable TCP: improving performance in highspeed wide area
networks" (2003): one segment more for each 100 acknowledged, an eighth less after a loss, so that
the time to recover does not depend on the rate. Linux counts 50 acknowledgements, each for two segments.
"""

from __future__ import annotations

from softnet.net.ipv4.tcp_cong import (
    TcpReno,
    tcp_cong_avoid_ai,
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.structs.tcp import TcpSock

TCP_SCALABLE_AI_CNT = 50  # acknowledgements for one segment more
TCP_SCALABLE_MD_SCALE = 3  # a loss takes 1 / 2**3 of the window


class TcpScalable(TcpReno):
    """scalable"""

    __slots__ = ()

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """tcp_scalable_cong_avoid(): never slower than Reno, whose step is one per window."""
        if not tcp_is_cwnd_limited(tp, in_flight):
            return
        if tp.snd_cwnd <= tp.snd_ssthresh:
            tcp_slow_start(tp)
        else:
            w = tp.snd_cwnd
            tcp_cong_avoid_ai(tp, w if w < TCP_SCALABLE_AI_CNT else TCP_SCALABLE_AI_CNT)

    def ssthresh(self, tp: TcpSock) -> int:
        """tcp_scalable_ssthresh(): seven eighths of cwnd."""
        thresh = tp.snd_cwnd - (tp.snd_cwnd >> TCP_SCALABLE_MD_SCALE)
        return thresh if thresh > 2 else 2


def tcp_scalable_init() -> None:
    """Register scalable."""
    tcp_register_congestion_control(TcpScalable("scalable"))
