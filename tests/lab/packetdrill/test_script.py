"""Scripts, read: what each line means, and what a wrong one is answered with."""

from __future__ import annotations

import pytest

from softnet.lab.packetdrill.nodes import (
    ABSOLUTE,
    ANY,
    ANY_TIME,
    NULL,
    RANGE,
    RELATIVE,
    RELATIVE_RANGE,
    Call,
    Code,
    Command,
    IcmpSpec,
    PacketSpec,
    Script,
    ScriptError,
    Struct,
    TcpSpec,
    Text,
    UdpSpec,
    When,
)
from softnet.lab.packetdrill.script import parse_script
from softnet.uapi.tcp import TCPHDR_ACK, TCPHDR_CWR, TCPHDR_ECE, TCPHDR_SYN, TCPHDR_URG
from softnet.wire.options import NOP, RawOption
from softnet.wire.tcp_options import Mss, Sack, SackPerm, Timestamps, WScale


def parse(text: str, **defines: str) -> Script:
    return parse_script("x.pkt", text, defines)


def action(text: str, **defines: str):
    return parse(f"0 {text}", **defines).events[0].action


def call(text: str, **defines: str) -> Call:
    got = action(text, **defines)
    assert isinstance(got, Call)
    return got


def packet(text: str) -> PacketSpec:
    got = action(text)
    assert isinstance(got, PacketSpec)
    return got


def segment(text: str) -> TcpSpec:
    body = packet(text).body
    assert isinstance(body, TcpSpec)
    return body


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("0", When(ABSOLUTE, 0, 0)),
        ("+0", When(RELATIVE, 0, 0)),
        ("+.25", When(RELATIVE, 250_000, 250_000)),
        ("1.0000015", When(ABSOLUTE, 1_000_001, 1_000_001)),
        ("*", When(ANY_TIME)),
        ("0~0.5", When(RANGE, 0, 500_000)),
        ("+.1~+.2", When(RELATIVE_RANGE, 100_000, 200_000)),
    ],
)
def test_times(text: str, when: When) -> None:
    script = parse(f"0 close(3) = 0\n{text} > . 1:1(0) ack 1")
    assert script.events[1].when == when
    assert script.events[1].line == 2


def test_blocking_call_has_an_end() -> None:
    got = parse("0...0.2 accept(3, ..., ...) = 4").events[0].action
    assert isinstance(got, Call)
    assert (got.name, got.args, got.end, got.result) == ("accept", [3, ANY, ANY], 200_000, 4)


def test_options_commands_code_and_comments() -> None:
    script = parse(
        "--tolerance_usecs=100 --strict_segments\n-D X=SOL_TCP // why\n"
        "/* more\nwords */ `sysctl -q a=1`\n0 %{ assert 1 }%\n+0 `true`\n+1 close(3) = 0\n`cleanup`\n"
    )
    assert [o[1:] for o in script.options] == [
        ("tolerance_usecs", "100"),
        ("strict_segments", ""),
        ("define", "X=SOL_TCP"),
    ]
    assert script.init is not None
    assert script.cleanup is not None
    assert script.init.action == Command("sysctl -q a=1")
    assert [type(e.action) for e in script.events] == [Code, Command, Call]
    assert [e.line for e in script.events] == [5, 6, 7]


def test_arguments() -> None:
    got = call('f(SOL_SOCKET, O_RDWR|O_NONBLOCK, [1, 0x10], "a\\x41" "b", NULL, -1, "x"...) = 0')
    assert got.args == [1, 0x802, [1, 16], Text("aAb"), NULL, -1, Text("x", cut=True)]


def test_structs() -> None:
    sockaddr = call(
        'f({sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr("1.2.3.4")}) = 0'
    )
    fields = {"sa_family": 2, "sin_port": 80, "sin_addr": 0x01020304}
    assert sockaddr.args == [Struct("sockaddr", fields)]
    assert call("f({onoff=1, linger=0}) = 0").args == [Struct("linger", {"onoff": 1, "linger": 0})]
    assert call("f({events=EPOLLIN, ptr=7}) = 0").args == [
        Struct("epoll_event", {"events": 1, "ptr": 7})
    ]
    assert call("f([{fd=3, events=POLLIN, revents=0}]) = 0").args == [
        [Struct("pollfd", {"fd": 3, "events": 1, "revents": 0})]
    ]
    msg = call(
        "f({msg_name(...)=..., msg_iov(1)=[{..., 9}], msg_flags=MSG_TRUNC, "
        "msg_control=[{cmsg_level=SOL_IP, cmsg_type=IP_TTL, cmsg_data=64}]}) = 0"
    ).args[0]
    assert isinstance(msg, Struct)
    assert msg.fields["msg_iov"] == [Struct("iovec", {"iov_base": ANY, "iov_len": 9})]
    assert msg.fields["msg_iov_len"] == 1


def test_results() -> None:
    got = call("connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)")
    assert (got.result, got.error, got.note) == (-1, "EINPROGRESS", "Operation now in progress")
    got = call("fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)")
    assert (got.result, got.error, got.note) == (2, "", "flags O_RDWR")
    assert call("f() = ...").result is ANY


def test_defined_names() -> None:
    assert call("f(CC) = 0", CC='"reno"').args == [Text("reno")]
    assert call("f(LEVEL) = 0", LEVEL="SOL_TCP").args == [6]
    assert action("CMD", CMD="`true`") == Command("true")


