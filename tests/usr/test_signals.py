"""Signals of simulated processes."""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
import time
from typing import Any

import pytest
from greenlet import GreenletExit  # type: ignore[import-untyped]  # it ships no stubs


def test_a_handler_runs_and_the_sleep_goes_on(net: Any) -> None:
    def program() -> Any:
        seen: list[Any] = []
        old = signal.signal(signal.SIGUSR1, lambda n, f: seen.append((n, time.monotonic())))
        assert old == signal.SIG_DFL
        pid = os.getpid()
        threading.Timer(2, os.kill, (pid, signal.SIGUSR1)).start()
        start = time.monotonic()
        time.sleep(5)
        return seen[0][0], round(seen[0][1], 3), round(time.monotonic() - start, 3)

    real = signal.getsignal(signal.SIGUSR1)
    assert net.run(program) == (signal.SIGUSR1, 2.0, 5.0)
    assert signal.getsignal(signal.SIGUSR1) == real


def test_raise_signal_and_defaults(net: Any) -> None:
    def program() -> Any:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGCHLD)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
        with pytest.raises(ValueError, match="range"):
            signal.signal(999, signal.SIG_IGN)
        with pytest.raises(TypeError):
            signal.signal(2, "x")  # type: ignore[arg-type]
        return True

    assert net.run(program)


def test_a_signal_ends_another_process(net: Any) -> None:
    pids = []

    def victim() -> None:
        pids.append(os.getpid())
        time.sleep(1000)

    def killer() -> Any:
        time.sleep(1)
        os.kill(pids[0], 0)
        os.kill(pids[0], signal.SIGTERM)
        time.sleep(1)
        with pytest.raises(ProcessLookupError):
            os.kill(pids[0], 0)

    process = net.start(victim)
    net.run(killer)
    assert process.finished()


def test_ctrl_c_interrupts_whatever_blocks(net: Any) -> None:
    def program() -> Any:
        waits = (
            lambda: time.sleep(100),
            lambda: threading.Event().wait(),
            lambda: select.select([os.pipe()[0]], [], []),
            lambda: os.read(os.pipe()[0], 1),
            lambda: threading.Thread(target=time.sleep, args=(3,), daemon=True).join,
        )
        ends = []
        for wait in waits[:4]:
            start = time.monotonic()
            threading.Timer(1, signal.raise_signal, (signal.SIGINT,)).start()
            with pytest.raises(KeyboardInterrupt):
                wait()
            ends.append(round(time.monotonic() - start, 2))
        return ends

    assert net.run(program) == [1.0] * 4


def test_alarm_and_itimers(net: Any) -> None:
    def program() -> Any:
        seen: list[float] = []
        signal.signal(signal.SIGALRM, lambda n, f: seen.append(round(time.monotonic(), 3)))
        signal.setitimer(signal.ITIMER_REAL, 1.5, 0.5)
        time.sleep(2.75)
        assert signal.setitimer(signal.ITIMER_REAL, 0)[1] == 0.5
        assert signal.alarm(10) == 0
        assert signal.alarm(2) == 10
        signal.pause()
        return seen

    assert net.run(program) == [1.5, 2.0, 2.5, 4.75]


def test_set_wakeup_fd(net: Any) -> None:
    def program() -> Any:
        r, w = os.pipe()
        with pytest.raises(ValueError, match="non-blocking"):
            signal.set_wakeup_fd(w)
        os.set_blocking(w, False)
        assert signal.set_wakeup_fd(w) == -1
        signal.signal(signal.SIGUSR2, lambda n, f: None)
        signal.raise_signal(signal.SIGUSR2)
        got = os.read(r, 10)
        assert signal.set_wakeup_fd(-1) == w
        return got

    assert net.run(program) == bytes([signal.SIGUSR2])


def test_only_the_main_thread_sets_handlers(net: Any) -> None:
    def program() -> Any:
        caught: list[str] = []

        def worker() -> None:
            try:
                signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            except ValueError as e:
                caught.append(str(e))

        t = threading.Thread(target=worker)
        t.start()
        t.join()
        return caught

    assert net.run(program) == ["signal only works in main thread of the main interpreter"]


def test_masks(net: Any) -> None:
    def program() -> Any:
        seen: list[int] = []
        signal.signal(signal.SIGUSR1, lambda n, f: seen.append(n))
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        signal.raise_signal(signal.SIGUSR1)
        assert not seen
        assert signal.sigpending() == {signal.SIGUSR1}
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
        assert seen == [signal.SIGUSR1]
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
        threading.Timer(1, os.kill, (os.getpid(), signal.SIGUSR2)).start()
        return signal.sigwait([signal.SIGUSR2]), round(time.monotonic(), 3)

    assert net.run(program) == (signal.SIGUSR2, 1.0)


def test_groups_and_abort_stay_in_the_simulation(bench: Any) -> None:
    def program() -> None:
        got: list[int] = []
        signal.signal(signal.SIGUSR1, lambda n, frame: got.append(n))
        os.killpg(0, signal.SIGUSR1)
        assert got == [signal.SIGUSR1]
        with pytest.raises(ProcessLookupError):
            os.killpg(os.getpid() + 77, signal.SIGTERM)
        with pytest.raises(OSError, match="not implemented"):
            os.pidfd_open(os.getpid())
        os.abort()

    assert isinstance(bench.run(program), GreenletExit)


def test_waiting_for_a_signal_for_some_time(bench: Any) -> None:
    def program() -> Any:
        mine = {signal.SIGUSR1}
        signal.pthread_sigmask(signal.SIG_BLOCK, mine)
        start = time.monotonic()
        nothing = signal.sigtimedwait(mine, 2.5)
        waited = time.monotonic() - start
        os.kill(os.getpid(), signal.SIGUSR1)
        return nothing, waited, signal.sigwaitinfo(mine).si_signo

    assert bench.run(program) == (None, 2.5, signal.SIGUSR1)


def test_sigpipe_comes_to_who_handles_it(net: Any) -> None:
    def program() -> Any:
        caught: list[int] = []

        def broken(fn: Any, *args: Any) -> int:
            with pytest.raises(BrokenPipeError):
                fn(*args)
            return len(caught)

        seen = []
        a, b = socket.socketpair()
        b.close()
        r, w = os.pipe()
        os.close(r)
        seen.append(broken(a.send, b"x"))  # Python ignores the signal
        signal.signal(signal.SIGPIPE, lambda number, _: caught.append(number))
        seen += [
            broken(a.send, b"x"),
            broken(a.sendall, b"x"),
            broken(a.sendmsg, [b"x"]),
            broken(os.write, w, b"x"),
            broken(a.send, b"x", socket.MSG_NOSIGNAL),
        ]
        a.close()
        os.close(w)
        a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        b.close()
        seen.append(broken(a.send, b"x"))  # only streams have it
        a.close()
        return seen

    assert net.run(program) == [0, 1, 2, 3, 4, 4, 4]
