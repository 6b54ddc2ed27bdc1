"""signal: handlers, pending signals and timers of a simulated process.

A signal ends the main thread's interruptible system call with EINTR; that runs the handlers and
goes on, as PEP 475 says. What the main thread sends itself is handled at once.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import Any

from greenlet import GreenletExit  # type: ignore[import-untyped]  # it ships no stubs

import softnet.syscalls as sys_
import softnet.uapi.fcntl as fcntl
from softnet.usr.clock import NS, timeout_ns
from softnet.usr.redef import mute_me, user_call
from softnet.usr.task import (
    Process,
    end_thread,
    host,
    me,
    run_signals,
    signal_runner,
    start_thread,
)

SIG_DFL = int(signal.SIG_DFL)
SIG_IGN = int(signal.SIG_IGN)
SIGINT = int(signal.SIGINT)
SIGPIPE = int(signal.SIGPIPE)
SIGALRM = int(signal.SIGALRM)
NSIG = int(signal.NSIG)
SI_USER = 0
IGNORED = {int(signal.SIGCHLD), int(signal.SIGURG), int(signal.SIGWINCH), int(signal.SIGCONT)}
SOCK_STREAM = 1
MSG_NOSIGNAL = 0x4000
UNCATCHABLE = {int(signal.SIGKILL), int(signal.SIGSTOP)}
ITIMER_REAL = int(signal.ITIMER_REAL)


def check_number(signum: Any) -> int:
    """A signal number; ValueError."""
    number = int(signum)
    if not 1 <= number < NSIG:
        raise ValueError("signal number out of range")
    return number


def handler_of(process: Process, signum: int) -> Any:
    """What signal.getsignal() says."""
    default: Any = SIG_DFL
    if signum == SIGINT:
        default = signal.default_int_handler
    elif signum == SIGPIPE:
        default = SIG_IGN
    return process.handlers.get(signum, default)


def need_main_thread(what: str) -> Process:
    """The process, if this is its main thread; ValueError."""
    thread = me()
    if thread is not thread.process.main:
        raise ValueError(f"{what} only works in main thread of the main interpreter")
    return thread.process


def set_handler(signum: Any, handler: Any, /) -> Any:
    """_signal.signal()"""
    if not (callable(handler) or handler in (SIG_DFL, SIG_IGN)):
        raise TypeError(
            "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object"
        )
    process = need_main_thread("signal")
    number = check_number(signum)
    if number in UNCATCHABLE:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    old = handler_of(process, number)
    process.handlers[number] = handler if callable(handler) else int(handler)
    return old


def getsignal(signum: Any, /) -> Any:
    """_signal.getsignal()"""
    return handler_of(me().process, check_number(signum))


def siginterrupt(signum: Any, flag: Any, /) -> None:
    """_signal.siginterrupt(): every handler interrupts, and Python goes on by itself."""
    check_number(signum)


def set_wakeup_fd(fd: int, /, *, warn_on_full_buffer: bool = True) -> int:
    """_signal.set_wakeup_fd()"""
    process = need_main_thread("set_wakeup_fd")
    if fd != -1 and not sys_.sys_fcntl(fd, fcntl.F_GETFL) & fcntl.O_NONBLOCK:
        raise ValueError(f"the fd {fd} must be in non-blocking mode")
    old = process.wakeup_fd
    process.wakeup_fd = fd
    return old


def raise_signal(signum: Any, /) -> None:
    """_signal.raise_signal()"""
    send(me().process, check_number(signum))


def kill(pid: int, signum: Any, /) -> None:
    """os.kill(): a process of this host."""
    state = host()
    kid = state.kids.get(pid)
    if kid is not None:
        if kid.status < 0 and kid.tree is not None and int(signum):
            kid.tree.send(check_number(signum))
        return
    process = state.processes.get(pid)
    if process is None or process.finished():
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
    number = int(signum)
    if number:
        send(process, check_number(number))


def pthread_kill(ident: int, signum: Any, /) -> None:
    """_signal.pthread_kill()"""
    process = me().process
    if ident not in process.threads:
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
    if int(signum):
        send(process, check_number(signum))


def killpg(pgid: int, signum: Any, /) -> None:
    """os.killpg(): each process is a group of its own; 0 is one's own."""
    kill(pgid or me().process.pid, signum)


def abort() -> None:
    """os.abort(): SIGABRT, which no handler can stop."""
    process = me().process
    process.handlers.pop(int(signal.SIGABRT), None)
    end_by(process, int(signal.SIGABRT))


def pidfd(*args: Any) -> int:
    """os.pidfd_open(), signal.pidfd_send_signal(): of a later Linux."""
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def send(process: Process, signum: int) -> None:
    """Make signum pending; the main thread that sends to itself handles it before it goes on."""
    if signum in UNCATCHABLE:
        end_by(process, signum)
        return
    process.pending.append(signum)
    if process.main is me():
        run_signals()
        return
    process.main.task.signal_wake_up()


def broken_pipe(kind: int, flags: int) -> None:
    """Writing to a stream that nobody reads: SIGPIPE, if the program wants to hear of it at all.

    kind: the socket's type; flags: MSG_NOSIGNAL keeps it quiet. Python ignores the signal unless a
    program says otherwise, and so EPIPE alone is what most see.
    """
    if kind != SOCK_STREAM or flags & MSG_NOSIGNAL:
        return
    process = me().process
    if handler_of(process, SIGPIPE) != SIG_IGN:
        send(process, SIGPIPE)


