"""softnet check-determinism: run a program twice and say where the runs begin to differ.

Each run is a process of its own, with another hash seed unless the seeds are counted. What is
compared is the journal of each lab the program makes (lab/journal.py), what it prints, and its exit
code.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import softnet

CONTEXT = 3  # happenings shown before the first that differs
GONE = "(the run is over)\n"


class Run:
    """One run of the program."""

    def __init__(self, folder: Path, number: int, form: str, hash_seed: int) -> None:
        self.folder = folder / str(number)
        self.folder.mkdir()
        self.form = form
        self.name = f"run {number} ({form}, PYTHONHASHSEED={hash_seed})"
        self.env = os.environ | {
            "PYTHONHASHSEED": str(hash_seed),
            "SOFTNET_JOURNAL": str(self.folder / "journal.txt"),
            "SOFTNET_PROGRESS": "0",
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        }
        if form == "interpreted":
            self.env["SOFTNET_PURE"] = "1"
        self.done: subprocess.CompletedProcess[str]

    def go(self, words: Sequence[str]) -> None:
        """Run it to its end."""
        command = [sys.executable, "-m", "softnet", "run", *words]
        self.done = subprocess.run(
            command, env=self.env, capture_output=True, text=True, check=False
        )

    def journals(self) -> list[Path]:
        """Of its labs, the first one's first."""
        return sorted(self.folder.iterdir(), key=lambda p: (len(p.name), p.name))


def main(
    words: Sequence[str],
    runs: int = 2,
    both: bool = False,
    interpreted_runs: int = 1,
    hash_seeds: int = 0,
) -> int:
    """The command; 0 if all runs are the same, 1 if they differ, or fail.

    both: after them so many on the interpreted form. hash_seeds: how many take turns; 0: another each.
    """
    form = "interpreted" if os.environ.get("SOFTNET_PURE") else form_here()
    with tempfile.TemporaryDirectory() as folder:
        made = []
        forms = [form] * runs
        if both and form != "interpreted":
            forms += ["interpreted"] * interpreted_runs
        for n, its in enumerate(forms, 1):
            made.append(Run(Path(folder), n, its, (n - 1) % hash_seeds + 1 if hash_seeds else n))
        for run in made:
            run.go(words)
        first = made[0]
        for other in made[1:]:
            text = difference(first, other)
            if text:
                print(text)
                return 1
        events = sum(len(p.read_text().splitlines()) for p in first.journals())
        labs = len(first.journals())
        print(
            f"softnet: {len(made)} runs, {labs} lab{'s' * (labs != 1)}, {events} happenings: the same"
        )
        if first.done.returncode:
            print(first.done.stderr, end="", file=sys.stderr)
            print(f"softnet: each ended with {first.done.returncode}", file=sys.stderr)
        return int(first.done.returncode != 0)


def form_here() -> str:
    """Is this the compiled form?"""
    package = Path(softnet.__file__).parent
    return "compiled" if any((package / "machine").glob("event.*.so")) else "interpreted"


def difference(one: Run, other: Run) -> str:
    """What is different between two runs, "" if nothing is."""
    for n, (a, b) in enumerate(zip_longest(one.journals(), other.journals()), 1):
        if a is None or b is None:
            return f"softnet: {one.name} and {other.name} made different numbers of labs"
        text = journal_difference(a, b, (one, other))
        if text:
            return f"softnet: the runs differ in lab {n}\n{text}"
    if one.done.returncode != other.done.returncode:
        codes = (one.done.returncode, other.done.returncode)
        return f"softnet: {one.name} and {other.name} ended with {codes}"
    if one.done.stdout != other.done.stdout:
        return f"softnet: {one.name} and {other.name} printed different things"
    return ""


def journal_difference(a: Path, b: Path, runs: tuple[Run, Run]) -> str:
    """The first line in which two journals differ, and those before it."""
    before: list[str] = []
    with a.open() as left, b.open() as right:
        for n, (x, y) in enumerate(zip_longest(left, right, fillvalue=GONE), 1):
            if x != y:
                common = "".join("    " + line for line in before)
                lines = f"  {runs[0].name}:\n    {x}  {runs[1].name}:\n    {y}"
                return f"{common}  happening {n}:\n{lines}".rstrip()
            before = [*before, x][-CONTEXT:]
    return ""
