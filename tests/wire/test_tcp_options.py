"""TCP options as values and as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softnet.wire.options import EOL, NOP, Eol, RawOption
from softnet.wire.tcp_options import (
    Md5Sig,
    Mss,
    Sack,
    SackPerm,
    TcpOption,
    Timestamps,
    WScale,
    build_options,
    parse_options,
)

U8, U16, U32 = (st.integers(0, (1 << bits) - 1) for bits in (8, 16, 32))
OPTION = st.one_of(
    st.just(NOP),
    st.just(SackPerm()),
    st.builds(Mss, U16),
    st.builds(WScale, U8),
    st.builds(Timestamps, U32, U32),
    st.builds(Sack, st.lists(st.tuples(U32, U32), min_size=1, max_size=4).map(tuple)),
    st.builds(Md5Sig, st.binary(min_size=16, max_size=16)),
    st.builds(RawOption, st.integers(200, 255), st.binary(max_size=30)),
)


@given(options=st.lists(OPTION, max_size=4))
def test_values_survive_the_wire(options: list[TcpOption]) -> None:
    while sum(len(build_options([option])) for option in options) > 40:
        options.pop()
    raw = build_options(options)
    assert len(raw) % 4 == 0
    parsed = parse_options(raw)
    assert parsed[: len(options)] == options
    assert all(isinstance(option, Eol) for option in parsed[len(options) :])


@given(raw=st.binary(max_size=10).map(lambda b: b * 4))
def test_bytes_survive_the_values(raw: bytes) -> None:
    try:
        options = parse_options(raw)
    except ValueError:
        return
    assert build_options(options) == raw


def test_what_stands_behind_the_end_is_padding() -> None:
    raw = bytes.fromhex("0204 05b4 0002 0499")
    assert parse_options(raw) == [Mss(1460), Eol(b"\x02\x04\x99")]
    assert build_options([WScale(7)]) == bytes.fromhex("03030700")
    assert parse_options(bytes.fromhex("03030700")) == [WScale(7), EOL]


@pytest.mark.parametrize("raw", ["0203ff", "020100", "050400aa", "080601020304", "1303ff", "0400"])
def test_kinds_of_a_wrong_length_stay_raw(raw: str) -> None:
    data = bytes.fromhex(raw)
    data = data[:1] + bytes((len(data),)) + data[2:]
    if raw == "0400":
        assert parse_options(data) == [SackPerm()]
    else:
        assert parse_options(data) == [RawOption(data[0], data[2:])]
