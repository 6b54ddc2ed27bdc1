"""Sizes of segments."""

from __future__ import annotations

from softnet.net.ipv4.tcp_mss import (
    tcp_advertise_mss,
    tcp_bound_to_half_wnd,
    tcp_current_mss,
    tcp_mss_to_mtu,
    tcp_mtu_to_mss,
    tcp_mtup_init,
    tcp_sync_mss,
    tcp_xmit_size_goal,
)
from tests.kit.tcp_peer import Dut

ECHO = (1000, 0)


def test_mtu_of_1500_carries_1460(dut: Dut) -> None:
    conn, _ = dut.accepted()
    assert dut.sock(conn).mss_cache == 1460


def test_timestamps_take_twelve(dut: Dut) -> None:
    conn, _ = dut.accepted(ts=ECHO)
    sk = dut.sock(conn)
    assert sk.mss_cache == 1448
    assert tcp_mtu_to_mss(sk, 1500) == 1448
    assert tcp_mss_to_mtu(sk, 1448) == 1500


def test_peer_s_limit_holds(dut: Dut) -> None:
    conn, _ = dut.accepted(mss=536)
    assert dut.sock(conn).mss_cache == 536


def test_a_smaller_path_and_back(dut: Dut) -> None:
    conn, _ = dut.accepted()
    sk = dut.sock(conn)
    assert dut.inside(tcp_sync_mss, sk, 1000) == 960
    assert sk.icsk_pmtu_cookie == 1000
    assert dut.inside(tcp_current_mss, sk) == 1460  # the route still says 1500


def test_least_mss(dut: Dut) -> None:
    """net.ipv4.tcp_min_snd_mss: 48, options included."""
    conn, _ = dut.accepted(ts=ECHO)
    sk = dut.sock(conn)
    assert dut.inside(tcp_sync_mss, sk, 68) == 48 - 12


def test_sack_blocks_leave_less_room(dut: Dut) -> None:
    conn, peer = dut.accepted(sack=True)
    peer.send(".", 2001, ack=1, data=bytes(100))
    assert dut.inside(tcp_current_mss, dut.sock(conn)) == 1460 - 12


def test_half_of_a_small_window(dut: Dut) -> None:
    conn, _ = dut.accepted(win=1000)
    sk = dut.sock(conn)
    assert tcp_bound_to_half_wnd(sk, 1460) == 500
    sk.max_window = 400  # so small that halves would be silly
    assert tcp_bound_to_half_wnd(sk, 1460) == 400
    sk.max_window = 10
    assert tcp_bound_to_half_wnd(sk, 1460) == 48


def test_super_packets_need_a_device_that_cuts(dut: Dut) -> None:
    conn, _ = dut.accepted(wscale=7)
    sk = dut.sock(conn)
    assert tcp_xmit_size_goal(sk, 1460, False) == 1460
    sk.sk_gso_type = 1
    sk.sk_route_caps |= 1 << 16
    sk.sk_gso_max_size = 65536
    sk.max_window = 1 << 20
    goal = tcp_xmit_size_goal(sk, 1460, True)
    assert goal == 44 * 1460
    assert sk.xmit_size_goal_segs == 44
    sk.max_window = 29200
    assert tcp_xmit_size_goal(sk, 1460, True) == 14600


def test_advertised_mss_follows_the_route(dut: Dut) -> None:
    conn, _ = dut.accepted()
    sk = dut.sock(conn)
    sk.advmss = 9000
    assert dut.inside(tcp_advertise_mss, sk) == 1460
    assert sk.advmss == 1460


def test_mtu_search_begins_at_base_mss(dut: Dut) -> None:
    conn, _ = dut.accepted()
    sk = dut.sock(conn)
    dut.sysctl("mtu_probing", 2)
    tcp_mtup_init(sk)
    assert sk.icsk_mtup_enabled
    assert sk.icsk_mtup_search_high == 1500
    assert sk.icsk_mtup_search_low == 512 + 40
    assert dut.inside(tcp_sync_mss, sk, 1500) == 512
