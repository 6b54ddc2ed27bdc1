"""Same seed, same digest: each program prints the same, whatever the hash seed, in both forms."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs.runner import NEEDS, missing

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = [p for p in NEEDS if not missing(p)]

# Its ten requests wait in a set of objects, whose order is that of their addresses in memory.
BY_ADDRESS = "aiohttp_websocket"


def printed(hash_seed: int, **more: str) -> list[str]:
    """What the programs print, each in one line: digests are part of it."""
    env = {**os.environ, "PYTHONHASHSEED": str(hash_seed), **more}
    done = subprocess.run(
        [sys.executable, "-m", "tests.programs.runner", *PROGRAMS],
        env=env, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_three_runs_are_one() -> None:
    """Two hash seeds; and the compiled form against the interpreted one where it was built."""
    first = printed(1)
    assert len(first) == len(PROGRAMS)
    assert sum("digest" in line for line in first) >= len(PROGRAMS) - 1
    assert printed(2) == first
    other_form = printed(1, SOFTNET_PURE="1")
    for line, other in zip(first, other_form, strict=True):
        if not line.startswith(BY_ADDRESS):
            assert line == other
