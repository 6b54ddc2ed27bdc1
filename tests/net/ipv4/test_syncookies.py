"""SYN cookies: what comes back is what was hidden, for four minutes and one connection."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.syncookies import (
    check_tcp_syn_cookie,
    cookie_check_timestamp,
    cookie_init_timestamp,
    secure_tcp_syn_cookie,
)
from softnet.structs.request_sock import RequestSockOps, TcpRequestSock
from softnet.structs.tcp import TcpOptionsReceived
from tests.kit.tcp_peer import Dut

PEERS = (0x0A000002, 0x0A000001, 40000 << 16 | 80, 12345)


def make(dut: Dut, data: int) -> int:
    return int(dut.inside(secure_tcp_syn_cookie, dut.net.ipv4.tcp, *PEERS, data))


def check(dut: Dut, cookie: int, *peers: int) -> int:
    return int(dut.inside(check_tcp_syn_cookie, dut.net.ipv4.tcp, cookie, *(peers or PEERS)))


@pytest.mark.parametrize("data", range(8))
def test_data_comes_back(dut: Dut, data: int) -> None:
    assert check(dut, make(dut, data)) == data


def test_good_for_four_minutes(dut: Dut) -> None:
    cookie = make(dut, 3)
    dut.pass_time(239)
    assert check(dut, cookie) == 3
    dut.pass_time(2)
    assert check(dut, cookie) == -1


def test_of_another_connection_it_is_worthless(dut: Dut) -> None:
    cookie = make(dut, 3)
    good = sum(
        0 <= check(dut, cookie, *PEERS[:2], port << 16 | 80, 12345) < 8 for port in range(500)
    )
    assert good < 3


def test_another_host_has_another_secret(dut: Dut) -> None:
    assert make(dut, 3) != make(Dut(seed=2), 3)


@pytest.mark.parametrize(
    ("wscale", "sack", "ecn"),
    [(7, True, False), (0, False, True), (14, True, True), (None, False, False)],
)
def test_options_ride_in_the_timestamp(dut: Dut, wscale: int | None, sack: bool, ecn: bool) -> None:
    dut.pass_time(10)
    req = TcpRequestSock(RequestSockOps(2))
    req.wscale_ok = wscale is not None
    req.snd_wscale = wscale or 0
    req.sack_ok, req.ecn_ok = sack, ecn
    stamp = dut.inside(cookie_init_timestamp, req)
    assert 10_000 - 128 < stamp <= 10_000
    opt = TcpOptionsReceived()
    opt.saw_tstamp = True
    opt.rcv_tsecr = stamp
    assert cookie_check_timestamp(dut.net.ipv4.tcp, opt)
    assert opt.wscale_ok == (wscale is not None)
    assert opt.sack_ok == int(sack)
    assert opt.dsack == ecn
    if wscale is not None:
        assert opt.snd_wscale == wscale


def test_options_that_are_switched_off_were_not_offered(dut: Dut) -> None:
    opt = TcpOptionsReceived()
    opt.saw_tstamp = True
    opt.rcv_tsecr = 1 << 4 | 15
    dut.sysctl("sack", 0)
    assert not cookie_check_timestamp(dut.net.ipv4.tcp, opt)
