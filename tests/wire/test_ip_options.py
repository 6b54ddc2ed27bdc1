"""IPv4 options as values and as bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from softnet.wire.ip_options import (
    IpOption,
    RecordRoute,
    RouterAlert,
    Security,
    SourceRoute,
    Timestamp,
    build_options,
    parse_options,
)
from softnet.wire.options import EOL, NOP, Eol, RawOption

U8, U16, U32 = (st.integers(0, (1 << bits) - 1) for bits in (8, 16, 32))
WORDS = st.lists(U32, max_size=9).map(tuple)
STAMPS = st.one_of(
    st.builds(
        Timestamp,
        U8,
        st.integers(0, 15),
        st.just(0),
        st.lists(st.tuples(st.none(), U32), max_size=8).map(tuple),
    ),
    st.builds(
        Timestamp,
        U8,
        st.integers(0, 15),
        st.sampled_from([1, 3]),
        st.lists(st.tuples(U32, U32), max_size=4).map(tuple),
    ),
)
OPTION = st.one_of(
    st.just(NOP),
    st.builds(RecordRoute, U8, WORDS),
    st.builds(SourceRoute, st.booleans(), U8, WORDS),
    STAMPS,
    st.builds(RouterAlert, U16),
    st.builds(Security, st.binary(max_size=20)),
    st.builds(RawOption, st.integers(200, 255), st.binary(max_size=30)),
)


@given(options=st.lists(OPTION, max_size=4))
def test_values_survive_the_wire(options: list[IpOption]) -> None:
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


def test_record_route_of_ping_r() -> None:
    """What `ping -R` sends: nine empty slots, and one byte of padding."""
    raw = bytes.fromhex("072704") + bytes(36) + b"\0"
    assert parse_options(raw) == [RecordRoute(4, (0,) * 9), EOL]
    assert build_options([RouterAlert(0)]) == bytes.fromhex("94040000")


def test_stamps_of_which_the_length_is_wrong_stay_raw() -> None:
    """Eight bytes an entry where addresses are asked for, four where they are not."""
    for body in ("0501 0a000001", "0500 0a00", "0502 0a0000010a000001"):
        data = bytes.fromhex(body)
        raw = RawOption(68, data)
        assert parse_options(bytes((68, len(data) + 2)) + data)[0] == raw
    stamped = bytes.fromhex("440c0d01 0a000001 00000005")
    assert parse_options(stamped) == [Timestamp(13, 0, 1, ((0x0A000001, 5),))]
