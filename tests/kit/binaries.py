"""Real programs for tests, and what they need of this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from softnet.usr.binary import trap

WHY_NOT = trap.allowed()
needs_trap = pytest.mark.skipif(bool(WHY_NOT), reason=f"no real programs here: {WHY_NOT}")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
PYTHON = sys.executable


def compiled(folder: Path, source: str, *flags: str) -> str:
    """The path of a C program; skips without a compiler."""
    cc = shutil.which("cc") or shutil.which("gcc")
    if cc is None:
        pytest.skip("there is no C compiler here")
    folder.mkdir(exist_ok=True)
    (folder / "program.c").write_text(source)
    built = folder / "program"
    command = [cc, "-O1", "-o", str(built), str(folder / "program.c"), "-pthread", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "-static" in flags:
        pytest.skip("there is no static C library here")
    assert done.returncode == 0, done.stderr
    return str(built)
