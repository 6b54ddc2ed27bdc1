"""Options as values and as bytes, of both headers."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softnet.wire import ip_options, tcp_options
from softnet.wire.options import EOL, NOP, Eol, RawOption

U8, U16, U32 = (st.integers(0, (1 << bits) - 1) for bits in (8, 16, 32))
WORDS = st.lists(U32, max_size=9).map(tuple)

TCP_OPTION = st.one_of(
    st.just(NOP),
    st.just(tcp_options.SackPerm()),
    st.builds(tcp_options.Mss, U16),
    st.builds(tcp_options.WScale, U8),
    st.builds(tcp_options.Timestamps, U32, U32),
    st.builds(tcp_options.Sack, st.lists(st.tuples(U32, U32), min_size=1, max_size=4).map(tuple)),
    st.builds(tcp_options.Md5Sig, st.binary(min_size=16, max_size=16)),
    st.builds(RawOption, st.integers(200, 255), st.binary(max_size=30)),
)
STAMPS = st.one_of(
    st.builds(
        ip_options.Timestamp,
        U8,
        st.integers(0, 15),
        st.just(0),
        st.lists(st.tuples(st.none(), U32), max_size=8).map(tuple),
    ),
    st.builds(
        ip_options.Timestamp,
        U8,
        st.integers(0, 15),
        st.sampled_from([1, 3]),
        st.lists(st.tuples(U32, U32), max_size=4).map(tuple),
    ),
)
IP_OPTION = st.one_of(
    st.just(NOP),
    st.builds(ip_options.RecordRoute, U8, WORDS),
    st.builds(ip_options.SourceRoute, st.booleans(), U8, WORDS),
    STAMPS,
    st.builds(ip_options.RouterAlert, U16),
    st.builds(ip_options.Security, st.binary(max_size=20)),
    st.builds(RawOption, st.integers(200, 255), st.binary(max_size=30)),
)
KINDS = [(ip_options, IP_OPTION), (tcp_options, TCP_OPTION)]
IDS = ["ip", "tcp"]


def end_of_list(data: bytes) -> list[Any]:
    """What build_options() adds to these bytes, as options."""
    missing = -len(data) % 4
    return [Eol(bytes(missing - 1))] if missing else []


@pytest.mark.parametrize("module", [ip_options, tcp_options], ids=IDS)
@given(data=st.data())
def test_values_survive_the_wire(module: ModuleType, data: st.DataObject) -> None:
    strategy = dict(KINDS)[module]
    options = data.draw(st.lists(strategy, max_size=4))
    while sum(len(module.build_options([option])) for option in options) > 40:
        options.pop()
    raw = module.build_options(options)
    assert len(raw) % 4 == 0
    parsed = module.parse_options(raw)
    assert parsed[: len(options)] == options
    assert all(isinstance(option, Eol) for option in parsed[len(options) :])


@pytest.mark.parametrize("module", [ip_options, tcp_options], ids=IDS)
@given(raw=st.binary(max_size=10).map(lambda b: b * 4))
def test_bytes_survive_the_values(module: ModuleType, raw: bytes) -> None:
    try:
        options = module.parse_options(raw)
    except ValueError:
        return
    assert module.build_options(options) == raw


@pytest.mark.parametrize("module", [ip_options, tcp_options], ids=IDS)
@pytest.mark.parametrize("raw", ["02", "0200", "0201ffff", "0205ffff", "010102"])
def test_lengths_that_overrun(module: ModuleType, raw: str) -> None:
    with pytest.raises(ValueError, match="has the length"):
        module.parse_options(bytes.fromhex(raw))


@pytest.mark.parametrize("module", [ip_options, tcp_options], ids=IDS)
def test_a_header_has_room_for_forty_bytes(module: ModuleType) -> None:
    assert len(module.build_options([RawOption(99, bytes(38))])) == 40
    with pytest.raises(ValueError, match="44 bytes of options"):
        module.build_options([RawOption(99, bytes(39))])


def test_what_stands_behind_the_end_is_padding() -> None:
    raw = bytes.fromhex("0204 05b4 0002 0499")
    assert tcp_options.parse_options(raw) == [tcp_options.Mss(1460), Eol(b"\x02\x04\x99")]
    assert tcp_options.build_options([tcp_options.WScale(7)]) == bytes.fromhex("03030700")
    assert tcp_options.parse_options(bytes.fromhex("03030700")) == [tcp_options.WScale(7), EOL]


@pytest.mark.parametrize("raw", ["0203ff", "020100", "050400aa", "080601020304", "1303ff", "0400"])
def test_tcp_kinds_of_a_wrong_length_stay_raw(raw: str) -> None:
    data = bytes.fromhex(raw)
    data = data[:1] + bytes((len(data),)) + data[2:]
    if raw == "0400":
        assert tcp_options.parse_options(data) == [tcp_options.SackPerm()]
    else:
        assert tcp_options.parse_options(data) == [RawOption(data[0], data[2:])]


def test_record_route_of_ping_r() -> None:
    """What `ping -R` sends: nine empty slots, and one byte of padding."""
    raw = bytes.fromhex("072704") + bytes(36) + b"\0"
    assert ip_options.parse_options(raw) == [ip_options.RecordRoute(4, (0,) * 9), EOL]
    assert ip_options.build_options([ip_options.RouterAlert(0)]) == bytes.fromhex("94040000")
