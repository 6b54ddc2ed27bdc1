"""Journals: what happened, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

import softnet
from softnet.lab.journal import Journal, Lines, first_difference
from softnet.machine.event import Digest
from tests.kit.programs_net import ask, echo_upper


def test_a_journal_is_a_digest_that_writes() -> None:
    lines = Lines()
    journal, digest = Journal(lines.write), Digest()
    for each in (journal, digest):
        each.add("h1", 1_500_000_000, b"Timer")
        each.add("a-b:ab", 2, bytes(60))
    assert journal.hexdigest() == digest.hexdigest()
    assert lines[0] == "1.500000000  h1  Timer"
    assert lines[1].startswith("0.000000002  a-b:ab  802.3, length 0  #")


def test_the_environment_asks_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.txt"
    monkeypatch.setenv("SOFTNET_JOURNAL", str(path))
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2, delay="1ms")
        h2.start(echo_upper)
        h1.call(ask, "h2")
        assert len(lab.digest) == 64
    text = next(tmp_path.iterdir()).read_text()
    assert "  h1-h2:ab  ARP, Request who-has 10.0.0.2" in text
    assert ".7: UDP, length 5" in text


def test_first_difference() -> None:
    assert first_difference(["a", "b"], ["a", "b"]) is None
    assert first_difference(["a", "b"], ["a", "c"]) == (1, "b", "c")
    assert first_difference(["a"], ["a", "c"]) == (1, "(the run is over)", "c")
