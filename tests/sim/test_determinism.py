"""Same seed, same packets: whatever Python's hash order, and in either form."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import softnet

PROGRAM = """
import hashlib, io, softnet
from tests.kit.programs_net import ask, echo_upper, fetch, web
file = io.BytesIO()
with softnet.Lab(seed=SEED, digest=True, order="ORDER") as lab:
    leaves = lab.star(5, delay="3ms", jitter="1ms", loss="4%", rate="5mbit", corrupt="1%")
    lab.capture(file)
    hub = lab.node("hub")
    hub.start(web)
    hub.start(echo_upper)
    procs = [leaf.start(fetch, "hub", 30000) for leaf in leaves]
    lab.run_until(lambda: all(p.finished() for p in procs), timeout="300s")
    print(lab.digest, hashlib.sha256(file.getvalue()).hexdigest())
"""


def digests(seed: int, order: str, hashseed: int, **environ: str) -> str:
    """One run in a process of its own."""
    program = PROGRAM.replace("SEED", str(seed)).replace("ORDER", order)
    root = Path(__file__).parent.parent.parent
    path = os.pathsep.join([str(Path(softnet.__file__).parent.parent), str(root)])
    env = os.environ | {"PYTHONHASHSEED": str(hashseed), "PYTHONPATH": path} | environ
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env
    )
    return done.stdout


def test_hash_order_does_not_matter() -> None:
    first = digests(3, "fifo", 1)
    assert first == digests(3, "fifo", 2)
    assert first != digests(4, "fifo", 1)


def test_a_seeded_order_of_tasks_is_repeatable_too() -> None:
    assert digests(3, "seeded", 1) == digests(3, "seeded", 2)


def test_both_forms_give_the_same_bytes() -> None:
    """Where the compiled form is under test, against the sources beside it."""
    assert digests(3, "fifo", 1) == digests(3, "fifo", 2, SOFTNET_PURE="1")
