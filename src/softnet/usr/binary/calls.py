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
    **calls_file.ANSWERS,
}
TRAPS = tuple(ANSWERS)
BY_NUMBER = {NUMBERS[name]: fn for name, fn in ANSWERS.items() if name in NUMBERS}


def answer(thread: Any, call: Call) -> None:
    """Make the call on the host and answer it."""
    listener = thread.tree.listener
    try:
        value = BY_NUMBER[call.nr](thread, call.args)
    except OSError as e:
        value = -(e.errno or errno.EIO)
    if value == PASS:
        listener.let_pass(call)
    elif value != GONE:
        listener.answer(call, value)
