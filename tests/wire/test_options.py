"""Cutting a list of options, and joining one, whatever the kinds mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softnet.wire.options import EOL, NOP, Eol, Option, RawOption, cut_options, join_options

OPTION = st.one_of(st.just(NOP), st.builds(RawOption, st.integers(2, 255), st.binary(max_size=8)))


@given(options=st.lists(OPTION, max_size=4))
def test_what_is_joined_is_cut_again(options: list[Option]) -> None:
    raw = join_options(options)
    assert len(raw) % 4 == 0
    cut = cut_options(raw)
    assert cut[: len(options)] == options
    assert all(isinstance(option, Eol) for option in cut[len(options) :])


@pytest.mark.parametrize("raw", ["02", "0200", "0201ffff", "0205ffff", "010102"])
def test_lengths_that_overrun(raw: str) -> None:
    with pytest.raises(ValueError, match="has the length"):
        cut_options(bytes.fromhex(raw))


def test_a_header_has_room_for_forty_bytes() -> None:
    assert len(join_options([RawOption(99, bytes(38))])) == 40
    with pytest.raises(ValueError, match="44 bytes of options"):
        join_options([RawOption(99, bytes(39))])


def test_the_end_of_the_list_ends_it() -> None:
    assert cut_options(b"\x01\x00\x02\x00") == [NOP, Eol(b"\x02\x00")]
    assert cut_options(b"\x00") == [EOL]
    assert cut_options(b"") == []
    assert join_options([NOP, EOL]) == bytes((1, 0, 0, 0))


def test_kinds_of_options_are_never_equal() -> None:
    """An end of list and a no-operation hold the same values: none."""
    assert NOP != EOL
    assert RawOption(1, b"") != NOP
