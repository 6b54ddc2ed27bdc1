"""Progress, reports and what the environment says about every lab."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import softnet
from softnet.lab.progress import LOG_INTERVAL, PATIENCE, Progress, show_count, show_time
from softnet.lab.report import topology_json
from softnet.lab.settings import numbered

ROOT = Path(__file__).parent.parent.parent


def test_a_line_says_where_the_run_is() -> None:
    with softnet.Lab() as lab:
        progress = Progress(lab, io.StringIO())
        progress.begin(10_000_000_000)
        lab.world.clock.now = 2_500_000_000
        line = progress.line(progress.started + 5)
    assert line.startswith("0:00:02.5 virtual   25%  0.5x real time  0 events/s")
    assert line.endswith("ETA 0:00:15")


def test_a_log_line_each_ten_seconds_where_no_terminal_is() -> None:
    out = io.StringIO()
    with softnet.Lab() as lab:
        progress = Progress(lab, out)
        progress.begin(None)
        progress.started -= PATIENCE + 1
        progress(lab.world)
        assert out.getvalue() == ""
        progress.said -= LOG_INTERVAL
        progress(lab.world)
        progress.end()
    assert out.getvalue().count("\n") == 1


@pytest.mark.parametrize(("n", "text"), [(950, "950"), (1900, "1.9k"), (3_100_000, "3.1M")])
def test_counts(n: float, text: str) -> None:
    assert show_count(n) == text


def test_times_and_numbered_files() -> None:
    assert show_time(751.44) == "0:12:31.4"
    assert numbered("out/run.pcapng", 2) == "out/run-2.pcapng"
    assert numbered("-", 2) == "-"


def test_topology_as_text_and_json() -> None:
    with softnet.Lab() as lab:
        lab.link(lab.host("h1"), lab.router("r1"), rate="10mbit")
        assert "h1 10.0.0.1 eth0 ──┤ 10mbit ├── eth0 10.0.0.2 r1" in lab.topology()
        shape = json.loads(topology_json(lab))
    assert shape["hosts"][1] == {
        "name": "r1",
        "router": True,
        "interfaces": [{"name": "eth0", "address": "10.0.0.2/24"}],
    }


PROGRAM = """
import time, softnet
with softnet.Lab(seed=1) as lab:
    h1, h2 = lab.hosts("h1", "h2")
    lab.link(h1, h2)
    h1.ping("h2", 1)
    print("seed", lab.seed)
    h1.call(time.sleep, 100)
    print("not reached")
"""


def softnet_command(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run python -m softnet."""
    return subprocess.run(
        [sys.executable, "-m", "softnet", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(softnet.__file__).parent.parent)},
    )


def test_softnet_run_sets_seed_limit_capture_and_trace(tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text(PROGRAM)
    words = ["--seed", "9", "--until", "5s", "--pcap", "x.pcapng", "--trace", "t.txt"]
    done = softnet_command("run", *words, "prog.py", cwd=tmp_path)
    assert done.stdout == "seed 9\n"
    assert done.returncode == 124
    assert "time limit of 5 s" in done.stderr
    assert (tmp_path / "x.pcapng").stat().st_size > 500
    assert "ip_rcv" in (tmp_path / "t.txt").read_text()


def test_softnet_run_reports_a_mistake_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text(
        "import softnet\nwith softnet.Lab() as lab:\n    lab.node('x')\n"
    )
    done = softnet_command("run", "prog.py", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "softnet: prog.py:3: no host 'x': there is none yet\n"
