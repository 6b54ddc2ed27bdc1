"""Every field of every header view: where it lies, what range it takes, what it leaves alone."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softnet.wire.arp import arp_view
from softnet.wire.ethernet import eth_view
from softnet.wire.icmp import icmp_view
from softnet.wire.igmp import grec_view, igmp_view
from softnet.wire.ip import ip_view
from softnet.wire.tcp import tcp_view
from softnet.wire.udp import udp_view
from softnet.wire.vlan import vlan_view


class Field(NamedTuple):
    """A field, where the RFC puts it: offset and size in bytes."""

    view: Any
    name: str
    at: int
    size: int


def fields(view: Any, *table: tuple[str, int, int]) -> list[Field]:
    return [Field(view, *row) for row in table]


# Those that are a whole number of bytes and have a set_*().
FIELDS = [
    *fields(eth_view, ("h_dest", 0, 6), ("h_source", 6, 6), ("h_proto", 12, 2)),
    *fields(vlan_view, ("h_vlan_tci", 0, 2), ("h_vlan_encapsulated_proto", 2, 2)),
    *fields(arp_view, ("ar_hrd", 0, 2), ("ar_pro", 2, 2), ("ar_hln", 4, 1), ("ar_pln", 5, 1)),
    *fields(arp_view, ("ar_op", 6, 2), ("ar_sha", 8, 6), ("ar_sip", 14, 4)),
    *fields(arp_view, ("ar_tha", 18, 6), ("ar_tip", 24, 4)),
    *fields(ip_view, ("tos", 1, 1), ("tot_len", 2, 2), ("id", 4, 2), ("frag_off", 6, 2)),
    *fields(ip_view, ("ttl", 8, 1), ("protocol", 9, 1), ("check", 10, 2)),
    *fields(ip_view, ("saddr", 12, 4), ("daddr", 16, 4)),
    *fields(icmp_view, ("type", 0, 1), ("code", 1, 1), ("checksum", 2, 2), ("un", 4, 4)),
    *fields(icmp_view, ("id", 4, 2), ("sequence", 6, 2)),
    *fields(igmp_view, ("type", 0, 1), ("code", 1, 1), ("csum", 2, 2), ("group", 4, 4)),
    *fields(igmp_view, ("ngrec", 6, 2)),
    *fields(grec_view, ("grec_type", 0, 1), ("grec_auxwords", 1, 1), ("grec_nsrcs", 2, 2)),
    *fields(grec_view, ("grec_mca", 4, 4)),
    *fields(udp_view, ("source", 0, 2), ("dest", 2, 2), ("len", 4, 2), ("check", 6, 2)),
    *fields(tcp_view, ("source", 0, 2), ("dest", 2, 2), ("seq", 4, 4), ("ack_seq", 8, 4)),
    *fields(tcp_view, ("flags", 13, 1), ("window", 14, 2), ("check", 16, 2), ("urg_ptr", 18, 2)),
]
IDS = [f"{f.view.__name__[:-5]}.{f.name}" for f in FIELDS]
HEADER = st.binary(min_size=64, max_size=64)
OFFSET = st.integers(0, 32)


@pytest.mark.parametrize("field", FIELDS, ids=IDS)
@settings(max_examples=20)
@given(data=HEADER, off=OFFSET, value=st.binary(min_size=6, max_size=6))
def test_a_field_is_read_and_written_in_its_place(
    field: Field, data: bytes, off: int, value: bytes
) -> None:
    buf = bytearray(data)
    view = field.view(buf, off)
    start, end = off + field.at, off + field.at + field.size
    want: Any = data[start:end]
    new: Any = value[: field.size]
    if field.size != 6:
        want, new = int.from_bytes(want, "big"), int.from_bytes(new, "big")
    assert getattr(view, field.name)() == want
    getattr(view, f"set_{field.name}")(new)
    assert buf == data[:start] + value[: field.size] + data[end:]
    assert getattr(view, field.name)() == new


@pytest.mark.parametrize("field", FIELDS, ids=IDS)
def test_what_does_not_fit_a_field_is_a_bug_of_ours(field: Field) -> None:
    buf = bytearray(64)
    setter = getattr(field.view(buf, 0), f"set_{field.name}")
    wrong: list[Any] = [-1, 1 << 8 * field.size]
    if field.size == 6:
        wrong = [b"12345", b"1234567"]
    for value in wrong:
        with pytest.raises(AssertionError):
            setter(value)
    assert buf == bytes(64)


def test_views_show_where_they_are() -> None:
    buf = bytearray(64)
    iph = ip_view(buf, 14)
    assert iph.buf is buf
    assert iph.off == 14


@given(data=HEADER, off=OFFSET)
def test_the_parts_of_an_ip_header_that_share_bytes(data: bytes, off: int) -> None:
    iph = ip_view(bytearray(data), off)
    assert iph.version() == data[off] >> 4
    assert iph.ihl() == data[off] & 15
    assert iph.hdrlen() == 4 * iph.ihl()
    fragment = int.from_bytes(data[off + 6 : off + 8], "big")
    assert iph.offset() == fragment % 0x2000 * 8
    assert iph.is_fragment() is (fragment & 0x3FFF != 0)


@pytest.mark.parametrize("n", [20, 24, 60])
def test_ip_header_lengths(n: int) -> None:
    buf = bytearray(60)
    ip_view(buf, 0).set_hdrlen(n)
    assert buf[0] == 0x40 + n // 4


@pytest.mark.parametrize("n", [16, 18, 22, 64])
def test_impossible_header_lengths(n: int) -> None:
    with pytest.raises(AssertionError):
        ip_view(bytearray(60), 0).set_hdrlen(n)
    with pytest.raises(AssertionError):
        tcp_view(bytearray(60), 0).set_doff_flags(n, 0)


@given(data=HEADER, off=OFFSET)
def test_the_parts_of_a_tcp_header_that_share_bytes(data: bytes, off: int) -> None:
    th = tcp_view(bytearray(data), off)
    assert th.doff() == data[off + 12] >> 4
    assert th.hdrlen() == 4 * th.doff()
    assert th.flag_word() == int.from_bytes(data[off + 12 : off + 16], "big")
    bits = [th.fin(), th.syn(), th.rst(), th.psh(), th.ack(), th.urg(), th.ece(), th.cwr()]
    assert sum(bit << i for i, bit in enumerate(bits)) == th.flags() == data[off + 13]


@given(n=st.integers(5, 15), flags=st.integers(0, 255))
def test_doff_and_flags_are_set_together(n: int, flags: int) -> None:
    buf = bytearray(b"\xff" * 60)
    th = tcp_view(buf, 0)
    th.set_doff_flags(4 * n, flags)
    assert th.hdrlen() == 4 * n
    assert th.flags() == flags
    assert buf == b"\xff" * 12 + bytes((n << 4, flags)) + b"\xff" * 46


@given(data=HEADER)
def test_the_parts_of_a_vlan_tag(data: bytes) -> None:
    vh = vlan_view(bytearray(data), 0)
    tci = int.from_bytes(data[:2], "big")
    assert (vh.vid(), vh.priority()) == (tci % 4096, tci // 8192)


@given(data=HEADER)
def test_the_readings_of_an_icmp_word(data: bytes) -> None:
    icmph = icmp_view(bytearray(data), 0)
    assert icmph.gateway() == icmph.un() == int.from_bytes(data[4:8], "big")
    assert icmph.mtu() == icmph.sequence() == int.from_bytes(data[6:8], "big")
    assert icmph.pointer() == data[4]


@given(data=HEADER)
def test_what_igmp_version_3_adds(data: bytes) -> None:
    ih, grec = igmp_view(bytearray(data), 0), grec_view(bytearray(data), 0)
    assert ih.suppress() is (data[8] & 8 != 0)
    assert (ih.qrv(), ih.qqic(), ih.nsrcs()) == (data[8] & 7, data[9], data[10] << 8 | data[11])
    assert ih.src(1) == int.from_bytes(data[16:20], "big")
    assert grec.grec_src(2) == int.from_bytes(data[16:20], "big")
    assert grec.len() == 8 + 4 * (data[2] << 8 | data[3]) + 4 * data[1]
    buf = bytearray(64)
    grec_view(buf, 0).set_grec_src(3, 0xE0000016)
    assert buf == bytes(20) + b"\xe0\0\0\x16" + bytes(40)


@pytest.mark.parametrize(
    ("dest", "multicast", "broadcast"),
    [
        ("ffffffffffff", True, True),
        ("01005e000001", True, False),
        ("fffffffffffe", True, False),
        ("feffffffffff", False, False),
        ("525400000001", False, False),
    ],
)
def test_whom_a_frame_is_for(dest: str, multicast: bool, broadcast: bool) -> None:
    addr = bytes.fromhex(dest)
    eth = eth_view(bytearray(b"xx" + addr + bytes(8)), 2)
    assert eth.dest_is_multicast() is multicast
    assert eth.dest_is_broadcast() is broadcast
    assert eth.dest_is(addr)
    assert not eth.dest_is(bytes(6))
