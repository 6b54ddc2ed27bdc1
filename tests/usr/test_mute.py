"""A killed program says nothing more; everybody else is heard."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
import sys
import threading
import time
from typing import Any

from softnet.usr.mute import silence


def heard(fn: Any) -> str:
    """What fn() writes to stdout and stderr."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        fn()
    return out.getvalue()


def talker() -> None:
    try:
        print("begins")
        time.sleep(1000)
    except BaseException:
        logging.getLogger("talker").critical("I was cancelled")
        raise
    finally:
        print("finally")


def test_a_killed_program_is_mute_and_the_killer_is_not(bench: Any) -> None:
    def lab() -> None:
        process = bench.start(talker)
        bench.world.run(10**9)
        process.kill()
        bench.world.run(predicate=process.finished)
        print("over")

    assert heard(lab) == "begins\nover\n"


def test_daemon_threads_end_without_a_word(bench: Any) -> None:
    def program() -> None:
        threading.Thread(target=talker, daemon=True).start()
        time.sleep(1)
        print("main ends")

    assert heard(lambda: bench.run(program)) == "begins\nmain ends\n"


def test_exit_now_is_mute(bench: Any) -> None:
    def program() -> None:
        try:
            os._exit(3)
        finally:
            print("finally")

    assert heard(lambda: bench.run(program)) == ""
    assert not logging.root.manager.disable


def test_an_event_loop_that_is_crashed_logs_nothing(net: Any) -> None:
    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            print("cancelled")
            raise

    def lab() -> None:
        net.start(lambda: asyncio.run(forever()))
        net.world.run(10**9)
        for process in list(net.start(lambda: None).host.processes.values()):
            process.kill()
        net.world.run(2 * 10**9)

    assert heard(lab) == ""


def test_silence_gives_everything_back() -> None:
    streams = sys.stdout, sys.stderr, sys.unraisablehook
    with silence(), silence():
        assert sys.stdout.write("abc") == 3  # as a stream says it
        assert not sys.stdout.isatty()
        print("nothing", flush=True)
    assert (sys.stdout, sys.stderr, sys.unraisablehook) == streams
