"""Child: a real program (curl, a child Python, any binary) that runs on a host of a lab.

usr/binary/ does the work; this is what host.exec() and host.popen() return.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from softnet.kernel.sched import nsleep
from softnet.lab.errors import LabError
from softnet.lab.proc import Proc
from softnet.lab.units import Quantity
from softnet.usr import api as usr

if TYPE_CHECKING:
    from softnet.kernel.sched import Task
    from softnet.lab.node import Node


class Completed(NamedTuple):
    """What host.exec() returns."""

    args: tuple[str, ...]
    returncode: int  # negative: the signal that ended it
    stdout_bytes: bytes
    stderr_bytes: bytes

    @property
    def stdout(self) -> str:
        """What it printed, as text."""
        return self.stdout_bytes.decode("utf-8", "backslashreplace")

    @property
    def stderr(self) -> str:
        """What it complained about, as text."""
        return self.stderr_bytes.decode("utf-8", "backslashreplace")


class Child(Proc):
    """A real program: a Proc that can be sent signals and whose output is kept."""

    def __init__(
        self,
        node: Node,
        args: Sequence[str],
        input: bytes | str = b"",
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        start_ns: int = 0,
    ) -> None:
        self.start_ns = start_ns  # of the lab's time: not before
        self.args = tuple(os.fspath(arg) for arg in args)
        self.input = input.encode() if isinstance(input, str) else input
        self.env = usr.environment(env)
        self.cwd = cwd
        if not args:
            raise LabError(f"which program? write {node.name}.exec('curl', 'http://web/')")
        self.path = usr.find_program(self.args[0], self.env, cwd)
        self.outputs = [-1, -1]  # files of the machine: standard output, standard error
        self.tree: usr.Tree
        Proc.__init__(self, node, Child.begin_program)  # type: ignore[arg-type] # a Child is the Proc

    def begin_program(self, ns: int) -> Task:
        """Start it; again when its host restarts."""
        self.close_output()
        title = os.path.basename(self.args[0])
        self.outputs = [os.memfd_create(f"{title}.{name}") for name in ("stdout", "stderr")]
        stdin = os.memfd_create(f"{title}.stdin")
        os.write(stdin, self.input)
        os.lseek(stdin, 0, os.SEEK_SET)
        start = usr.Start(
            os.fsencode(self.path),
            usr.words(self.args),
            usr.words([f"{name}={value}" for name, value in self.env.items()]),
            os.fsencode(self.cwd) if self.cwd is not None else None,
            (stdin, self.outputs[0], self.outputs[1]),
            (stdin,),
        )
        self.tree = usr.Tree(start, title)
        ns = max(ns, self.start_ns - self.node.lab.world.clock.now)
        return self.node.host.spawn(run_later, ns, self.tree, name=title)

    def __del__(self) -> None:
        self.close_output()

    def close_output(self) -> None:
        """Forget what it printed."""
        for fd in getattr(self, "outputs", ()):
            if fd >= 0:
                os.close(fd)
        self.outputs = [-1, -1]

    @property
    def stdout_bytes(self) -> bytes:
        """What it printed so far."""
        return read_all(self.outputs[0])

    @property
    def stderr_bytes(self) -> bytes:
        """What it complained about so far."""
        return read_all(self.outputs[1])

    @property
    def stdout(self) -> str:
        """What it printed so far, as text."""
        return self.stdout_bytes.decode("utf-8", "backslashreplace")

    @property
    def stderr(self) -> str:
        """What it complained about so far, as text."""
        return self.stderr_bytes.decode("utf-8", "backslashreplace")

    def send_signal(self, signum: int) -> None:
        """Send it a signal, once the lab runs."""
        if not self.finished():
            self.tree.send(signum)

    def terminate(self) -> None:
        """SIGTERM"""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL"""
        self.send_signal(signal.SIGKILL)

    def completed(self) -> Completed:
        """How it ended, and all it printed."""
        return Completed(self.args, self.returncode or 0, self.stdout_bytes, self.stderr_bytes)


def run_later(ns: int, tree: usr.Tree) -> int:
    """A program's task, which begins in ns."""
    nsleep(ns)
    return tree.main()


def run_program(
    node: Node,
    args: Sequence[str],
    input: bytes | str,
    env: Mapping[str, str] | None,
    cwd: str | None,
    timeout: Quantity | None,
) -> Completed:
    """host.exec(): to its end."""
    child = Child(node, args, input, env, cwd)
    node.lab.settle()
    try:
        child.wait(timeout)
    except TimeoutError as e:
        child.kill()
        child.wait()
        for name in ("stdout", "stderr"):
            if text := getattr(child, name):
                e.add_note(f"{name} so far: {text!r}")
        raise
    return child.completed()


def read_all(fd: int) -> bytes:
    """What is in a file so far, wherever its writer stands."""
    if fd < 0:
        return b""
    return os.pread(fd, os.fstat(fd).st_size, 0)
