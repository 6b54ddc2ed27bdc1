"""The registry of congestion control, and Reno."""

from __future__ import annotations

import errno

import pytest

from softnet.net.ipv4.tcp_cong import (
    tcp_ca_find,
    tcp_cong_avoid_ai,
    tcp_is_cwnd_limited,
    tcp_reno_cong_avoid,
    tcp_reno_ssthresh,
    tcp_set_congestion_control,
    tcp_slow_start,
)
from softnet.structs.tcp import TcpSock
from softnet.uapi.tcp import TCP_CONGESTION
from tests.kit.errors import os_error
from tests.kit.tcp_peer import SOL_TCP, Dut


@pytest.fixture
def tp(dut: Dut) -> TcpSock:
    return dut.sock(dut.accepted()[0])


def test_cubic_is_the_default_and_reno_is_there(dut: Dut, tp: TcpSock) -> None:
    assert tp.icsk_ca_ops.name == "cubic"
    assert dut.read_sysctl("congestion_control") == "cubic"
    assert dut.read_sysctl("available_congestion_control") == "cubic reno"
    assert dut.read_sysctl("allowed_congestion_control") == "cubic reno"


def test_default_by_sysctl(dut: Dut) -> None:
    dut.sysctl("congestion_control", "reno")
    conn, _ = dut.accepted()
    assert dut.sock(conn).icsk_ca_ops.name == "reno"
    with os_error(errno.ENOENT):
        dut.sysctl("congestion_control", "vegass")


def test_socket_option(dut: Dut) -> None:
    conn, _ = dut.accepted()
    dut.setopt(conn, SOL_TCP, TCP_CONGESTION, b"reno")
    assert dut.sock(conn).icsk_ca_ops.name == "reno"
    with os_error(errno.ENOENT):
        dut.setopt(conn, SOL_TCP, TCP_CONGESTION, b"none")
    assert dut.sock(conn).icsk_ca_ops.name == "reno"


def test_only_root_may_take_what_is_not_allowed(dut: Dut, tp: TcpSock) -> None:
    assert tcp_set_congestion_control(tp, "reno") == 0
    tp.sysctl.cong_allowed = ["reno"]
    tp.sk_uid = 1000
    assert tcp_set_congestion_control(tp, "vegas") == -errno.ENOENT  # nor may he load a module
    assert tcp_set_congestion_control(tp, "cubic") == -errno.EPERM
    tp.sk_uid = 0
    assert dut.inside(tcp_set_congestion_control, tp, "cubic") == 0
    assert tcp_set_congestion_control(tp, "nothing") == -errno.ENOENT


def test_what_is_allowed_is_for_everybody(dut: Dut, tp: TcpSock) -> None:
    dut.sysctl("congestion_control", "vegas")
    dut.sysctl("congestion_control", "cubic")
    tp.sk_uid = 1000
    assert (
        dut.inside(tcp_set_congestion_control, tp, "vegas") == 0
    )  # a former default stays allowed
    dut.sysctl("allowed_congestion_control", "cubic")
    assert tcp_set_congestion_control(tp, "reno") == -errno.EPERM
    assert dut.read_sysctl("allowed_congestion_control") == "cubic"
    with os_error(errno.ENOENT):
        dut.sysctl("allowed_congestion_control", "cubic yeah")  # which is not loaded
    assert dut.read_sysctl("allowed_congestion_control") == "cubic"


def test_naming_one_loads_it(dut: Dut, tp: TcpSock) -> None:
    assert tcp_ca_find(tp.sysctl, "htcp") is None
    assert dut.inside(tcp_set_congestion_control, tp, "htcp") == 0
    assert dut.read_sysctl("available_congestion_control") == "cubic reno htcp"
    assert dut.read_sysctl("allowed_congestion_control") == "cubic reno"


def test_unknown_name_is_none(tp: TcpSock) -> None:
    assert tcp_ca_find(tp.sysctl, "nothing") is None


def test_slow_start_adds_one_per_ack(tp: TcpSock) -> None:
    tp.snd_cwnd = 10
    for _ in range(10):
        tcp_slow_start(tp)
    assert tp.snd_cwnd == 20


def test_limited_slow_start(tp: TcpSock, dut: Dut) -> None:
    """RFC 3742: above max_ssthresh grow by at most max_ssthresh / 2 per round trip."""
    dut.sysctl("max_ssthresh", 100)
    tp.snd_cwnd = 200
    for _ in range(200):
        tcp_slow_start(tp)
    assert 245 <= tp.snd_cwnd <= 250


def test_appropriate_byte_counting(tp: TcpSock, dut: Dut) -> None:
    """RFC 3465: half a segment acknowledged is no growth; two segments may count double."""
    dut.sysctl("abc", 1)
    tp.snd_cwnd = 10
    tp.bytes_acked = tp.mss_cache - 1
    tcp_slow_start(tp)
    assert tp.snd_cwnd == 10
    dut.sysctl("abc", 2)
    for _ in range(10):
        tp.bytes_acked = 2 * tp.mss_cache
        tcp_slow_start(tp)
    assert 28 <= tp.snd_cwnd <= 30
    assert tp.bytes_acked == 0


def test_congestion_avoidance_adds_one_per_window(tp: TcpSock) -> None:
    tp.snd_cwnd = 8
    tp.snd_ssthresh = 4
    for _ in range(9):
        tcp_reno_cong_avoid(tp, 0, 8)
    assert tp.snd_cwnd == 9


def test_clamp(tp: TcpSock) -> None:
    tp.snd_cwnd = tp.snd_cwnd_clamp = 5
    tcp_slow_start(tp)
    for _ in range(20):
        tcp_cong_avoid_ai(tp, 5)
    assert tp.snd_cwnd == 5


def test_no_growth_while_the_application_is_the_limit(tp: TcpSock) -> None:
    tp.snd_cwnd = 20
    tp.snd_ssthresh = 1 << 30
    tcp_reno_cong_avoid(tp, 0, 5)
    assert tp.snd_cwnd == 20
    assert not tcp_is_cwnd_limited(tp, 16)
    assert tcp_is_cwnd_limited(tp, 17)  # within the reordering of 3
    assert tcp_is_cwnd_limited(tp, 20)


def test_deferred_super_packet_counts_as_limited(tp: TcpSock) -> None:
    tp.snd_cwnd = 100
    tp.sk_gso_type = 1
    tp.sk_gso_max_size = 65536
    assert tcp_is_cwnd_limited(tp, 70)  # a third is left
    assert not tcp_is_cwnd_limited(tp, 50)


def test_half_and_at_least_two(tp: TcpSock) -> None:
    tp.snd_cwnd = 11
    assert tcp_reno_ssthresh(tp) == 5
    tp.snd_cwnd = 3
    assert tcp_reno_ssthresh(tp) == 2
