"""Every algorithm of 3.2 is there, and one of 4.9."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.tcp_cong import tcp_cong_list
from softnet.uapi.tcp import TCP_CONGESTION
from tests.kit.tcp_peer import SOL_TCP, Dut

ALL = [
    "bbr", "bic", "cubic", "highspeed", "htcp", "hybla", "illinois", "lp", "reno", "scalable", "vegas",
    "veno", "westwood", "yeah",
]  # fmt: skip
PRECISE = {"vegas", "veno", "yeah", "illinois", "lp"}  # those that ask for microseconds


def test_these_and_no_others(dut: Dut) -> None:
    assert sorted(tcp_cong_list) == ALL
    assert {ca.name for ca in tcp_cong_list.values() if ca.rtt_stamp} == PRECISE
    assert [ca.name for ca in tcp_cong_list.values() if ca.non_restricted] == ["reno"]


@pytest.mark.parametrize("name", ALL)
def test_by_sysctl_and_by_option(dut: Dut, name: str) -> None:
    dut.sysctl("congestion_control", name)
    assert dut.read_sysctl("congestion_control") == name
    assert dut.read_sysctl("available_congestion_control").split()[0] == name
    conn = dut.accepted()[0]
    assert dut.sock(conn).icsk_ca_ops.name == name
    dut.setopt(conn, SOL_TCP, TCP_CONGESTION, b"cubic")
    dut.setopt(conn, SOL_TCP, TCP_CONGESTION, name.encode())
    assert dut.call_getsockopt(conn, SOL_TCP, TCP_CONGESTION, 16) == name.encode().ljust(16, b"\0")
