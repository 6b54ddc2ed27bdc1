"""Running a function or a script as a program of a host: a process from its first call to its exit.

    process = run_main(host, main, "argument")
    world.run(predicate=process.finished)
    process.result()

As in CPython: when the main function returns, the threads that are no daemons are joined, the
others end, and the descriptors are closed.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from greenlet import GreenletExit  # type: ignore[import-untyped]  # it ships no stubs

import softnet.syscalls as sys_
from softnet.usr.clock import original
from softnet.usr.redef import user_call
from softnet.usr.task import Process, end_thread, interrupted, me, registry
from softnet.usr.threads import adopt_main_thread, join_threads, retire_main_thread


class Spawner(Protocol):
    """What is needed of a softnet.Host."""

    def spawn(
        self, fn: Callable[..., object], *args: object, name: str = "", fd_base: int = 0
    ) -> Any:
        """A process that calls fn(*args), with no open files."""


def run_main(host: Spawner, fn: Callable[..., object], *args: object, name: str = "") -> Process:
    """Start fn(*args) as a program: it runs when the world does. Needs install()."""
    base = registry.take_fd_base()
    title = name or getattr(fn, "__name__", "main")
    task = host.spawn(process_body, fn, args, name=title, fd_base=base)
    return Process(registry.host_of(task.machine), task, base)


def run_path(host: Spawner, path: str | os.PathLike[str], argv: Sequence[str] = ()) -> Process:
    """Start the script at path as __main__, with its sys.argv."""
    path = os.fspath(path)
    return run_main(host, script, path, [path, *argv], name=os.path.basename(path))


def script(path: str, argv: list[str]) -> None:
    """python PATH ARGV..."""
    saved = sys.argv, sys.path
    sys.argv = argv
    sys.path = [os.path.dirname(os.path.abspath(path)), *sys.path]
    try:
        runpy.run_path(path, run_name="__main__")
    finally:
        sys.argv, sys.path = saved


def process_body(fn: Callable[..., object], args: tuple[object, ...]) -> object:
    """A process's main thread, in kernel mode but for fn."""
    process = me().process
    try:
        adopt_main_thread(process)
        try:
            return user_call(fn, *args)
        except GreenletExit:
            raise
        except SystemExit:
            raise
        except BaseException as e:
            when = sys_.sys_clock_gettime() / 10**9
            e.add_note(
                f"softnet: in {process.host.machine.name}/{process.name},"
                f" at {when:.6f} s of virtual time"
            )
            raise
        finally:
            if process.task.killed is None and not process.exiting:
                user_call(join_threads, process)
    finally:
        exit_process(process)


def exit_process(process: Process) -> None:
    """do_exit() of the main thread: the others end first, unless somebody ends us all."""
    if process.task.killed is None:
        process.exiting = True
        process.kill_others(process.main)
        while len(process.threads) > 1:
            try:
                sys_.sys_futex_wait(process.all_gone)
            except InterruptedError:
                interrupted()
    retire_main_thread(process)
    end_thread()


def report_thread_exception(args: Any, /) -> Any:
    """threading's excepthook: say whose thread it is, then what every program would print."""
    thread = me()
    stderr = sys.stderr
    if stderr is not None and args.exc_type is not SystemExit:
        when = sys_.sys_clock_gettime() / 10**9
        name = args.thread.name if args.thread is not None else thread.task.name
        stderr.write(
            f"softnet: host {thread.process.host.machine.name!r}, {thread.process.name}, thread"
            f" {name!r}, at {when:.6f} s of virtual time:\n"
        )
    return threading.__excepthook__(args)  # the redirect lets kernel mode pass


def make_invoke_excepthook() -> Callable[[threading.Thread], None]:
    """threading._make_invoke_excepthook(): a thread that is killed with its program is no error."""
    invoke = original("threading._make_invoke_excepthook")()

    def invoke_unless_killed(thread: threading.Thread) -> None:
        if not isinstance(sys.exc_info()[1], GreenletExit):
            invoke(thread)

    return invoke_unless_killed
