"""Options of TCP headers, read and written: by bytes on the wire."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.tcp_options import tcp_parse_options, tcp_store_ts_recent
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpOptionsReceived
from softnet.uapi.tcp import TCP_MAXSEG
from softnet.wire.build import build_tcp
from softnet.wire.tcp_options import Mss, Nop, Sack, SackPerm, Timestamps, WScale
from tests.kit.skbs import make_skb
from tests.kit.tcp_peer import SOL_TCP, Dut

SYN, ACK = 2, 16


def skb_of(options: bytes, flags: int = SYN) -> SkBuff:
    """A TCP header with these option bytes."""
    header = bytearray(build_tcp(1, 2, 3, 4, flags=flags))
    header[12] = (20 + len(options)) // 4 << 4
    skb = make_skb(bytes(header) + options)
    skb.transport_header = skb.data
    skb.tcp_flags = flags
    return skb


def parse(dut: Dut, options: bytes, flags: int = SYN, estab: bool = False) -> TcpOptionsReceived:
    opt = TcpOptionsReceived()
    opt.sack_ok = 1 if estab else 0
    opt.tstamp_ok = estab
    tcp_parse_options(skb_of(options, flags), opt, estab, dut.net.ipv4.tcp)
    return opt


def test_all_of_a_syn(dut: Dut) -> None:
    options = bytes.fromhex("020405b4 0402 080a 00000007 00000000 01 030309")
    opt = parse(dut, options)
    assert opt.mss_clamp == 1460
    assert opt.sack_ok == 1
    assert opt.saw_tstamp
    assert opt.rcv_tsval == 7
    assert opt.wscale_ok
    assert opt.snd_wscale == 9


def test_scale_is_at_most_14(dut: Dut) -> None:
    assert parse(dut, bytes.fromhex("03030f01")).snd_wscale == 14


def test_mss_of_zero_is_ignored(dut: Dut) -> None:
    assert parse(dut, bytes.fromhex("02040000")).mss_clamp == 0


@pytest.mark.parametrize(
    "options",
    [
        "02000000",  # length 0
        "02010000",  # length 1
        "02080000",  # runs over
        "01010102",  # a kind without length
        "02030500",  # the wrong length
        "00020405b4000000",  # after the end
    ],
)
def test_malformed_options_say_nothing(dut: Dut, options: str) -> None:
    assert parse(dut, bytes.fromhex(options)).mss_clamp == 0


def test_what_came_before_a_malformed_option_holds(dut: Dut) -> None:
    opt = parse(dut, bytes.fromhex("020405b4 08000000"))
    assert opt.mss_clamp == 1460
    assert not opt.saw_tstamp


def test_switched_off_by_sysctl(dut: Dut) -> None:
    for name in ("sack", "timestamps", "window_scaling"):
        dut.sysctl(name, 0)
    opt = parse(dut, bytes.fromhex("0402 080a 00000007 00000000 01 030309"))
    assert (opt.sack_ok, opt.saw_tstamp, opt.wscale_ok) == (0, False, False)


def test_syn_options_in_a_connection_are_ignored(dut: Dut) -> None:
    assert parse(dut, bytes.fromhex("020405b4 03030901"), ACK, True).mss_clamp == 0


def test_sack_option_is_remembered_by_its_place(dut: Dut) -> None:
    skb = skb_of(bytes.fromhex("0101 050a 00000001 00000002"), ACK)
    opt = TcpOptionsReceived()
    opt.sack_ok = 1
    tcp_parse_options(skb, opt, True, dut.net.ipv4.tcp)
    assert skb.sacked == 22


@pytest.mark.parametrize("options", ["05020101", "0509000000000000 00010101"])
def test_sack_of_a_wrong_length_is_none(dut: Dut, options: str) -> None:
    skb = skb_of(bytes.fromhex(options), ACK)
    opt = TcpOptionsReceived()
    opt.sack_ok = 1
    tcp_parse_options(skb, opt, True, dut.net.ipv4.tcp)
    assert skb.sacked == 0


def test_our_syn_in_linux_s_order(dut: Dut) -> None:
    dut.connect(dut.socket())
    peer = dut.peer(80, sport=80)
    seg = peer.expect("S")
    kinds = [type(o) for o in seg.options]
    assert kinds == [Mss, SackPerm, Timestamps, Nop, WScale]
    assert seg.find(Mss).size == 1460


def test_our_syn_without_timestamps(dut: Dut) -> None:
    dut.sysctl("timestamps", 0)
    dut.connect(dut.socket())
    seg = dut.peer(80, sport=80).expect("S")
    assert [type(o) for o in seg.options] == [Mss, Nop, Nop, SackPerm, Nop, WScale]


def test_syn_ack_answers_only_what_was_offered(dut: Dut) -> None:
    dut.listen()
    peer = dut.peer()
    peer.send("S", 0, mss=1460)
    assert [type(o) for o in peer.expect("S.").options] == [Mss]
    other = dut.peer(sport=40001)
    other.send("S", 0, mss=1460, sack=True)
    assert [type(o) for o in other.expect("S.").options] == [Mss, Nop, Nop, SackPerm]


def test_maxseg_bounds_our_mss(dut: Dut) -> None:
    fd = dut.socket()
    dut.setopt(fd, SOL_TCP, TCP_MAXSEG, 1000)
    dut.connect(fd)
    assert dut.peer(80, sport=80).expect("S").find(Mss).size == 1000


def test_three_sack_blocks_beside_a_timestamp(dut: Dut) -> None:
    _, peer = dut.accepted(ts=(1, 0), sack=True)
    for i in range(5):
        peer.send(".", 1001 + 200 * i, ack=1, data=bytes(100), ts=(2, peer.tsval))
    seg = peer.take()[-1]
    assert [type(o) for o in seg.options] == [Nop, Nop, Timestamps, Nop, Nop, Sack]
    assert len(seg.sacks) == 3


def test_four_sack_blocks_alone(dut: Dut) -> None:
    _, peer = dut.accepted(sack=True)
    for i in range(6):
        peer.send(".", 1001 + 200 * i, ack=1, data=bytes(100))
    assert len(peer.take()[-1].sacks) == 4


def test_timestamp_is_stored_with_its_second() -> None:
    opt = TcpOptionsReceived()
    opt.rcv_tsval = 77
    tcp_store_ts_recent(opt, 5)
    assert (opt.ts_recent, opt.ts_recent_stamp) == (77, 5)
