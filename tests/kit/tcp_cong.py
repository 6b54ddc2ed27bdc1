"""Drive one congestion control algorithm by hand: acknowledgements, round trips, losses."""

from __future__ import annotations

from softnet.structs.tcp import TcpSock
from softnet.uapi.tcp import TCP_CONGESTION, TCP_CA_Open
from tests.kit.tcp_pair import TcpPair
from tests.kit.tcp_peer import SOL_TCP, Dut


class Flow:
    """A connection of dut that uses the algorithm name, as if it sent for ever."""

    def __init__(self, dut: Dut, name: str) -> None:
        self.dut = dut
        self.conn = dut.accepted()[0]
        dut.setopt(self.conn, SOL_TCP, TCP_CONGESTION, name.encode())
        self.tp: TcpSock = dut.sock(self.conn)
        self.tp.icsk_ca_state = TCP_CA_Open
        assert self.tp.icsk_ca_ops.name == name

    def ack(self, n: int = 1, rtt_us: int = -1, ack: int | None = None) -> None:
        """One acknowledgement of n segments while the window is full."""
        tp = self.tp
        self.dut.inside(tp.icsk_ca_ops.pkts_acked, tp, n, rtt_us)
        ack = tp.snd_una if ack is None else ack
        self.dut.inside(tp.icsk_ca_ops.cong_avoid, tp, ack, tp.snd_cwnd)

    def rounds(self, count: int, rtt_ms: int = 100, queue_ms: int = 0, each: int = 1) -> None:
        """count round trips, each acknowledging a full window by ACKs for `each` segments."""
        tp = self.tp
        rtt_us = (rtt_ms + queue_ms) * 1000
        for _ in range(count):
            # The first ACK of a round trip is that of what was sent after the last one's end.
            tp.snd_nxt = (tp.snd_nxt + 2000) & 0xFFFFFFFF
            for _ in range(max(tp.snd_cwnd // each, 1)):
                self.ack(each, rtt_us, (tp.snd_nxt - 1000) & 0xFFFFFFFF)
            self.dut.pass_time((rtt_ms + queue_ms) / 1000)

    def avoidance(self, cwnd: int) -> None:
        """In congestion avoidance at cwnd."""
        self.tp.snd_cwnd = cwnd
        self.tp.snd_ssthresh = 2
        self.tp.snd_cwnd_cnt = 0

    def loss(self, cwnd: int) -> int:
        """What remains of a window of cwnd."""
        self.tp.snd_cwnd = cwnd
        thresh = self.dut.inside(self.tp.icsk_ca_ops.ssthresh, self.tp)
        return int(thresh)


def transfer_with(name: str, size: int = 60_000) -> None:
    """Move size bytes over a bad cable under the algorithm name, judged after every event."""
    with TcpPair(seed=3, delay=10_000_000, rate=10_000_000, loss=0.02) as pair:
        for host in pair.hosts:
            host.sysctl("congestion_control", name)
        pair.transfer(size, seconds=3600)
        assert pair.a.tcp("RETRANSSEGS") > 0
