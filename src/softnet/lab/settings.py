"""What `softnet run` and the environment say about every lab: they win over the program.

SOFTNET_SEED=8          its luck
SOFTNET_UNTIL=60s       TimeLimit is raised at that virtual time
SOFTNET_FAULTS=...      what goes wrong (lab/faults.py)
SOFTNET_PCAP=run.pcapng capture every interface; of a second lab to run-2.pcapng
SOFTNET_TRACE=-         print the functions that packets pass, "-" to standard error, or to a file
SOFTNET_PROFILE=tcp     trace what TCP's connections think instead: state, windows, round trips; or
                        drops: where, why, which counter moved; full: the functions
SOFTNET_MATCH=...       trace only these packets: 'tcp port 80'
SOFTNET_ON=h1,h2        trace only these hosts
SOFTNET_TRACE_JSON=1    as JSON lines
SOFTNET_JOURNAL=run.txt every happening as a line (lab/journal.py)
SOFTNET_PROGRESS=1      report the progress of long runs; 0 does not; by default on a terminal
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import ClassVar, TextIO

from softnet.lab.errors import LabError
from softnet.lab.units import time_ns


class Settings:
    """The environment, read once for each lab."""

    labs = 0  # made so far in this process
    stream: TextIO | None = None  # where "-" leads if not to standard error
    met: ClassVar[set[str]] = set()  # the hosts that there were, in any lab of this process

    def __init__(self) -> None:
        Settings.labs += 1
        number = Settings.labs
        env = os.environ
        self.seed = integer("SOFTNET_SEED")
        until = env.get("SOFTNET_UNTIL")
        self.until_ns = time_ns(until, "until") if until else None
        self.faults = env.get("SOFTNET_FAULTS", "")
        self.pcap = numbered(env.get("SOFTNET_PCAP", ""), number)
        self.trace = numbered(env.get("SOFTNET_TRACE", ""), number)
        self.trace_json = bool(env.get("SOFTNET_TRACE_JSON"))
        self.journal = numbered(env.get("SOFTNET_JOURNAL", ""), number)
        self.profile = env.get("SOFTNET_PROFILE", "full")
        self.match = env.get("SOFTNET_MATCH", "")
        self.on = [name for name in env.get("SOFTNET_ON", "").split(",") if name]
        progress = env.get("SOFTNET_PROGRESS")
        on_terminal = sys.stderr.isatty() and self.trace != "-"  # it would run into the trace
        self.progress = on_terminal if not progress else progress != "0"

    def trace_stream(self) -> TextIO:
        """Where the trace goes; LabError if that cannot be written."""
        if self.trace == "-":
            return Settings.stream or sys.stderr
        try:
            return open(self.trace, "w")
        except OSError as e:
            raise LabError(f"cannot write the trace to {self.trace!r}: {e.strerror}") from None


def integer(name: str) -> int | None:
    """A number in the environment; None if it is not there."""
    text = os.environ.get(name)
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise LabError(f"{name}={text!r} is no whole number") from None


def numbered(name: str, number: int) -> str:
    """run.pcapng, run-2.pcapng, ..."""
    if number == 1 or name in ("", "-"):
        return name
    path = Path(name)
    return str(path.with_name(f"{path.stem}-{number}{path.suffix}"))
