"""Proc: a program that runs, or ran, on a host of a lab."""

from __future__ import annotations

import io
import signal
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from greenlet import GreenletExit  # type: ignore[import-untyped]  # it ships no stubs

from softnet.kernel.sched import Task, current, need_current
from softnet.lab.errors import HostCrashed, LabError
from softnet.lab.units import Quantity, time_ns
from softnet.usr import api as usr

if TYPE_CHECKING:
    from softnet.lab.node import Node
    from softnet.usr.task import Process


class Proc:
    """What host.start() returns."""

    def __init__(self, node: Node, begin: Callable[[Proc, int], Process | Task]) -> None:
        self.node = node
        self.begin = begin
        self.output: io.StringIO | None = None
        self.process = begin(self, 0)
        self.boots = node.host.boots  # of its host, when it began

    def begin_again(self) -> None:
        """Its host restarts."""
        self.process = self.begin(self, 0)
        self.boots = self.node.host.boots

    def __repr__(self) -> str:
        state = "finished" if self.finished() else "running"
        return f"<Proc {self.node.name}/{self.name} pid {self.pid} {state}>"

    @property
    def name(self) -> str:
        """The program's name."""
        return self.process.name

    @property
    def pid(self) -> int:
        """Its process id on its host."""
        return self.process.pid

    @property
    def stdout(self) -> str:
        """What a tool, or a program of a lab that isolates, printed so far.

        "" for a program of other labs, whose print() is the lab's own.
        """
        return self.output.getvalue() if self.output is not None else self.printed()[0]

    @property
    def stderr(self) -> str:
        """The same for sys.stderr."""
        return self.printed()[1]

    def printed(self) -> tuple[str, str]:
        """The streams of an isolated host's program."""
        return ("", "") if isinstance(self.process, Task) else usr.streams_of(self.process)

    def finished(self) -> bool:
        """Is it over?"""
        return self.process.finished()

    @property
    def returncode(self) -> int | None:
        """None while it runs; 0, the code given to sys.exit(), 1 after an exception, -9 if killed."""
        if not self.finished():
            return None
        try:
            result = self.process.result()
        except Exception:  # noqa: BLE001 (whatever the program let out means failure)
            return 1
        if isinstance(result, GreenletExit):
            return result.args[0] if result.args else -signal.SIGKILL
        return result if isinstance(result, int) and not isinstance(result, bool) else 0

    def wait(self, timeout: Quantity | None = None) -> object:
        """Run the lab until it ends; what it returned. Raises what it raised.

        timeout: virtual time; TimeoutError if it is not over by then.
        """
        lab = self.node.lab
        if current() is not None:
            usr.kernel_call(self.join, timeout)
            return self.result()
        until = None if timeout is None else lab.world.clock.now + time_ns(timeout, "timeout")
        why = lab.run_loop(until, self.finished)
        if not self.finished():
            if why == "idle":
                raise LabError(
                    f"{self!r} waits for something that cannot happen any more: nothing is left "
                    f"to do in this lab\n{lab.blocked()}"
                )
            raise TimeoutError(f"{self!r} is not over after {timeout!r} of virtual time")
        return self.result()

    def join(self, timeout: Quantity | None) -> None:
        """wait() of a program of the lab: other programs run meanwhile."""
        task = self.process if isinstance(self.process, Task) else self.process.task
        clock = self.node.lab.world.clock
        ns = -1 if timeout is None else time_ns(timeout, "timeout")
        deadline = clock.now + ns
        while not task.join(ns):
            need_current().signalled = False
            if ns >= 0:
                ns = deadline - clock.now
                if ns <= 0:
                    raise TimeoutError(f"{self!r} is not over after {timeout!r} of virtual time")

    def result(self) -> object:
        """What it returned; raises what it raised, with its own traceback below the caller's.

        None if it was killed; HostCrashed if its host lost power.
        """
        try:
            result = self.process.result()
        except Exception as e:
            e.add_note(
                f"raised on host {self.node.name!r} in {self.name!r}, at {self.node.lab.now}"
            )
            raise
        if not isinstance(result, GreenletExit):
            return result
        if not self.node.powered or self.boots != self.node.host.boots:
            raise HostCrashed(f"host {self.node.name!r} lost power while {self.name!r} ran on it")
        return None

    def traceback(self) -> str:
        """The traceback of the exception that ended it, "" if there was none."""
        try:
            self.process.result()
        except Exception as e:  # noqa: BLE001 (asked for)
            return "".join(traceback.format_exception(e))
        return ""

    def kill(self) -> None:
        """End it as SIGKILL does."""
        self.process.kill()
