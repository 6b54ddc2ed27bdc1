"""softnet shell: the first word is the host."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

import softnet
from softnet.lab.shell import Shell
from softnet.tools.cli import main
from tests.kit.binaries import needs_trap

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "lossy.toml"


def type_in(*lines: str) -> tuple[str, bool]:
    """What a shell on two hosts says to lines; did all make sense?"""
    said: list[str] = []
    with softnet.Lab() as lab:
        lab.hosts("h1", "h2")
        lab.link("h1", "h2", delay="1ms")
        good = Shell(lab, said.append).loop(lines)
    return "\n".join(said), good


@needs_trap
def test_real_programs() -> None:
    out, good = type_in("h1 sh -c 'sleep 2; hostname; date +%S'", "h2 exec sleep 3 &", "run", "now")
    assert good
    assert out.splitlines()[0:2] == ["h1", "02"]
    assert out.endswith("5.000000 s")
    for line in ("h1 no-such-program", "h1 exec no-such-program", "h1 exec", "h1 exec &"):
        assert type_in(line)[1] is False


def test_tools_on_hosts_and_time() -> None:
    out, good = type_in(
        "# nothing",
        "",
        "h1 ping -c 1 h2",
        "h1 ss -tln",
        "h1",
        "h2 ping -c 3 h1 &",
        "run 2s",
        "now",
        "hosts",
        "topology",
        "help",
        "exit",
        "never said",
    )
    assert good
    assert "1 packets transmitted, 1 received" in out
    assert "<Node 'h1'> 10.0.0.1" in out
    assert "Proc h2/ping" in out
    assert "2.002000 s\n" in out or "2.00" in out
    assert "h1 h2\n" in out
    assert "┤ 1ms ├" in out


def test_links_and_hosts_break_and_heal() -> None:
    out, good = type_in(
        "link h1-h2 down", "h1 ping -c 1 h2", "heal", "host h2 crash", "host h2 restart",
        "h1 ping -c 1 h2", "link h1-h2 set loss 100%", "drops", "blocked", "run",
    )  # fmt: skip
    assert good
    assert "0 received" in out
    assert "1 received" in out


def test_mistakes_are_explained_and_remembered() -> None:
    out, good = type_in(
        "h3 ping h1", "h1 pinf h2", "link h1-h3 down", "run 5apples", "h1 'x", "h1 ping -c 1 h9"
    )
    assert not good
    assert "no host or command 'h3': did you mean 'h2' or 'h1'" in out
    assert "no tool or program 'pinf' for 'h1': did you mean 'ping'" in out
    assert "no link 'h1-h3': did you mean 'h1-h2'" in out
    assert "no unit 'apples'" in out
    assert "No closing quotation" in out
    assert "Name or service not known" in out


def test_from_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("cli ping -c 1 web\n"))
    assert main(["shell", str(EXAMPLE)]) == 0
    assert "1 received" in capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", io.StringIO("clo ping -c 1 web\n"))
    assert main(["shell", str(EXAMPLE)]) == 1
