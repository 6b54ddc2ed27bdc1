"""struct inet_peer: what is remembered about one remote address.

Linux: include/net/inetpeer.h. Finding and ageing them is net/ipv4/inetpeer.
"""

from __future__ import annotations

PEER_METRICS = 17  # as dst.RTAX_SLOTS


class InetPeer:
    """struct inet_peer."""

    __slots__ = (
        "daddr",
        "refcnt",
        "dtime",
        "rid",
        "ip_id_count",
        "tcp_ts",
        "tcp_ts_stamp",
        "metrics",
        "metrics_new",
        "rate_tokens",
        "rate_last",
        "redirect_genid",
        "pmtu_expires",
        "pmtu_orig",
        "pmtu_learned",
        "redirect_learned",
    )

    daddr: int
    refcnt: int
    dtime: int  # jiffies of the last inet_putpeer()
    rid: int  # count of fragments received from this peer
    ip_id_count: int  # the IP identification given out last
    tcp_ts: int
    tcp_ts_stamp: int
    metrics: list[int]
    metrics_new: bool
    rate_tokens: int  # ICMP token bucket, in jiffies
    rate_last: int  # jiffies
    redirect_genid: int
    pmtu_expires: int  # jiffies; 0 while no PMTU is learned
    pmtu_orig: int
    pmtu_learned: int
    redirect_learned: int  # the gateway an ICMP redirect named

    def __init__(self, daddr: int) -> None:
        self.daddr = daddr
        self.refcnt = 0
        self.dtime = 0
        self.rid = 0
        self.ip_id_count = 0
        self.tcp_ts = 0
        self.tcp_ts_stamp = 0
        self.metrics = [0] * PEER_METRICS
        self.metrics_new = True
        self.rate_tokens = 0
        self.rate_last = 0
        self.redirect_genid = 0
        self.pmtu_expires = 0
        self.pmtu_orig = 0
        self.pmtu_learned = 0
        self.redirect_learned = 0
