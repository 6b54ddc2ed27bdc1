"""What /proc says of a real process and its threads."""

from __future__ import annotations

import os
import signal
from typing import NamedTuple

IGNORED = {int(signal.SIGCHLD), int(signal.SIGURG), int(signal.SIGWINCH), int(signal.SIGCONT)}
STOPS = {int(signal.SIGSTOP), int(signal.SIGTSTP), int(signal.SIGTTIN), int(signal.SIGTTOU)}
CATCHES, FATAL, NOTHING = "catches", "fatal", "nothing"


class Status(NamedTuple):
    """Of /proc/TID/status."""

    name: str
    state: str  # R S D Z X
    tgid: int
    ppid: int
    blocked: int  # signal masks: bit number - 1
    ignored: int
    caught: int
    pending: int  # for the thread, or for any of its process

    def fate(self, signum: int) -> str:
        """What a signal does to it."""
        bit = 1 << (signum - 1)
        if signum == signal.SIGKILL:
            return FATAL
        if self.blocked & bit or self.ignored & bit:
            return NOTHING
        if self.caught & bit:
            return CATCHES
        return NOTHING if signum in IGNORED or signum in STOPS else FATAL


def status_of(tid: int) -> Status | None:
    """None if there is no such thread."""
    try:
        with open(f"/proc/{tid}/status") as file:
            rows = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    except OSError:
        return None
    return Status(
        rows["Name"],
        rows["State"][:1],
        int(rows["Tgid"]),
        int(rows["PPid"]),
        int(rows["SigBlk"], 16),
        int(rows["SigIgn"], 16),
        int(rows["SigCgt"], 16),
        int(rows["SigPnd"], 16) | int(rows["ShdPnd"], 16),
    )


def cpu_ticks(tid: int) -> tuple[str, int]:
    """(state, CPU time it has used in clock ticks); ("X", 0) if it is gone."""
    try:
        with open(f"/proc/{tid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return "X", 0
    return fields[0], int(fields[11]) + int(fields[12])


def kernel_call(tid: int) -> int:
    """The number of the system call that it sleeps in; -1: unknown."""
    try:
        with open(f"/proc/{tid}/syscall") as file:
            word = file.read().split()[0]
    except (OSError, IndexError):
        return -1
    return int(word) if word.lstrip("-").isdigit() else -1


def gone(pid: int, tid: int) -> bool:
    """Has a thread ended? The first thread of a process that has others stays as a zombie."""
    if not os.path.exists(f"/proc/{pid}/task/{tid}"):
        return True
    return cpu_ticks(tid)[0] in ("Z", "X")
