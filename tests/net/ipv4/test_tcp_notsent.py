"""TCP_NOTSENT_LOWAT and its sysctl."""

from __future__ import annotations

import errno

import pytest

from softnet.net.core.stream import sk_stream_memory_free
from softnet.net.ipv4.tcp import tcp_poll
from softnet.net.ipv4.tcp_notsent import tcp_stream_memory_free
from softnet.syscalls import sys_sendto
from softnet.uapi.poll import POLLOUT
from softnet.uapi.tcp import TCP_NOTSENT_LOWAT
from tests.kit.tcp_peer import Dut, dut

__all__ = ["dut"]

TCP = 6


def test_3_2_does_not_know_the_option(dut: Dut) -> None:
    fd = dut.socket()
    for call in (
        lambda: dut.setopt(fd, TCP, TCP_NOTSENT_LOWAT, 1),
        lambda: dut.getopt(fd, TCP, TCP_NOTSENT_LOWAT),
    ):
        with pytest.raises(OSError, match="not available") as e:
            call()
        assert e.value.errno == errno.ENOPROTOOPT


def test_any_int_is_taken_and_read_back() -> None:
    later = Dut(era="3.12")
    fd = later.socket()
    for value in (1, 0, -1, 1 << 30):
        later.setopt(fd, TCP, TCP_NOTSENT_LOWAT, value)
        assert later.getopt(fd, TCP, TCP_NOTSENT_LOWAT) == value
    later.close()


def test_what_waits_counts_not_what_is_in_flight(dut: Dut) -> None:
    conn, _ = dut.accepted(win=3000, mss=1000)
    dut.write(conn, bytes(3000))
    tp = dut.sock(conn)
    tp.notsent_lowat = 1
    assert tcp_stream_memory_free(tp)  # all of it is in flight
    assert tcp_poll(tp) & POLLOUT
    dut.write(conn, bytes(1000))  # the window is shut
    assert not tcp_stream_memory_free(tp)
    assert not sk_stream_memory_free(tp)
    assert not tcp_poll(tp) & POLLOUT
    tp.notsent_lowat = 1001
    assert tcp_poll(tp) & POLLOUT


def test_the_sockets_own_limit_goes_before_the_namespaces(dut: Dut) -> None:
    conn, _ = dut.accepted(win=0)
    tp = dut.sock(conn)
    dut.write(conn, bytes(500))
    assert dut.read_sysctl("notsent_lowat").strip() == "-1"
    dut.sysctl("notsent_lowat", 500)
    assert not tcp_stream_memory_free(tp)
    tp.notsent_lowat = 501
    assert tcp_stream_memory_free(tp)


def test_setting_it_wakes_who_waits_for_room() -> None:
    later = Dut(era="3.12")
    conn, peer = later.accepted(win=1000, mss=1000)
    later.setopt(conn, TCP, TCP_NOTSENT_LOWAT, 1)
    later.write(conn, bytes(1500))  # two segments of half a window, and one that waits
    peer.expect(seq=1)
    writer = later.start(sys_sendto, conn, bytes(1000), 0, None)
    later.pass_time(0)
    assert not writer.finished()
    later.setopt(conn, TCP, TCP_NOTSENT_LOWAT, 5000)
    later.pass_time(0)
    assert writer.finished()
    later.close()
