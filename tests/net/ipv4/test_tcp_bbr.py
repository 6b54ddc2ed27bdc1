"""BBR: the model, its states, and what it does on a path."""

from __future__ import annotations

import struct

import pytest

from softnet.arch import const
from softnet.net.ipv4.tcp_bbr import Bbr, bbr
from softnet.structs.tcp_rate import TcpRate
from softnet.syscalls import sys_accept4, sys_recvfrom, sys_sendto
from softnet.uapi.inet_diag import INET_DIAG_BBRINFO, INET_DIAG_VEGASINFO
from softnet.uapi.tcp import TCP_CONGESTION
from tests.kit.tcp_cong import Flow, transfer_with
from tests.kit.tcp_pair import TcpPair, open_connection, open_listener
from tests.kit.tcp_peer import SOL_TCP, Dut

MS = 1_000_000
# As in tcp_bbr: what its .pxd declares cannot be imported when it is compiled.
STARTUP, DRAIN, PROBE_BW, PROBE_RTT = range(4)
UNIT = 256
HIGH_GAIN = UNIT * 2885 // 1000 + 1
CYCLE_GAIN = (320, 192, 256, 256, 256, 256, 256, 256)


def sample(rate: TcpRate, delivered: int, ms: int, limited: bool = False) -> TcpRate:
    """An ACK: so many segments in so many milliseconds."""
    rate.begin(0)
    rate.prior_delivered = rate.delivered
    rate.delivered += delivered
    rate.sample_delivered = delivered
    rate.interval_ns = ms * MS
    rate.acked_sacked = delivered
    rate.sample_app_limited = limited
    return rate


