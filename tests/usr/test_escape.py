"""What would leave the simulation is caught and named; what hangs it is named too."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from typing import Any

import pytest

from softnet.usr import EscapedError
from softnet.usr.watchdog import watchdog


@pytest.mark.parametrize(
    "escape",
    [
        lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        lambda: os.system("true"),
        os.fork,
        lambda: socket.socket(fileno=0),
    ],
)
def test_escapes_are_named(net: Any, escape: Any) -> None:
    with pytest.raises(EscapedError) as caught:
        net.run(lambda: escape())
    assert "host 'h1'" in str(caught.value)
    assert "test_escape.py:" in str(caught.value)


def test_the_lab_itself_may_do_anything(net: Any) -> None:
    net.run(lambda: None)
    subprocess.run([sys.executable, "-c", ""], check=True)


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
    assert "test_escape.py:" in err
    assert err.count("\n") == 1


def test_the_watchdog_sees_the_program_from_its_signal(net: Any) -> None:
    import signal

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
