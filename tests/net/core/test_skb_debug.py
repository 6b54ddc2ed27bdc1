"""The sanitizer must find each kind of misuse, and name the lines."""

from __future__ import annotations

# ruff: noqa: PT012  what must raise is what a block does, and when it ends
import os

import pytest

from softnet.net.core.skb_debug import QUARANTINE_MAX, SkbDebug, SkbError, skb_sanitizer
from softnet.net.core.skbuff import (
    alloc_skb,
    kfree_skb,
    pskb_expand_head,
    pskb_may_pull,
    skb_clone,
    skb_copy,
    skb_get,
    skb_tobytes,
)
from softnet.structs.skbuff import SkBuff
from tests.kit.skbs import make_skb

HERE = os.path.basename(__file__)


def make() -> SkBuff:
    return make_skb(b"some bytes", b"and a page", room=20)


def free(skb: SkBuff) -> None:
    kfree_skb(skb)


def test_double_free_names_both_lines() -> None:
    with skb_sanitizer():
        skb = make()
        free(skb)
        with pytest.raises(
            AssertionError, match=f"double free.*{HERE}.* make.*freed at {HERE}.*free"
        ):
            kfree_skb(skb)


def test_double_free_is_found_although_others_were_allocated_since() -> None:
    with skb_sanitizer():
        skb = make()
        free(skb)
        others = [make() for _ in range(10)]
        with pytest.raises(AssertionError, match="double free"):
            kfree_skb(skb)
        for other in others:
            kfree_skb(other)


@pytest.mark.parametrize("operation", ["put", "push", "pull", "get", "clone", "copy", "expand"])
def test_use_after_free(operation: str) -> None:
    with skb_sanitizer():
        skb = make()
        free(skb)
        with pytest.raises(AssertionError, match=f"freed at {HERE}"):
            match operation:
                case "put":
                    skb.put(1)
                case "push":
                    skb.push(1)
                case "pull":
                    skb.pull(1)
                case "get":
                    skb_get(skb)
                case "clone":
                    skb_clone(skb)
                case "copy":
                    skb_copy(skb)
                case "expand":
                    pskb_expand_head(skb, 0, 0)


def test_write_after_free() -> None:
    with pytest.raises(SkbError, match=f"written to after free.*{HERE}"), skb_sanitizer():
        skb = make()
        head = skb.shinfo.head
        free(skb)
        head[25] = 1


def test_write_after_free_is_found_when_quarantine_ends() -> None:
    with pytest.raises(SkbError, match="written to after free"), skb_sanitizer():
        skb = make()
        free(skb)
        skb.shinfo.head[0] = 1
        for _ in range(QUARANTINE_MAX):
            free(alloc_skb(1))
        pytest.fail("the quarantine let it out")


def test_field_changed_after_free() -> None:
    with pytest.raises(SkbError, match="changed after free"), skb_sanitizer():
        skb = make()
        free(skb)
        skb.len = 3


def test_leak_report_names_the_line_and_keeps_the_order() -> None:
    with skb_sanitizer() as debug:
        first, second = make(), alloc_skb(5)
        report = debug.leaks()
        assert len(report) == 2
        assert "#1 allocated" in report[0]
        assert f"{HERE}" in report[0]
        assert "make" in report[0]
        assert "#2 allocated" in report[1]
        free(first)
        assert len(debug.leaks()) == 1
        free(second)
        assert debug.leaks() == []


def test_two_runs_report_the_same() -> None:
    reports = []
    for _ in range(2):
        with skb_sanitizer() as debug:
            skbs = [make() for _ in range(3)]
            free(skbs.pop(1))
            reports.append(debug.leaks())
            for skb in skbs:
                free(skb)
    assert reports[0] == reports[1]


def test_stale_view_after_the_head_was_replaced() -> None:
    with pytest.raises(SkbError, match=r"stale header.*replaced at"), skb_sanitizer():
        skb = make()
        view = skb.shinfo.head  # what a header view made before would write to
        assert pskb_may_pull(skb, 15)
        view[20] = 0x45
        free(skb)


def test_stale_view_shows_poison() -> None:
    with skb_sanitizer():
        skb = make()
        view = skb.shinfo.head
        assert pskb_expand_head(skb, 8, 0) == 0
        assert view[20] == 0x6B
        free(skb)


def test_header_offset_outside_the_head() -> None:
    with skb_sanitizer() as debug:
        skb = make()
        skb.network_header = skb.end_offset() + 1
        with pytest.raises(SkbError, match="stale network_header"):
            debug.check(skb)
        skb.network_header = -1
        free(skb)


@pytest.mark.parametrize("field", ["len", "data_len", "tail", "data"])
def test_lengths_that_contradict_each_other(field: str) -> None:
    with skb_sanitizer() as debug:
        skb = make()
        good = getattr(skb, field)
        setattr(skb, field, good + 1)
        with pytest.raises(SkbError):
            debug.check(skb)
        setattr(skb, field, good)
        free(skb)


def test_unwritten_bytes_are_not_zero() -> None:
    with skb_sanitizer():
        skb = alloc_skb(10)
        skb.put(4)
        assert skb_tobytes(skb) == b"\xa5" * 4
        free(skb)


def test_off_again_it_costs_nothing_and_finds_nothing() -> None:
    with skb_sanitizer() as debug:
        pass
    skb = make()
    assert skb.site is None
    assert debug.leaks() == []
    free(skb)


def test_skb_of_before_may_be_freed_while_on() -> None:
    skb = make()
    with skb_sanitizer() as debug:
        free(skb)
        assert debug.leaks() == []


def test_clone_of_freed_data_keeps_reading() -> None:
    with skb_sanitizer():
        skb = make()
        clone = skb_clone(skb)
        free(skb)
        assert skb_tobytes(clone) == b"some bytesand a page"
        free(clone)


def test_check_is_quiet_about_what_is_sound(skb_debug: SkbDebug) -> None:
    skb = make()
    skb_debug.check(skb)
    kfree_skb(skb)
