"""What may import what, and what an import costs."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import softnet

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src"
# What the core install brings, and what an extra may add to the outermost layers.
CORE = {"greenlet", "softnet"}
EXTRA = {"msgspec", "rich", "yaml"}
PLUGINS = {"collect.py", "pytest_plugin.py"}  # what pytest itself imports

# Each module is imported in a forked copy of one fresh interpreter, so none is helped by
# another; only Python's own modules are there before. An audit hook sees a socket opened, a
# name looked up, a program started.
IMPORT_EACH = """
import argparse, asyncio, importlib, ipaddress, os, socket, ssl, sys, tempfile, traceback, typing

def watch(event, args):
    if event.startswith("socket.") or event in ("subprocess.Popen", "os.system", "os.exec"):
        raise RuntimeError(f"an import causes {event}")

bad = 0
for name in sys.argv[1:]:
    pid = os.fork()
    if pid == 0:
        sys.addaudithook(watch)
        try:
            importlib.import_module(name)
        except BaseException:
            sys.stderr.write(f"import {name}\\n{traceback.format_exc()}")
            os._exit(1)
        os._exit(0)
    bad += os.waitpid(pid, 0)[1] != 0
sys.exit(bad != 0)
"""

IMPORT_TIME = """
import time
start = time.process_time()
import softnet
print(time.process_time() - start)
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a program that finds softnet where this one did."""
    env = {**os.environ, "PYTHONPATH": str(Path(softnet.__file__).parent.parent)}
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=ROOT, check=False)


def module_names() -> list[str]:
    """Return the dotted name of every module in src/."""
    names = []
    for path in sorted(SRC.rglob("*.py")):
        parts = path.relative_to(SRC).with_suffix("").parts
        if parts[-1] != "__main__":
            names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def test_the_contracts_of_the_architecture_hold() -> None:
    env = {**os.environ, "PYTHONPATH": str(SRC)}
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_every_module_imports_alone_and_touches_nothing() -> None:
    done = run(sys.executable, "-c", IMPORT_EACH, *module_names())
    assert done.returncode == 0, done.stderr


def test_importing_softnet_takes_less_than_100_ms() -> None:
    best = min(float(run(sys.executable, "-c", IMPORT_TIME).stdout) for _ in range(3))
    assert best < 0.1


def test_importing_softnet_loads_no_part_of_it() -> None:
    code = "import sys, softnet; print([m for m in sys.modules if m.startswith('softnet.')])"
    assert run(sys.executable, "-c", code).stdout.strip() in ("[]", "['softnet._pure']")


def test_every_public_name_can_be_loaded() -> None:
    for name in softnet.__all__:
        assert getattr(softnet, name) is not None


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    assert not hasattr(softnet, "no_such_name")


def test_the_core_needs_greenlet_alone() -> None:
    for path in sorted(SRC.rglob("*.py")):
        layer = path.relative_to(SRC).parts[1]
        allowed = CORE | (EXTRA if layer in ("tools", "lab") else set())
        if path.name in PLUGINS:
            allowed = allowed | {"pytest", "_pytest"}
        names = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
        assert names - allowed - sys.stdlib_module_names == set(), path
