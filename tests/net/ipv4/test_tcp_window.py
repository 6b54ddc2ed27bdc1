"""The window that a connection offers."""

from __future__ import annotations

from softnet.net.ipv4.tcp_window import tcp_select_initial_window, tcp_select_window
from tests.kit.tcp_peer import Dut

RMEM = 87380


def initial(
    dut: Dut, space: int = RMEM, mss: int = 1460, clamp: int = 0, ws: bool = True, segs: int = 0
) -> tuple[int, int, int]:
    sysctl = dut.net.ipv4.tcp
    return tcp_select_initial_window(sysctl, 212992, space, mss, clamp, ws, segs)


def test_ten_segments_at_first(dut: Dut) -> None:
    rcv_wnd, _, wscale = initial(dut)
    assert rcv_wnd == 14600
    limit = max(dut.net.ipv4.tcp.rmem[2], 212992)
    assert limit >> wscale <= 0xFFFF < limit >> (wscale - 1)


def test_large_segments_get_fewer(dut: Dut) -> None:
    assert initial(dut, mss=8960)[0] == 2 * 8960


def test_small_segments_get_ten(dut: Dut) -> None:
    assert initial(dut, mss=536)[0] == 5360


def test_route_chooses_the_initial_window(dut: Dut) -> None:
    assert initial(dut, segs=4)[0] == 4 * 1460


def test_without_scaling_the_clamp_is_64_k(dut: Dut) -> None:
    _, clamp, wscale = initial(dut, ws=False)
    assert wscale == 0
    assert clamp == 65535


def test_clamp_limits_window_and_scale(dut: Dut) -> None:
    assert initial(dut, clamp=4000) == (2920, 4000, 0)


def test_space_is_cut_to_whole_segments(dut: Dut) -> None:
    assert initial(dut, space=5000)[0] == 4380


def test_signed_windows_workaround(dut: Dut) -> None:
    dut.sysctl("workaround_signed_windows", 1)
    assert initial(dut, ws=False, segs=40)[0] == 32767


def test_offered_window_never_shrinks(dut: Dut) -> None:
    conn, peer = dut.accepted()
    sk = dut.sock(conn)
    edge = sk.rcv_wup + sk.rcv_wnd
    for i in range(8):  # nobody reads
        peer.send("P.", 1 + 1460 * i, ack=1, data=bytes(1460))
        now = sk.rcv_wup + sk.rcv_wnd
        assert now >= edge
        edge = now


def test_window_closes_and_the_fast_path_with_it(dut: Dut) -> None:
    conn, _ = dut.accepted()
    sk = dut.sock(conn)
    assert sk.pred_flags != 0
    sk.rcv_wnd = 0
    sk.rcv_wup = sk.rcv_nxt
    sk.sk_rmem_alloc = sk.sk_rcvbuf
    assert dut.inside(tcp_select_window, sk) == 0
    assert sk.pred_flags == 0
    sk.sk_rmem_alloc = 0


def test_tiny_free_space_is_offered_as_nothing(dut: Dut) -> None:
    """RFC 1122 4.2.3.3: less than a segment is silly."""
    conn, _ = dut.accepted()
    sk = dut.sock(conn)
    sk.rcv_wnd = 0
    sk.rcv_wup = sk.rcv_nxt
    sk.icsk_ack_rcv_mss = 1460
    sk.sk_rmem_alloc = sk.sk_rcvbuf - 1000
    assert dut.inside(tcp_select_window, sk) == 0
    sk.sk_rmem_alloc = 0
    assert dut.inside(tcp_select_window, sk) > 0


def test_scaled_window_in_the_header(dut: Dut) -> None:
    conn, peer = dut.accepted(wscale=7)
    sk = dut.sock(conn)
    assert sk.rx_opt.rcv_wscale > 0
    peer.send("P.", 1, ack=1, data=b"x")
    dut.pass_time(1)
    seg = peer.expect(".", ack=2)
    assert seg.win << sk.rx_opt.rcv_wscale == sk.rcv_wnd
