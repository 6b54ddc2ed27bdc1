"""Arithmetic of struct tcp_sock."""

from __future__ import annotations

import pytest

from softnet.structs.tcp import TcpOptionsReceived, TcpSackBlock, TcpSock
from softnet.uapi.tcp import TCP_FLAG_ACK
from tests.kit.tcp_peer import Dut

TCP_ECN_OK, TCP_ECN_QUEUE_CWR = 1, 2


@pytest.fixture
def tp() -> TcpSock:
    dut = Dut()
    return dut.sock(dut.socket())


def test_in_flight(tp: TcpSock) -> None:
    tp.packets_out, tp.sacked_out, tp.lost_out, tp.retrans_out = 10, 3, 2, 1
    assert tp.left_out() == 5
    assert tp.packets_in_flight() == 6


def test_window_s_end_wraps(tp: TcpSock) -> None:
    tp.snd_una, tp.snd_wnd = 0xFFFFFFF0, 0x20
    assert tp.wnd_end() == 0x10


def test_what_is_left_of_the_offered_window(tp: TcpSock) -> None:
    tp.rcv_wup, tp.rcv_wnd, tp.rcv_nxt = 0xFFFFFF00, 1000, 100
    assert tp.receive_window() == 1000 - 356
    tp.rcv_nxt = 5000
    assert tp.receive_window() == 0


@pytest.mark.parametrize(("scale", "window"), [(1, 500), (2, 750), (0, 1000), (-2, 250)])
def test_window_from_space(tp: TcpSock, scale: int, window: int) -> None:
    tp.sysctl.adv_win_scale = scale
    assert tp.win_from_space(1000) == window


def test_space_may_be_negative(tp: TcpSock) -> None:
    tp.sysctl.adv_win_scale = 2
    tp.sk_rcvbuf = 1000
    tp.sk_rmem_alloc = 1800
    assert tp.space() < 0
    assert tp.full_space() == 750


def test_sack_and_fack(tp: TcpSock) -> None:
    assert tp.is_reno()
    tp.rx_opt.sack_ok = 1
    assert tp.is_sack()
    assert not tp.is_fack()
    tp.rx_opt.sack_ok = 3
    assert tp.is_fack()


def test_quickack_runs_out(tp: TcpSock) -> None:
    tp.enter_quickack(3)
    tp.dec_quickack_mode(2)
    assert tp.icsk_ack_quick == 1
    assert tp.icsk_ack_ato == 0
    tp.dec_quickack_mode(5)
    assert tp.icsk_ack_quick == 0
    assert tp.icsk_ack_ato == 40


def test_header_prediction(tp: TcpSock) -> None:
    tp.tcp_header_len = 32
    tp.fast_path_on(1000)
    assert tp.pred_flags == 8 << 28 | TCP_FLAG_ACK | 1000


def test_fast_path_conditions(tp: TcpSock) -> None:
    tp.tcp_header_len, tp.rcv_wnd, tp.sk_rcvbuf = 20, 1000, 10000
    tp.urg_data = 1
    tp.fast_path_check()
    assert tp.pred_flags == 0
    tp.urg_data = 0
    tp.sk_rmem_alloc = 10000
    tp.fast_path_check()
    assert tp.pred_flags == 0
    tp.sk_rmem_alloc = 0
    tp.snd_wnd = 4000
    tp.rx_opt.snd_wscale = 2
    tp.fast_path_check()
    assert tp.pred_flags & 0xFFFF == 1000


def test_cwr_only_with_ecn(tp: TcpSock) -> None:
    tp.ecn_queue_cwr()
    assert tp.ecn_flags == 0
    tp.ecn_flags = TCP_ECN_OK
    tp.ecn_queue_cwr()
    assert tp.ecn_flags == TCP_ECN_OK | TCP_ECN_QUEUE_CWR


def test_urgent_mode(tp: TcpSock) -> None:
    assert not tp.urg_mode()
    tp.snd_up = tp.snd_una + 1
    assert tp.urg_mode()


def test_cleared_options_keep_the_user_s_mss() -> None:
    opt = TcpOptionsReceived()
    opt.user_mss, opt.sack_ok, opt.snd_wscale, opt.tstamp_ok = 1000, 3, 7, True
    opt.clear()
    assert (opt.user_mss, opt.sack_ok, opt.snd_wscale, opt.tstamp_ok) == (1000, 0, 0, False)


def test_sack_block() -> None:
    block = TcpSackBlock(1, 2)
    assert (block.start_seq, block.end_seq) == (1, 2)
