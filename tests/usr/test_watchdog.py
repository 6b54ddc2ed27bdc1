"""A program that computes without end is named, with its line."""

from __future__ import annotations

import signal
import sys
import time
from typing import Any

from softnet.usr.watchdog import watchdog


def test_the_watchdog_names_a_stuck_program(net: Any, capsys: Any) -> None:
    assert watchdog.running

    def program() -> None:
        for _ in range(5):  # what the timer does, a second of computing apart
            watchdog.look(26, sys._getframe())
        time.sleep(1)
        watchdog.look(26, sys._getframe())

    net.run(program)
    err = capsys.readouterr().err
    assert "h1/program has run 5 s of real time without a blocking call at" in err
    assert "test_watchdog.py:" in err
    assert err.count("\n") == 1


def test_the_watchdog_sees_the_program_from_its_signal(net: Any) -> None:
    seen = []
    look = watchdog.look
    real = signal.getsignal(signal.SIGVTALRM)

    def spy(signum: int, frame: Any) -> None:
        look(signum, frame)
        seen.append((watchdog.ticks, frame.f_code.co_name))

    signal.signal(signal.SIGVTALRM, spy)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.01, 0.01)
    try:

        def program() -> None:
            while not seen:
                pass

        net.run(program)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 1.0, 1.0)
        signal.signal(signal.SIGVTALRM, real)
    assert seen[0] == (1, "program")
