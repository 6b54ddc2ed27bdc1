"""net.ipv4.tcp_*: names, defaults, what they refuse."""

from __future__ import annotations

import errno

import pytest

from softnet.net.ipv4.tcp_sysctl import tcp_init_limits
from tests.kit.errors import os_error
from tests.kit.tcp_peer import Dut

DEFAULTS = {
    "timestamps": "1",
    "window_scaling": "1",
    "sack": "1",
    "fack": "1",
    "dsack": "1",
    "ecn": "2",
    "reordering": "3",
    "syn_retries": "5",
    "synack_retries": "5",
    "retries1": "3",
    "retries2": "15",
    "orphan_retries": "0",
    "fin_timeout": "60",
    "keepalive_time": "7200",
    "keepalive_intvl": "75",
    "keepalive_probes": "9",
    "syncookies": "1",
    "frto": "2",
    "frto_response": "0",
    "abc": "0",
    "tso_win_divisor": "3",
    "slow_start_after_idle": "1",
    "moderate_rcvbuf": "1",
    "mtu_probing": "0",
    "base_mss": "512",
    "tw_reuse": "0",
    "tw_recycle": "0",
    "abort_on_overflow": "0",
    "stdurg": "0",
    "rfc1337": "0",
    "retrans_collapse": "1",
    "app_win": "31",
    "adv_win_scale": "2",
    "congestion_control": "cubic",
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_default(dut: Dut, name: str) -> None:
    assert dut.read_sysctl(name) == DEFAULTS[name]


def test_seconds_are_kept_as_jiffies(dut: Dut) -> None:
    dut.sysctl("fin_timeout", 30)
    assert dut.net.ipv4.tcp.fin_timeout == 30_000
    assert dut.read_sysctl("fin_timeout") == "30"


def test_triples(dut: Dut) -> None:
    dut.sysctl("rmem", "4096 100000 2000000")
    assert dut.sock(dut.socket()).sk_rcvbuf == 100_000
    assert dut.read_sysctl("rmem").split() == ["4096", "100000", "2000000"]


def test_nonsense_is_refused(dut: Dut) -> None:
    with os_error(errno.EINVAL):
        dut.sysctl("sack", "yes")


def test_namespaces_are_their_own(dut: Dut) -> None:
    dut.sysctl("sack", 0)
    assert Dut().read_sysctl("sack") == "1"


def test_limits_follow_the_memory(dut: Dut) -> None:
    sysctl = dut.net.ipv4.tcp
    small = tcp_init_limits(sysctl, 64 << 20)
    small_mem = list(sysctl.mem)
    large = tcp_init_limits(sysctl, 4 << 30)
    assert small < large
    assert small_mem[2] < sysctl.mem[2]
    assert sysctl.mem[0] < sysctl.mem[1] < sysctl.mem[2]
    assert sysctl.wmem[2] == 4 << 20
