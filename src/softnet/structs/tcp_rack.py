"""What RACK knows of a connection: which segment was sent last of all that arrived.

Linux: struct tcp_rack in include/linux/tcp.h (4.4). RFC 8985 5.2 and 6.2, steps 1 to 3. What is made
of it is in net/ipv4/tcp_rack. Times in nanoseconds.
"""

from __future__ import annotations

import softnet.arch.mem as mem
from softnet.kernel.minmax import Minmax

MIN_RTT_WINDOW = 300 * 1_000_000_000  # tcp_min_rtt_wlen: the path may have changed since


class TcpRack:
    """struct rack"""

    __slots__ = (
        "xmit_ns", "end_seq", "rtt_ns", "min_rtt", "fack", "prior_fack", "reordering_seen",
        "advanced", "dsack_round", "in_dsack_round", "reo_wnd_mult", "reo_wnd_persist",
    )  # fmt: skip

    xmit_ns: int  # when the last sent of those delivered was sent; 0: none yet
    end_seq: int  # its end: of segments sent at one time the later in sequence is the later
    rtt_ns: int  # how long that one took
    min_rtt: Minmax
    fack: int  # the highest end_seq delivered
    prior_fack: int  # before the ACK that is being processed
    reordering_seen: bool
    advanced: bool  # something was delivered since losses were last looked for
    dsack_round: int  # snd_nxt when a D-SACK widened the window: once per round trip
    in_dsack_round: bool
    reo_wnd_mult: int  # quarters of min_rtt
    reo_wnd_persist: int  # recoveries for which the wider window stays

    def __init__(self, snd_una: int) -> None:
        self.xmit_ns = 0
        self.end_seq = 0
        self.rtt_ns = 0
        self.min_rtt = Minmax()
        self.fack = snd_una
        self.prior_fack = snd_una
        self.reordering_seen = False
        self.advanced = False
        self.dsack_round = 0
        self.in_dsack_round = False
        self.reo_wnd_mult = 1
        self.reo_wnd_persist = 0

    def sent_after(self, xmit_ns: int, end_seq: int) -> bool:
        """RACK_sent_after(): was a segment sent after the one that end_seq and xmit_ns are of?"""
        return xmit_ns > self.xmit_ns or (
            xmit_ns == self.xmit_ns and mem.after(end_seq, self.end_seq)
        )

    def advance(self, retransmitted: bool, end_seq: int, xmit_ns: int, now: int) -> None:
        """tcp_rack_advance(): a segment that was sent at xmit_ns, and only now, is delivered.

        RFC 8985 6.2: a retransmission that seems to be answered sooner than any other segment was
        not what is answered.
        """
        rtt = now - xmit_ns
        if retransmitted:
            if rtt < self.min_rtt.v0:
                return
        else:
            self.min_rtt.running_min(MIN_RTT_WINDOW, now, rtt if rtt > 0 else 1)
            if mem.before(end_seq, self.prior_fack):
                self.reordering_seen = True
        if mem.after(end_seq, self.fack):
            self.fack = end_seq
        self.advanced = True
        if self.sent_after(xmit_ns, end_seq):
            self.xmit_ns = xmit_ns
            self.end_seq = end_seq
            self.rtt_ns = rtt