def rounds(ca: Bbr, per_second: int, count: int, limited: bool = False) -> None:
    """So many round trips of 100 ms at that rate."""
    for _ in range(count):
        rate = sample(TcpRate(0), per_second // 10, 100, limited)
        ca.next_round_delivered = 0
        ca.update_round(rate)
        ca.update_bw(rate)
        ca.check_full_pipe(rate)


def test_what_the_application_held_back_makes_it_only_larger() -> None:
    ca = Bbr(0)
    rounds(ca, 1000, 1)
    rounds(ca, 100, 30, limited=True)
    assert ca.bw.v0 >> 10 == 1000
    rounds(ca, 2000, 1, limited=True)
    assert ca.bw.v0 >> 10 == 2000


def test_three_round_trips_without_a_quarter_more_fill_the_pipe() -> None:
    ca = Bbr(0)
    for per_second in (1000, 2000, 4000):
        rounds(ca, per_second, 1)
    rounds(ca, 4500, 2)
    assert not ca.filled_pipe
    rounds(ca, 4500, 1)
    assert ca.filled_pipe


def test_the_shortest_round_trip_lasts_ten_seconds() -> None:
    ca = Bbr(0)
    ca.update_min_rtt(40 * MS, 1000 * MS)
    ca.update_min_rtt(60 * MS, 10_999 * MS)
    assert (ca.min_rtt_ns, ca.min_rtt_expired) == (40 * MS, False)
    ca.update_min_rtt(60 * MS, 11_001 * MS)
    assert (ca.min_rtt_ns, ca.min_rtt_expired) == (60 * MS, True)


def test_what_the_path_holds() -> None:
    ca = Bbr(0)
    assert ca.inflight(UNIT, 1) == const.TCP_INIT_CWND  # nothing is known
    rounds(ca, 1000, 1)
    ca.update_min_rtt(50 * MS, 0)
    assert ca.inflight(UNIT, 1) == 50 + 1 + 3
    assert ca.inflight(2 * UNIT, 2) == 100 + 1 + 6


def test_the_cycle_begins_anywhere_but_in_the_phase_that_drains() -> None:
    for skip in range(7):
        ca = Bbr(0)
        ca.enter_probe_bw(5, skip)
        assert ca.pacing_gain != CYCLE_GAIN[1]
    gains = []
    for _ in range(8):
        gains.append(ca.pacing_gain)
        ca.advance_cycle(6)
    assert sorted(gains) == sorted(CYCLE_GAIN)
    assert sum(gains) == 8 * UNIT


@pytest.mark.parametrize(("per_second", "count"), [(12_500, 0), (12_490, 1)])
def test_a_quarter_more_is_growth_and_less_is_not(per_second: int, count: int) -> None:
    ca = Bbr(0)
    rounds(ca, 10_000, 1)
    rounds(ca, per_second, 1)
    assert ca.full_bw_count == count


def test_the_gains_of_each_state(dut: Dut) -> None:
    """2 / ln 2 = 2.885 in STARTUP, its inverse to drain, and a window of two BDP after that."""
    flow = Flow(dut, "bbr")
    tp, ca = flow.tp, bbr(flow.tp)
    assert (ca.pacing_gain, ca.cwnd_gain) == (739, 739)
    rounds(ca, 1000, 4)
    assert ca.filled_pipe
    rate = sample(TcpRate(0), 1000, 1000)
    tp.sk_gso_type = 0  # a burst is one segment
    rate.rtt_ns = 100 * MS  # BDP: 100 segments
    tp.packets_out = 1000
    dut.inside(tp.icsk_ca_ops.cong_control, tp, rate)
    assert (ca.mode, ca.pacing_gain, ca.cwnd_gain) == (DRAIN, 88, 739)
    assert tp.snd_cwnd == 100 * 739 // 256 + 1 + 3
    tp.packets_out = 100
    dut.inside(tp.icsk_ca_ops.cong_control, tp, rate)
    assert (ca.mode, ca.cwnd_gain) == (PROBE_BW, 512)
    assert tp.snd_cwnd == 200 + 1 + 3
    tp.packets_out = 0


def test_the_rate_is_the_largest_of_ten_round_trips() -> None:
    """And the tenth after it still counts."""
    ca = Bbr(0)
    rounds(ca, 1000, 1)
    rounds(ca, 500, 10)
    assert ca.bw.v0 >> 10 == 1000
    rounds(ca, 500, 1)
    assert ca.bw.v0 >> 10 == 500


def test_four_segments_show_the_round_trip(dut: Dut) -> None:
    tp = Flow(dut, "bbr").tp
    bbr(tp).mode = PROBE_RTT
    tp.snd_cwnd = 50
    dut.inside(tp.icsk_ca_ops.cong_control, tp, sample(TcpRate(0), 10, 100))
    assert (bbr(tp).mode, tp.snd_cwnd) == (PROBE_RTT, 4)


def test_losses_do_not_move_the_threshold(dut: Dut) -> None:
    flow = Flow(dut, "bbr")
    tp = flow.tp
    assert flow.loss(100) == const.TCP_INFINITE_SSTHRESH
    assert bbr(tp).prior_cwnd == 100
    assert dut.inside(tp.icsk_ca_ops.undo_cwnd, tp) == 100


def test_it_paces_and_the_next_algorithm_does_not(dut: Dut) -> None:
    dut.pass_time(1)
    conn = dut.accepted()[0]
    tp = dut.sock(conn)
    assert (tp.rate, tp.delivery, tp.sk_pacing_status) == (None, 0, 0)
    dut.setopt(conn, SOL_TCP, TCP_CONGESTION, b"bbr")
    assert tp.rate is not None
    assert tp.sk_pacing_status == const.SK_PACING_NEEDED
    dut.setopt(conn, SOL_TCP, TCP_CONGESTION, b"reno")
    assert (tp.rate, tp.delivery, tp.sk_pacing_status) == (None, 0, 0)
    assert tp.icsk_ca_priv is None


def test_a_connection_that_begins_with_it_has_rack(dut: Dut) -> None:
    dut.sysctl("congestion_control", "bbr")
    tp = dut.sock(dut.accepted(sack=True)[0])
    assert tp.rack is not None
    assert tp.snd_ssthresh == const.TCP_INFINITE_SSTHRESH


def test_the_first_rate_is_the_window_per_round_trip(dut: Dut) -> None:
    dut.pass_time(1)
    dut.sysctl("congestion_control", "bbr")
    fd = dut.listen()
    peer = dut.peer()
    peer.send("S", 0, mss=1000)
    peer.expect("S.")
    dut.pass_time(0.1)
    peer.send(".", 1, ack=1)
    tp = dut.sock(dut.accept(fd))
    assert tp.sk_pacing_rate == pytest.approx(10 * 1040 * 10 * HIGH_GAIN / UNIT * 0.99, rel=0.001)


def test_who_writes_little_is_the_limit_himself(dut: Dut) -> None:
    dut.pass_time(1)
    dut.sysctl("congestion_control", "bbr")
    conn, peer = dut.accepted(mss=1000)
    dut.sock(conn).sk_sndbuf = 1 << 20
    rate = dut.sock(conn).rate
    assert rate is not None
    dut.write(conn, bytes(500))
    dut.pass_time(0.1)
    peer.send(".", 1, ack=501)
    assert rate.sample_app_limited  # nothing was out before that write
    dut.write(conn, bytes(10_000))
    dut.pass_time(0.1)
    peer.send(".", 1, ack=501 + 2000)
    dut.pass_time(0.1)
    peer.send(".", 1, ack=501 + 4000)
    peer.send(".", 1, ack=501 + 10_000)
    dut.pass_time(0.1)
    assert rate.app_limited == 0  # there was enough to send all the time


def test_what_ss_shows(dut: Dut) -> None:
    tp = Flow(dut, "bbr").tp
    ca = bbr(tp)
    ca.bw.reset(0, 1000 << 10)
    ca.min_rtt_ns = 40 * MS
    ops = tp.icsk_ca_ops
    assert ops.get_info(tp, 0) is None
    found = ops.get_info(tp, 1 << (INET_DIAG_VEGASINFO - 1))
    assert found is not None
    assert found[0] == INET_DIAG_BBRINFO
    assert struct.unpack("<Q3I", found[1]) == (1000 * tp.mss_cache, 40_000, HIGH_GAIN, HIGH_GAIN)


class Bulk:
    """Bulk data over 10 Mbit/s and 40 ms, with a deep queue."""

    def __init__(self, name: str, **cable: float) -> None:
        self.pair = TcpPair(seed=1, check=False, delay=20 * MS, rate=10_000_000, **cable)
        for h in self.pair.hosts:
            h.sysctl("congestion_control", name)
            h.sysctl("rmem", "4096 2000000 2000000")
            h.sysctl("wmem", "4096 2000000 2000000")
        self.got = 0
        self.tasks = (self.pair.b.host.spawn(self.read), self.pair.a.host.spawn(self.write))

    def read(self) -> None:
        conn, _ = sys_accept4(open_listener(), 0)
        while True:
            self.got += len(sys_recvfrom(conn, 65536, 0)[0])

    def write(self) -> None:
        fd = open_connection(self.pair.b.address)
        while True:
            sys_sendto(fd, bytes(16384), 0, None)

    def run(self, seconds: float) -> tuple[float, list[float]]:
        """Mbit/s, and the smoothed round trip in ms each 100 ms."""
        before = self.got
        rtts = []
        for _ in range(round(seconds * 10)):
            self.pair.run(0.1)
            rtts.append(self.pair.a.sock().srtt / 8)
        return (self.got - before) * 8 / seconds / 1e6, rtts


def test_the_rate_of_the_path_without_its_queue() -> None:
    """9.57 Mbit/s are what 10 Mbit/s of Ethernet carry; half of a round trip of queue at most."""
    bulk = Bulk("bbr", queue_max=1000)
    with bulk.pair:
        bulk.run(0.8)  # STARTUP and DRAIN
        mbit, rtts = bulk.run(1)
        assert 9.3 < mbit < 9.6
        assert max(rtts) < 60
        ca = bbr(bulk.pair.a.sock())
        assert (ca.mode, ca.filled_pipe) == (PROBE_BW, True)


def test_the_states_in_their_order() -> None:
    bulk = Bulk("bbr", queue_max=1000)
    with bulk.pair:
        bulk.run(0.1)
        tp = bulk.pair.a.sock()
        seen = [STARTUP]

        def look() -> bool:
            mode = bbr(tp).mode
            if mode != seen[-1]:
                seen.append(mode)
            return mode == PROBE_BW

        bulk.pair.run(2, look)
        assert seen == [STARTUP, DRAIN, PROBE_BW]


@pytest.mark.slow
def test_every_ten_seconds_the_queue_is_let_go() -> None:
    bulk = Bulk("bbr", queue_max=1000)
    with bulk.pair:
        bulk.run(9.5)
        tp = bulk.pair.a.sock()
        bulk.pair.run(3, lambda: bbr(tp).mode == PROBE_RTT)
        assert bbr(tp).mode == PROBE_RTT
        before = bulk.pair.world.clock.now
        bulk.pair.run(0.15)
        assert tp.packets_in_flight() <= 4
        bulk.pair.run(3, lambda: bbr(tp).mode != PROBE_RTT)
        assert bbr(tp).mode == PROBE_BW
        assert 0.2e9 <= bulk.pair.world.clock.now - before < 0.4e9


@pytest.mark.slow
def test_one_loss_in_a_hundred_costs_next_to_nothing() -> None:
    """CUBIC has a quarter of the rate here."""
    mbit = {}
    for name in ("bbr", "cubic"):
        bulk = Bulk(name, queue_max=1000, loss=0.01)
        with bulk.pair:
            mbit[name], rtts = bulk.run(8)
            assert sorted(rtts)[len(rtts) // 2] < 60
    assert mbit["bbr"] > 8.8
    assert mbit["cubic"] < 4


def test_a_bad_path() -> None:
    transfer_with("bbr")
