"""lab.fork(): futures are what the run would have done, and leave no trace in it."""

from __future__ import annotations

from pathlib import Path

import pytest

import softnet
from softnet.lab.errors import LabError
from tests.kit.programs_net import fetch, web


def begun(lab: softnet.Lab) -> tuple[softnet.lab.proc.Proc, softnet.lab.link.Link]:
    """A lab in the middle of a download over a lossy link."""
    h1, h2 = lab.hosts("h1", "h2")
    wire = lab.link(h1, h2, delay="20ms", rate="2mbit", loss="2%")
    h2.start(web)
    proc = h1.start(fetch, "h2", 100_000)
    lab.run(until="200ms")
    return proc, wire


def test_a_future_is_what_would_have_been() -> None:
    with softnet.Lab(seed=4) as lab:
        proc, wire = begun(lab)

        def cut() -> object:
            wire.down()
            lab.at("5s", wire.up)
            return proc.wait()

        seen = lab.fork(same=proc.wait, again=proc.wait, cut=cut)
        assert list(seen) == ["same", "again", "cut"]
        assert lab.now == 0.2
        assert not proc.finished()
        assert [seen[name].value for name in seen] == [100_000] * 3
        assert seen["same"].digest == seen["again"].digest != seen["cut"].digest
        assert seen.difference("same", "again") == ""
        assert "happenings in common:\n  same  0.2" in seen.difference("same", "cut")
        assert seen["cut"].now > 5
        assert "down" in seen["cut"].drops
        assert proc.wait() == 100_000
        assert lab.now == seen["same"].now


def test_errors_and_values_that_cannot_come_back() -> None:
    with softnet.Lab() as lab:
        seen = lab.fork(bad=lambda: 1 // 0, odd=lambda: lambda: 1)
        assert seen["bad"].error == "ZeroDivisionError: integer division or modulo by zero"
        assert seen["odd"].error
        assert seen["odd"].value is None
        with pytest.raises(LabError, match="did you mean 'bad'"):
            seen["bed"]


def test_what_a_tool_printed_comes_back_and_traces_have_each_line_once(tmp_path: Path) -> None:
    with softnet.Lab() as lab, (tmp_path / "trace").open("w") as stream:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2)
        lab.trace("ip_output", stream=stream)
        h1.ping("h2", count=1)
        seen = lab.fork(more=lambda: h1.ping("h2", count=400), none=lambda: h1.sh("ip addr"))
        more = seen["more"].value
        assert (more.returncode, "400 received" in more) == (0, True)
    lines = (tmp_path / "trace").read_text().splitlines()
    assert len(lines) == len(set(lines))
    assert sum(" ip_output " in line for line in lines) == 2 * 401


def test_captures_stay_the_parents(tmp_path: Path) -> None:
    def size(forks: bool) -> bytes:
        path = tmp_path / f"{forks}.pcapng"
        with softnet.Lab(seed=4) as lab:
            lab.capture(path)
            proc, _ = begun(lab)
            if forks:
                lab.fork(one=proc.wait)
            proc.wait()
        return path.read_bytes()

    assert size(True) == size(False)


def test_only_from_outside_and_in_virtual_time() -> None:
    with softnet.Lab() as lab:
        with pytest.raises(LabError, match="it has no future: write "):
            lab.fork()
        with pytest.raises(LabError, match="later is no function: write "):
            lab.fork(later=7)
    with softnet.Lab() as lab, pytest.raises(LabError, match="whoever runs the lab"):
        lab.host("h1").call(lambda: lab.fork(a=lambda: 1))
    with softnet.Lab(clock="real") as lab, pytest.raises(LabError, match="virtual time"):
        lab.fork(a=lambda: 1)
