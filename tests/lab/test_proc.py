"""Programs of a lab: how they end, what they leave."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

import softnet
from softnet.lab.errors import LabError


def test_returncode_and_result() -> None:
    with softnet.Lab() as lab:
        h1 = lab.host("h1")
        proc = h1.start(time.sleep, 2)
        assert proc.returncode is None
        assert proc.wait() is None
        assert proc.returncode == 0
        assert lab.now == 2.0


def test_sys_exit_and_exceptions() -> None:
    with softnet.Lab() as lab:
        h1 = lab.host("h1")
        assert h1.start(sys.exit, 3).returncode == 3
        failed = h1.start(lambda: 1 // 0)
        assert failed.returncode == 1
        assert "ZeroDivisionError" in failed.traceback()


def test_wait_with_a_limit() -> None:
    with softnet.Lab() as lab:
        proc = lab.host("h1").start(time.sleep, 100)
        with pytest.raises(TimeoutError, match="not over after '2s'"):
            proc.wait("2s")
        proc.kill()
        lab.run_for("1ms")
        assert proc.finished()


def test_a_script(tmp_path: Path) -> None:
    script = tmp_path / "prog.py"
    script.write_text("import sys, time\ntime.sleep(1)\nsys.exit(len(sys.argv))\n")
    with softnet.Lab() as lab:
        proc = lab.host("h1").run_path(str(script), "a", "b")
        lab.run_until(proc.finished)
        assert proc.returncode == 3
        assert 1.0 <= lab.now < 1.001  # each look at the clock costs a microsecond


def test_tools_run_beside_programs() -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2)
        ping = h1.start("ping -c 2 h2")
        assert "1 packets" not in ping.stdout
        ping.wait()
        assert "2 packets transmitted, 2 received" in ping.stdout
        assert ping.returncode == 0
        with pytest.raises(LabError, match="no tool"):
            h1.start("pinf h2")
