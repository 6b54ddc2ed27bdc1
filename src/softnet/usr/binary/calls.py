"""The table of system calls that stop, and what answers each.

An answer is a function (thread, args) -> int: what the call returns. OSError is the call's error; PASS
lets the real kernel make it, GONE means that it was seen to already.
"""

from __future__ import annotations

import errno
from typing import Any

from softnet.usr.binary import (
    calls_file,
    calls_futex,
    calls_net,
    calls_poll,
    calls_proc,
    calls_rw,
    calls_signal,
    calls_time,
)
from softnet.usr.binary.answers import GONE, PASS, Answer
from softnet.usr.binary.listener import Call
from softnet.usr.binary.trap import NUMBERS

ANSWERS: dict[str, Answer] = {
    **calls_net.ANSWERS,
    **calls_rw.ANSWERS,
    **calls_poll.ANSWERS,
    **calls_time.ANSWERS,
    **calls_futex.ANSWERS,
    **calls_proc.ANSWERS,
    **calls_signal.ANSWERS,
    **calls_file.ANSWERS,
}
# A signal's handler ends these with EINTR, whatever it was installed with. The kernel begins every call
# anew that stood at our door, if SA_RESTART is set: the second one is answered so. What was
# done when the signal came (data read, say) is the answer to the second one of any call.
BROKEN_BY_SIGNALS = {
    NUMBERS[name]
    for name in (
        "pause", "rt_sigsuspend", "rt_sigtimedwait", "nanosleep", "clock_nanosleep", "poll",
        "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2",
    )
    if name in NUMBERS
}  # fmt: skip
TRAPS = tuple(ANSWERS)
BY_NUMBER = {NUMBERS[name]: fn for name, fn in ANSWERS.items() if name in NUMBERS}


def answer(thread: Any, call: Call) -> None:
    """Make the call on the host and answer it."""
    listener = thread.tree.listener
    broken = thread.broken
    if broken is not None and call.nr == broken[0].nr:
        thread.broken = None
        if call.args == broken[0].args:
            listener.answer(call, broken[1])
            return
    try:
        value = BY_NUMBER[call.nr](thread, call.args)
    except OSError as e:
        value = -(e.errno or errno.EIO)
    if value == PASS:
        listener.let_pass(call)
    elif value != GONE and not listener.answer(call, value):
        if value != -errno.EINTR or call.nr in BROKEN_BY_SIGNALS:
            thread.broken = (call, value)
