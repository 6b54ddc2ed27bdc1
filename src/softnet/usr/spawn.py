"""os.posix_spawn() and os.spawnv() of a simulated program, and their kin: children.py starts the child.

What a child of posix_spawn() does to its descriptors before it executes (file_actions) is worked
out beforehand: it is given what would come of that. It begins with 0, 1 and 2 of ours; other
descriptors it has only where dup2 puts them, as simulated ones have numbers that no real process
can have. Every child is its own session, with all signals as they are by default, and none blocked.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import softnet.syscalls as sys_
import softnet.uapi.fcntl as fcntl
from softnet.usr.children import Kid, first_program, start_child, waitpid
from softnet.usr.escape import escaped
from softnet.usr.redef import SIM_FD
from softnet.usr.task import me

CLOSEFROM = getattr(os, "POSIX_SPAWN_CLOSEFROM", -1)  # 3.13


def posix_spawn(path: Any, argv: Any, env: Any, /, **options: Any) -> int:
    """os.posix_spawn(): the pid of the child. OSError as execve() has it; EscapedError."""
    return spawn([os.fsencode(path)], path, argv, env, **options)


def posix_spawnp(path: Any, argv: Any, env: Any, /, **options: Any) -> int:
    """os.posix_spawnp(): the same, looked for in PATH."""
    return spawn(candidates(path), path, argv, env, **options)


def spawn(
    programs: Sequence[bytes],
    path: Any,
    argv: Any,
    env: Any,
    *,
    file_actions: Iterable[tuple[Any, ...]] | None = None,
    setpgroup: int = 0,
    resetids: bool = False,
    setsid: bool = False,
    setsigmask: Iterable[int] = (),
    setsigdef: Iterable[int] = (),
    scheduler: Any = None,
) -> int:
    """Start the first of programs that is there."""
    check_words(argv, "posix_spawn: ")
    if setpgroup or scheduler is not None or list(setsigmask):
        what = "a real process with another group, scheduler or signal mask"
        raise escaped(what, "os.posix_spawn", (path, argv))
    opened: list[int] = []
    try:
        wanted = played_through(file_actions or (), opened)
        where, code = first_program(programs, None)
        if code:
            raise OSError(code, os.strerror(code), path)
        return start_child(where, argv, words_of(env), None, wanted)
    finally:
        for fd in opened:
            os.close(fd)


def played_through(actions: Iterable[tuple[Any, ...]], opened: list[int]) -> dict[int, int]:
    """The child's descriptors: number there -> ours. What had to be opened is added to opened."""
    there = {0: 0, 1: 1, 2: 2}
    for action in actions:
        if not isinstance(action, tuple) or not action:
            raise TypeError("Each file_actions element must be a non-empty tuple")
        kind, *rest = action
        if kind == os.POSIX_SPAWN_OPEN:
            number, path, flags, mode = rest
            opened.append(os.open(path, flags, mode))
            there[number] = opened[-1]
        elif kind == os.POSIX_SPAWN_CLOSE:
            there[rest[0]] = -1
        elif kind == os.POSIX_SPAWN_DUP2:
            fd, number = rest
            there[number] = open_descriptor(there.get(fd, fd))
        elif kind == CLOSEFROM:
            there = {number: fd if number < rest[0] else -1 for number, fd in there.items()}
        else:
            raise TypeError("Unknown file_actions identifier")
    kept = {number: fd for number, fd in there.items() if fd >= 0}
    if any(number >= SIM_FD for number in kept):
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return kept


def open_descriptor(fd: int) -> int:
    """A descriptor of ours. OSError(EBADF)."""
    if fd >= SIM_FD:
        sys_.sys_fcntl(fd, fcntl.F_GETFD)
    else:
        os.fstat(fd)
    return fd


def spawn_and_wait(
    mode: int, file: Any, args: Any, env: Mapping[Any, Any] | None, func: Callable[..., Any]
) -> int:
    """os.spawnv() and the seven others: the pid, or with P_WAIT the exit code."""
    check_words(args, "")
    searched = func.__name__ in ("execvp", "execvpe")
    programs = candidates(file, env) if searched else [os.fsencode(file)]
    path, code = first_program(programs, None)
    if code:
        pid = Kid(me().process, None).pid
    else:
        pid = start_child(path, args, words_of(env), None, {0: 0, 1: 1, 2: 2})
    return pid if mode == os.P_NOWAIT else os.waitstatus_to_exitcode(waitpid(pid, 0)[1])


def candidates(file: Any, env: Mapping[Any, Any] | None = None) -> list[bytes]:
    """Where a program may be that is looked for in PATH."""
    word = os.fsencode(file)
    if b"/" in word:
        return [word]
    return [os.path.join(os.fsencode(folder), word) for folder in os.get_exec_path(env)]


def check_words(argv: Any, whose: str) -> None:
    """TypeError, ValueError: it is no argv."""
    if not isinstance(argv, tuple | list):
        raise TypeError(f"{whose}argv must be a tuple or list")
    if not argv or not argv[0]:
        raise ValueError(f"{whose}argv first element cannot be empty")


def words_of(env: Mapping[Any, Any] | None) -> list[bytes] | None:
    """An environment as C has it; None: ours."""
    if env is None:
        return None
    return [os.fsencode(name) + b"=" + os.fsencode(value) for name, value in env.items()]
