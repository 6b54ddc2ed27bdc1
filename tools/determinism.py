#!/usr/bin/env python3
"""Same seed, same digest: every example program, 3 runs each, two hash seeds, interpreted and compiled.

    make determinism                     all of examples/ and examples/programs/
    make determinism P="raft_election"   these

Each run is a process of its own; all that happens in its labs and all that it prints is compared.
"""

from __future__ import annotations

import sys
from pathlib import Path

from softnet.tools.determinism import main as compare

RUNS = 3
HASH_SEEDS = 2
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
APART = {
    "ssh_asyncssh": "its keys are drawn by an OpenSSL inside the package cryptography",
}


def main(names: list[str]) -> int:
    """How many programs differ."""
    bad = 0
    paths = {path.stem: path for path in (*EXAMPLES.glob("*.py"), *EXAMPLES.glob("programs/*.py"))}
    for name in names or sorted(paths):
        print(f"{name:24}", end="", flush=True)
        if name in APART:
            print(f"left out: {APART[name]}")
            continue
        runs = RUNS * HASH_SEEDS
        words = [str(paths[name])]
        bad += compare(words, runs, both=True, interpreted_runs=runs, hash_seeds=HASH_SEEDS)
        sys.stdout.flush()
    return bad


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 100))
