"""Programs that wait for what they ask: a kernel that loses packets answers as softnet does."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys

import pytest

from tests.diff.kernel import NO_NAMESPACE, NO_NETEM
from tests.diff.programs import PROGRAMS
from tests.diff.recorder import run_program
from tests.diff.test_diff import ROOT, Results, Softnet, difference, steps_of
from tests.kit.programs import Bench, net

__all__ = ["net"]

LOSSY = [name for name in PROGRAMS if name.startswith("lossy.")]


@pytest.fixture(scope="module")
def lossy_kernel() -> Results:
    """The programs' steps where lo loses 5 %."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.diff.kernel", "--loss=5", *LOSSY],
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode == NO_NAMESPACE:
        pytest.skip(f"no network namespace on this machine: {done.stderr.strip()}")
    if done.returncode == NO_NETEM:
        pytest.skip(f"no netem on this machine's kernel: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return {name: steps_of(rows) for name, rows in json.loads(done.stdout).items()}


@pytest.mark.parametrize("name", LOSSY)
def test_same_on_a_lossy_kernel(name: str, net: Bench, lossy_kernel: Results) -> None:
    ours = net.run(run_program, PROGRAMS[name], Softnet(net.network()))
    assert difference(ours, lossy_kernel[name], platform.release()) == []
