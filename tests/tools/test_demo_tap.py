"""softnet demo-tap: what can be tested without the real network."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from softnet.tools import demo_tap
from softnet.tools.demo_tap import DemoFailed


def test_the_file_and_its_digest_agree(tmp_path: Path) -> None:
    path = tmp_path / "f"
    digest = demo_tap.make_file(path)
    assert path.stat().st_size == demo_tap.MEGABYTES * 1_000_000
    assert demo_tap.sha256(path) == digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_numbers_of_a_report() -> None:
    out = "17159 packets transmitted, 17158 received, 0% packet loss"
    pattern = r"(\d+) packets transmitted, (\d+) received"
    assert demo_tap.numbers(pattern, out) == (17159, 17158)
    with pytest.raises(DemoFailed, match="unexpected output"):
        demo_tap.numbers(pattern, "connect: Network is unreachable")


def test_missing_programs_are_named_with_their_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert demo_tap.main() == 1
    assert "demo-tap needs iperf3: apt install iperf3" in capsys.readouterr().err


def test_it_is_started_again_in_a_user_namespace_only_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(demo_tap.INSIDE, "1")
    assert demo_tap.again_in_user_namespace() == 1
    assert "be root" in capsys.readouterr().err


def test_what_is_required_fails_with_its_reason() -> None:
    demo_tap.require(True, "no")
    with pytest.raises(DemoFailed, match="lost 3"):
        demo_tap.require(False, "lost 3")
