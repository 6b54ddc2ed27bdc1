"""The judge finds what is wrong, says where and when, and costs nothing when it is off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet
from softnet.lab.check import CheckFailed, check_device, frame_error, settled
from softnet.lab.check_tcp import TcpWatch, check_tcp, connections
from softnet.structs.tcp import TcpSock
from softnet.wire.build import build_ethernet, build_ipv4, build_tcp
from tests.kit.programs_net import fetch, web


@pytest.fixture
def lab() -> Iterator[softnet.Lab]:
    with softnet.Lab(seed=3, check=True) as lab:
        a, b = lab.hosts("a", "b")
        lab.link(a, b, rate="10mbit", delay="5ms", loss="2%")
        yield lab


def halfway(lab: softnet.Lab) -> TcpSock:
    """A connection in the middle of a transfer."""
    lab.node("b").start(web)
    lab.node("a").start(fetch, "b", 1_000_000)
    lab.run_for("200ms")
    (sk,) = connections(lab.node("b").host.net.ipv4.tcp_hashinfo)
    return sk


def test_a_sound_run_passes(lab: softnet.Lab) -> None:
    lab.node("b").start(web)
    assert lab.node("a").call(fetch, "b", 50_000) == 50_000
    assert lab.checker is not None
    assert lab.checker.events > 200
    assert lab.checker.frames > 50
    lab.run_for("200s")
    settled(lab.node("a").host.net)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("packets_out", 77, "packets_out is 77"),
        ("snd_cwnd", 0, "congestion window"),
        ("retrans_out", 3, "retrans_out is 3"),
        ("icsk_rto", 199, "RTO 199 ms"),
        ("sk_wmem_queued", 1, "wmem_queued 1"),
        ("icsk_pending", 0, "no timer"),
        ("icsk_pending", 6, "without RACK"),
        ("max_window", 10, "never over 10"),
    ],
)
def test_what_does_not_add_up_is_found(lab: softnet.Lab, field: str, value: int, says: str) -> None:
    sk = halfway(lab)
    good = getattr(sk, field)
    setattr(sk, field, value)
    try:
        with pytest.raises(CheckFailed, match=rf"^b at 0\.2\d* s: .*{says}"):
            lab.run_for("100ms")
    finally:
        setattr(sk, field, good)


def test_a_connection_that_the_table_has_not_counted_is_found_at_once(lab: softnet.Lab) -> None:
    sk = halfway(lab)
    hinfo = sk.sk_net.ipv4.tcp_hashinfo
    watch = TcpWatch()
    check_tcp(sk.sk_net, watch)
    empty = hinfo.ehash.index(None)
    hinfo.ehash[empty] = sk
    try:
        with pytest.raises(AssertionError, match="2 connections in a table of 1"):
            check_tcp(sk.sk_net, watch)
    finally:
        hinfo.ehash[empty] = None
    check_tcp(sk.sk_net, watch)


def test_sequence_numbers_never_go_back(lab: softnet.Lab) -> None:
    sk = halfway(lab)
    good = sk.rcv_wup
    sk.rcv_wup = (good - 1) & 0xFFFFFFFF
    try:
        with pytest.raises(CheckFailed, match="rcv_wup went back"):
            lab.run_for("100ms")
    finally:
        sk.rcv_wup = good


def test_an_event_has_its_own_host_looked_at_and_all_once_in_a_while(lab: softnet.Lab) -> None:
    """Whatever happens on a, what is wrong on b is found, if later."""
    sk = halfway(lab)
    checker = lab.checker
    assert checker is not None
    a, b = (lab.node(name).host.machine.host_id for name in "ab")
    checker.events = 0
    try:
        sk.retrans_out = 3
        for _ in range(63):
            checker.after_event(a)
        with pytest.raises(CheckFailed, match=r"^b at .*retrans_out is 3"):
            checker.after_event(a)
        sk.retrans_out = 4
        with pytest.raises(CheckFailed, match=r"^b at .*retrans_out is 4"):
            checker.after_event(b)
        sk.retrans_out = 5
        with pytest.raises(CheckFailed, match=r"^b at .*retrans_out is 5"):
            checker.after_event(0)  # the lab's
    finally:
        sk.retrans_out = 0


def test_a_host_that_booted_again_is_judged_again(lab: softnet.Lab) -> None:
    b = lab.node("b")
    before = halfway(lab)
    b.crash()
    before.retrans_out = 3  # nobody's any more
    lab.run_for("10ms")
    b.restart()
    lab.node("a").start(fetch, "b", 1_000_000)
    lab.run_for("1500ms")
    (sk,) = [s for s in connections(b.host.net.ipv4.tcp_hashinfo) if s.sk_state == 1]
    sk.retrans_out = 3
    try:
        with pytest.raises(CheckFailed, match=r"^b at .*retrans_out is 3"):
            lab.run_for("100ms")
    finally:
        sk.retrans_out = 0


def test_a_lost_packet_of_a_qdisc_is_found(lab: softnet.Lab) -> None:
    lab.run_for("100ms")  # the carrier comes up
    dev = lab.node("a").host.device("eth0")
    qdisc = dev.tx[0].qdisc
    assert qdisc is not None
    qdisc.backlog = 60
    with pytest.raises(AssertionError, match="eth0: backlog 60, the bands have 0"):
        check_device(dev)
    qdisc.backlog = 0
    check_device(dev)


def test_a_deaf_card_is_found(lab: softnet.Lab) -> None:
    """Neither scheduled nor armed: no packet would ever be received."""
    dev = lab.node("a").host.device("eth0")
    napi = dev.napi_list
    assert napi is not None
    napi.state |= 1
    with pytest.raises(AssertionError, match="scheduled, and the interrupt is armed"):
        check_device(dev)
    napi.state &= ~1


def test_frames_with_wrong_sums_are_found() -> None:
    segment = build_tcp(1, 2, 10, 20, flags=0x10, payload=b"hello")
    frame = bytearray(build_ethernet(b"\1" * 6, b"\2" * 6, 0x0800, build_ipv4(1, 2, 6, segment)))
    assert frame_error(frame) == ""
    frame[-1] ^= 1
    assert frame_error(frame) == "checksum of the segment"
    frame[-1] ^= 1
    frame[22] ^= 1
    assert frame_error(frame) == "checksum of the IP header"
    assert frame_error(frame[:50]) == "lengths of the IP header"


def test_what_is_left_behind_is_named(lab: softnet.Lab) -> None:
    sk = halfway(lab)
    assert sk.sk_state == 1
    with pytest.raises(AssertionError, match="'connections': 1"):
        settled(lab.node("b").host.net)


def test_without_check_nobody_looks() -> None:
    with softnet.Lab() as lab:
        assert lab.checker is None
        assert lab.world.taps == []
        check_tcp(lab.host("a").host.net)