def test_segment() -> None:
    got = segment("< SEW. 0:0(0) ack 1 win 5792 <mss 1460,sackOK,TS val 700 ecr 100,nop,wscale 7>")
    assert got.flags == TCPHDR_SYN | TCPHDR_ECE | TCPHDR_CWR | TCPHDR_ACK
    assert (got.seq, got.length, got.ack, got.window) == (0, 0, 1, 5792)
    assert got.options == [Mss(1460), SackPerm(), Timestamps(700, 100), NOP, WScale(7)]


def test_segment_without_this_and_that() -> None:
    got = segment("> - 1:1001(1000)")
    assert (got.flags, got.ack, got.window, got.options) == (0, 0, None, [])
    assert segment("> . 1:1(0) ack 1 <...>").options is None
    assert segment("< 40000 > 80 . 1:1(0) ack 1").sport == 40000
    urgent = segment("< U. 1:2(1) ack 1 win 9 urg 1")
    assert (urgent.flags, urgent.urg) == (TCPHDR_URG | TCPHDR_ACK, 1)
    sack = segment("< . 1:1(0) ack 1 win 9 <nop,nop,sack 2:3 5:6>").options
    assert sack == [NOP, NOP, Sack(((2, 3), (5, 6)))]
    md5 = segment("< . 1:1(0) ack 1 win 9 <md5 000102030405060708090a0b0c0d0e0f,nop,nop>").options
    assert md5 == [RawOption(19, bytes(range(16))), NOP, NOP]
    assert segment("< S 0:0(0) win 9 <FO aabb,eol,eol,eol,eol>").options is not None


def test_ip_info() -> None:
    assert packet("< [ect0] . 1:1(0) ack 1 win 9").info.ecn == 2
    assert packet("> (tos 0x10) . 1:1(0) ack 1").info.tos == 16
    assert packet("> [ttl 64] . 1:1(0) ack 1").info.ttl == 64
    assert packet("> [ect01] . 1:1(0) ack 1").info.ect01
    assert packet("> [flowlabel 0x1] . 1:1(0) ack 1").info.flowlabel == 1


def test_other_packets() -> None:
    assert packet("< udp (1000)").body == UdpSpec(1000)
    assert packet("> udp 80 > 90 (1)").body == UdpSpec(1, 80, 90)
    wanted = IcmpSpec(3, 4, mtu=1200, seq=1, length=1460)
    assert packet("< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]").body == wanted
    assert packet("< [1:1461(1460)] icmp unreachable frag_needed mtu 1200").body == wanted
    assert packet("< icmp unreachable port_unreachable [udp (8)]").body == IcmpSpec(
        3, 3, echoed="udp", length=8
    )
    assert packet("< icmp type_11 code_1").body == IcmpSpec(11, 1)
    assert packet("< icmp echo_request id 7").body == IcmpSpec(8, 0, id=7)


def test_envelopes() -> None:
    got = packet(
        "> ipv4 [tos 0x4] 1.1.1.1 > 2.2.2.2: gre flags [key present], sum 0, off 0, key = 0x1, "
        "seq 0: ipv6 fd00::1 > ::2: mpls (label 3, tc 0, [S], ttl 64): . 1:1(0) ack 1"
    )
    assert [layer.kind for layer in got.outer] == ["ipv4", "gre", "ipv6", "mpls"]
    assert (got.outer[2].src, got.outer[2].dst) == ("fd00::1", "::2")
    assert got.outer[1].gre["flags"] == 0x2000
    assert got.outer[3].labels == [(3, 0, True, 64)]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "at least one event"),
        ("1 close(3) = 0", 1, "should be at time 0"),
        ("0 close(3) = 0\n1 close(3) = 0\n0.5 close(3) = 0", 3, "time goes back"),
        ("0 close(3) = 0\n\n* close(3) = 0", 3, "is for packets that are expected"),
        ("0 close(3) = 0\n+0~+1 < . 1:1(0) ack 1 win 1", 2, "range of time"),
        ("0 setsockopt(3, SOL_SOCKET, SO_REUSADDR, [1], 4) = 0", 1, "did you mean SO_REUSEADDR"),
        ("0 < . 1:3(1) ack 1 win 1", 1, "1 + 1 is 2"),
        ("0 < . 1:1(0) ack 1 win 65536", 1, "out of range"),
        ("0 < . 1:1(0) ack 1 win 1 <mss 1460,sackOK>", 1, "multiple of four"),
        ("0 < . 1:1(0) ack 1 win 1 <mess 1460>", 1, "no TCP option"),
        ("0 < . 1:1(0) ack 1 win 1 <...>", 1, "for packets that are expected"),
        ("0 < X. 1:1(0) ack 1 win 1", 1, "no TCP flag"),
        ("0 < icmp unreachable frag_nedded", 1, "no code"),
        ("0 close(3", 1, "expected"),
        ("0 close(3) = 0\n`a`\n+0 close(3) = 0", 3, "last thing"),
        ("0 f({bogus=1}) = 0", 1, "no struct"),
        ("0 %{ assert 1", 1, "}%"),
        ("0...0.1 f() = 0\n+.5~+.2 > . 1:1(0) ack 1", 2, "ends before it begins"),
    ],
)
def test_errors_say_where_and_what(text: str, line: int, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        parse(text)
    assert caught.value.line == line
    assert message in caught.value.message
