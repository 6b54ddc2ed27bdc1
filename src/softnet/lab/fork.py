"""lab.fork(): one past, several futures, compared.

Each future runs in a child process made by os.fork(): memory, the stacks of programs and the luck of
links are copied as they are, so a future is what the run itself would have done. Its value, an
exception and a journal of what happened come back through a pipe; files that the lab writes are
the parent's alone. Only what pickles can be a value.
"""

from __future__ import annotations

import os
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from softnet.kernel.sched import current
from softnet.lab.capture import Capture
from softnet.lab.connection import Connection
from softnet.lab.errors import LabError, unknown
from softnet.lab.journal import Journal, Lines, first_difference
from softnet.lab.trace import LabTrace
from softnet.usr import api as usr

if TYPE_CHECKING:
    from softnet.lab.topology import Lab


@dataclass
class Future:
    """What became of one future."""

    value: object = None  # what its function returned
    error: str = ""  # what it raised, as "KeyError: 'x'"
    now: float = 0.0  # virtual seconds at its end
    digest: str = ""  # of what happened since the fork
    journal: list[str] = field(default_factory=list)  # the same, line by line
    drops: str = ""


class Futures:
    """The futures of a lab by name."""

    def __init__(self, futures: dict[str, Future]) -> None:
        self.futures = futures

    def __getitem__(self, name: str) -> Future:
        found = self.futures.get(name)
        if found is None:
            raise unknown("future", name, self.futures)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.futures)

    def difference(self, one: str, other: str) -> str:
        """The first happening in which two futures differ, as text; "" if they are the same."""
        found = first_difference(self[one].journal, self[other].journal)
        if found is None:
            return ""
        n, line, another = found
        width = max(len(one), len(other))
        return f"after {n} happenings in common:\n  {one:<{width}}  {line}\n  {other:<{width}}  {another}"


def fork(lab: Lab, futures: dict[str, Callable[[], object]]) -> Futures:
    """lab.fork()"""
    if current() is not None or lab.world.running:
        raise LabError("fork() is for whoever runs the lab: a program or an event of it cannot")
    if not lab.world.clock.virtual:
        raise LabError("fork() needs virtual time: the real world has one future only")
    if programs := usr.running_on(lab.world):
        raise LabError(f"fork() cannot copy real programs: {', '.join(programs)} runs")
    wrong = [name for name, fn in futures.items() if not callable(fn)]
    if wrong or not futures:
        what = f"{wrong[0]} is no function" if wrong else "it has no future"
        raise LabError(f"fork(): {what}: write lab.fork(calm=work.wait, cut=function)")
    lab.settle_routes()
    return Futures({name: run_apart(lab, fn) for name, fn in futures.items()})


def run_apart(lab: Lab, fn: Callable[[], object]) -> Future:
    """One future, in a child process."""
    for capture in captures(lab):
        capture.file.flush()
    flush(lab)
    receive, send = os.pipe()
    with warnings.catch_warnings():
        # 3.12 warns of threads that hold locks: programs' threads are none of the system's.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        os.close(receive)
        child(lab, fn, send)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        data = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status or not data:
        raise LabError(f"a future ended with status {status} and without a word")
    found: Future = pickle.loads(data)
    return found


def child(lab: Lab, fn: Callable[[], object], send: int) -> None:
    """The child's life: it never returns."""
    status = 1
    try:
        keep_off_files(lab)
        data = pickle.dumps(live(lab, fn))
        with os.fdopen(send, "wb") as pipe:
            pipe.write(data)
        flush(lab)
        status = 0
    finally:
        os._exit(status)


def captures(lab: Lab) -> list[Capture]:
    """Those that write."""
    return [o for o in lab.observers if isinstance(o, Capture)]


def flush(lab: Lab) -> None:
    """Write what waits in streams: a child has a copy of their buffers."""
    traces = [o.stream for o in lab.observers if isinstance(o, LabTrace | Connection)]
    for stream in (sys.stdout, sys.stderr, *traces):
        if stream is not None:
            stream.flush()


def live(lab: Lab, fn: Callable[[], object]) -> Future:
    """Run fn and note what happens."""
    lines = Lines()
    journal = Journal(lines.write)
    lab.world.digest = journal
    for link in lab.links.values():
        link.cable.digest = journal
    future = Future(journal=lines)
    try:
        future.value = fn()
        pickle.dumps(future.value)
    except Exception as e:  # noqa: BLE001 (it is the child's result)
        future.value = None
        future.error = f"{type(e).__name__}: {e}"
    future.journal = list(lines)
    future.now = lab.now
    future.digest = journal.hexdigest()
    future.drops = lab.drops()
    return future


def keep_off_files(lab: Lab) -> None:
    """What the child writes to the lab's captures goes nowhere: they are the parent's."""
    null = os.open(os.devnull, os.O_WRONLY)
    for capture in captures(lab):
        try:
            os.dup2(null, capture.file.fileno())
        except OSError:  # a buffer in memory is a copy already
            continue