def handle_pending() -> None:
    """Run the handlers of what is pending and not blocked, if this is the main thread."""
    thread = me()
    process = thread.process
    if thread is not process.main:
        return
    blocked = []
    while process.pending:
        signum = process.pending.popleft()
        if signum in process.sigmask:
            blocked.append(signum)
            continue
        handler = handler_of(process, signum)
        if callable(handler):
            write_wakeup(process, signum)
            user_call(handler, signum, sys._getframe())
        elif handler == SIG_DFL and signum not in IGNORED:
            end_by(process, signum)
    process.pending.extend(blocked)


def write_wakeup(process: Process, signum: int) -> None:
    """What C's trip_signal() does; a full pipe is nobody's trouble."""
    if process.wakeup_fd < 0:
        return
    try:
        sys_.sys_write(process.wakeup_fd, bytes((signum,)))
    except OSError:
        return


def end_by(process: Process, signum: int) -> None:
    """The default action: the process is gone, with the status that a shell would see."""
    process.task.value = -signum
    process.kill()
    if me().process is process:
        mute_me()
        raise GreenletExit(-signum)


def default_int_handler(signum: int, frame: object, /) -> None:
    """_signal.default_int_handler()"""
    raise KeyboardInterrupt


# Timers


def alarm(seconds: int, /) -> int:
    """_signal.alarm()"""
    left = setitimer(ITIMER_REAL, seconds)[0]
    return -int(-left // 1)


def setitimer(which: int, seconds: float, interval: float = 0.0, /) -> tuple[float, float]:
    """_signal.setitimer(): of real, that is virtual, time."""
    process = me().process
    if which != ITIMER_REAL:
        if which in (signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
            return 0.0, 0.0  # computing takes no virtual time: it would never expire
        raise signal.ItimerError(errno.EINVAL, os.strerror(errno.EINVAL))
    if seconds < 0 or interval < 0:
        raise signal.ItimerError(errno.EINVAL, os.strerror(errno.EINVAL))
    old = getitimer(which)
    process.timers.pop(which, None)
    if seconds > 0:
        due = sys_.sys_clock_gettime() + timeout_ns(seconds)
        row = [due, timeout_ns(interval)]
        process.timers[which] = row
        start_thread(timer_body, process, which, row, name="itimer")
    return old


def getitimer(which: int, /) -> tuple[float, float]:
    """_signal.getitimer()"""
    row = me().process.timers.get(which)
    if row is None:
        return 0.0, 0.0
    return max(row[0] - sys_.sys_clock_gettime(), 0) / NS, row[1] / NS


def timer_body(process: Process, which: int, row: list[int]) -> None:
    """A kernel timer as a thread of the process: sleeps, sends SIGALRM, and again."""
    try:
        while process.timers.get(which) is row:
            left = row[0] - sys_.sys_clock_gettime()
            if left > 0:
                sys_.sys_nanosleep(left)
                continue
            if row[1]:
                row[0] += row[1]
            else:
                del process.timers[which]
            send(process, SIGALRM)
    finally:
        end_thread()


# Waiting and masks


def pause() -> None:
    """_signal.pause(): until a handler has run."""
    process = me().process
    futex = sys_.new_futex("pause")
    while True:
        try:
            sys_.sys_futex_wait(futex)
        except InterruptedError:
            me().task.signalled = False
            had = bool(process.pending)
            run_signals()
            if had:
                return


def pthread_sigmask(how: int, mask: Any, /) -> set[signal.Signals]:
    """_signal.pthread_sigmask()"""
    process = me().process
    old = {signal.Signals(n) for n in process.sigmask}
    numbers = {check_number(n) for n in mask}
    if how == signal.SIG_BLOCK:
        process.sigmask |= numbers
    elif how == signal.SIG_UNBLOCK:
        process.sigmask -= numbers
    elif how == signal.SIG_SETMASK:
        process.sigmask = numbers
    else:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    process.sigmask -= UNCATCHABLE
    run_signals()
    return old


def sigpending() -> set[int]:
    """_signal.sigpending()"""
    process = me().process
    return {n for n in process.pending if n in process.sigmask}


def sigwait(sigset: Any, /) -> int:
    """_signal.sigwait()"""
    signum = wait_for_signal(sigset, -1)
    assert signum is not None
    return signum


def sigwaitinfo(sigset: Any, /) -> signal.struct_siginfo:
    """_signal.sigwaitinfo()"""
    return siginfo(sigwait(sigset))


def sigtimedwait(sigset: Any, timeout: float, /) -> signal.struct_siginfo | None:
    """_signal.sigtimedwait()"""
    if timeout < 0:
        raise ValueError("timeout must be non-negative")
    signum = wait_for_signal(sigset, sys_.sys_clock_gettime() + timeout_ns(timeout))
    return None if signum is None else siginfo(signum)


def siginfo(signum: int) -> signal.struct_siginfo:
    """As from os.kill() by the process itself."""
    pid = sys_.sys_getpid()
    return signal.struct_siginfo((signum, SI_USER, 0, pid, os.getuid(), 0, 0))


def wait_for_signal(sigset: Any, until: int) -> int | None:
    """The first pending signal of a set; None when until comes (the world's time; -1: never)."""
    process = me().process
    wanted = {check_number(n) for n in sigset}
    futex = sys_.new_futex("sigwait")
    while True:
        for signum in process.pending:
            if signum in wanted:
                process.pending.remove(signum)
                return signum
        left = -1
        if until >= 0:
            left = until - sys_.sys_clock_gettime()
            if left <= 0:
                return None
        try:
            sys_.sys_futex_wait(futex, left)
        except InterruptedError:
            me().task.signalled = False
            if any(n not in wanted for n in process.pending):
                run_signals()


signal_runner[:] = [handle_pending]
