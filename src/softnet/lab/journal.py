"""A journal: every happening of a run as a line, to find where two runs begin to differ.

A happening is an event of a host, or a frame that arrives; the digest of a lab is made of the same.
`softnet check-determinism` and lab.fork() compare journals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

from softnet.machine.event import Digest
from softnet.wire.dump import format_frame

LINES_MAX = 1_000_000  # of a journal in memory


class Journal(Digest):
    """A digest that tells `write` each line."""

    def __init__(self, write: Callable[[str], object]) -> None:
        Digest.__init__(self)
        self.write = write

    def add(self, chain: str, when: int, data: bytes) -> None:
        """Append one happening to a chain, and to the journal."""
        Digest.add(self, chain, when, data)
        if ":" not in chain:
            what = data.decode()
        else:  # a direction of a cable
            what = f"{format_frame(data)}  #{hashlib.blake2s(data, digest_size=4).hexdigest()}"
        self.write(f"{when / 1e9:.9f}  {chain}  {what}\n")


class Lines(list[str]):
    """A journal in memory."""

    def write(self, line: str) -> None:
        """One more, without its end of line."""
        if len(self) < LINES_MAX:
            self.append(line.rstrip("\n"))


def write_journal(path: str) -> tuple[Journal, Callable[[], None]]:
    """A journal that goes to a file, and what closes that."""
    file = Path(path).open("w")  # noqa: SIM115 (the caller closes it)
    return Journal(file.write), file.close


def first_difference(a: list[str], b: list[str]) -> tuple[int, str, str] | None:
    """Where two journals part: the line's number, counted from 0, and both lines; None if nowhere."""
    for n, (one, other) in enumerate(zip_longest(a, b, fillvalue="")):
        if one != other:
            return n, one or "(the run is over)", other or "(the run is over)"
    return None
