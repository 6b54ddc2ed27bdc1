"""subprocess of a simulated program: its children are real programs on the same host (usr/binary/).

_posixsubprocess.fork_exec(), on which subprocess, asyncio and os.popen() stand, starts one; os.waitpid()
and its kin wait for it, os.kill() reaches it. Its pid is the host's. Simulated pipes and sockets
can be its standard input and output; under their own numbers it cannot inherit them: those are
none that a real process can have.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.binary.descriptors import READER, REAL, SOCKET, WRITER
from softnet.usr.binary.program import objection
from softnet.usr.binary.tree import Start, Tree
from softnet.usr.errors import EscapedError
from softnet.usr.escape import escaped
from softnet.usr.redef import SIM_FD
from softnet.usr.task import Process, interrupted, me

O_ACCMODE = 3
P_PID = os.P_PID
SIGCHLD = int(signal.SIGCHLD)
CLD_EXITED, CLD_KILLED = 1, 2
NO_CHDIR = b"noexec:chdir" if sys.version_info >= (3, 13) else b"noexec"  # on the error pipe
WNOWAIT = getattr(os, "WNOWAIT", 0x01000000)


class Kid:
    """A child of a simulated program."""

    __slots__ = ("failure", "parent", "pid", "status", "task", "tree")

    pid: int
    parent: Process
    tree: Tree | None  # None: it was never there
    task: Any
    status: int  # as wait() says it; -1: it runs
    failure: BaseException | None  # why the simulation of it ended

    def __init__(self, parent: Process, tree: Tree | None) -> None:
        self.parent = parent
        self.tree = tree
        self.status = -1
        self.failure = None
        name = tree.name if tree is not None else "nobody"
        self.task = sys_.sys_new_process(kid_body, self, name=name)
        self.pid = self.task.pid
        parent.host.kids[self.pid] = self


def kid_body(kid: Kid) -> int:
    """The task of a child, from its start to its end; its exit code."""
    code = -int(signal.SIGKILL)
    try:
        code = kid.tree.main() if kid.tree is not None else 127
    except Exception as e:  # noqa: BLE001 (whoever waits for the child gets it)
        kid.failure = e
    finally:
        kid.status = -code if code < 0 else code << 8
        parent = kid.parent
        sys_.sys_futex_wake(parent.kid_died, 0)
        if not parent.finished() and callable(parent.handlers.get(SIGCHLD)):
            parent.pending.append(SIGCHLD)
            parent.main.task.signal_wake_up()
    return code


def fork_exec(
    args: Sequence[Any],
    programs: Sequence[bytes],
    close_fds: bool,
    kept: Sequence[int],
    cwd: Any,
    env: Sequence[bytes] | None,
    *rest: Any,
) -> int:
    """_posixsubprocess.fork_exec(): the pid of the child."""
    p2cread, _, _, c2pwrite, _, errwrite, _, errpipe = rest[:8]
    preexec = next((item for item in rest[8:] if callable(item)), None)
    if preexec is not None:
        raise escaped("a real process that runs preexec_fn", "fork_exec", args)
    kept = [fd for fd in kept if fd != errpipe and fd > 2]
    if any(fd >= SIM_FD for fd in kept):
        raise escaped("a real process that inherits simulated descriptors", "fork_exec", args)
    path, code = first_program(programs, cwd)
    standard = zip(range(3), (p2cread, c2pwrite, errwrite), strict=True)
    wanted = {number: fd if fd >= 0 else number for number, fd in standard}
    wanted.update((fd, fd) for fd in kept)
    try:
        if not code:
            return start_child(path, args, env, cwd, wanted)
    except OSError as e:
        code = e.errno or 0
    where = NO_CHDIR if cwd is not None and not os.path.isdir(cwd) else b""
    sys_.sys_write(errpipe, b"OSError:%x:%s" % (code, where))
    return Kid(me().process, None).pid


def start_child(
    path: bytes,
    args: Sequence[Any],
    env: Sequence[bytes] | None,
    cwd: Any,
    wanted: Mapping[int, int],
) -> int:
    """Start a program with descriptors of ours (number there -> here); its pid. OSError(EBADF)."""
    process = me().process
    if env is None:
        env = [os.fsencode(f"{name}={value}") for name, value in os.environ.items()]
    if cwd is None and process.host.private is not None:
        cwd = os.getcwd()  # its own: when the child starts, another host's may be in place
    why = objection(os.fsdecode(path))
    if why:
        raise EscapedError(f"host {process.host.machine.name!r}: {os.fsdecode(path)} {why}")
    fds, given = descriptors_for(wanted)
    start = Start(
        path,
        [os.fsencode(arg) for arg in args],
        list(env),
        os.fsencode(cwd) if cwd is not None else None,
        fds,
        fds,
    )
    kid = Kid(process, Tree(start, os.path.basename(os.fsdecode(args[0]))))
    assert kid.tree is not None
    kid.tree.begin = start._replace(
        given=[
            (fd if kind == REAL else sys_.sys_pass_file(fd, kid.task), kind, at)
            for fd, kind, at in given
        ]
    )
    return kid.pid


def first_program(programs: Sequence[bytes], cwd: Any) -> tuple[bytes, int]:
    """Which of the paths to execute, and 0; or the errno of there being none."""
    if cwd is not None and not os.path.isdir(cwd):
        return b"", errno.ENOTDIR if os.path.exists(cwd) else errno.ENOENT
    code = errno.ENOENT
    for path in programs:
        where = os.path.join(os.fsencode(cwd), path) if cwd is not None else path
        if os.path.isfile(where) and os.access(where, os.X_OK):
            return where, 0
        if os.path.exists(where):
            code = errno.EACCES
    return b"", code


def descriptors_for(
    wanted: Mapping[int, int],
) -> tuple[tuple[int, int, int], list[tuple[int, str, int]]]:
    """Real ones for 0, 1 and 2, to be closed; and those to be given: (fd, kind, number there)."""
    real: list[int] = []
    given: list[tuple[int, str, int]] = []
    try:
        for number in sorted({0, 1, 2, *wanted}):
            fd = wanted.get(number, -1)
            if 0 <= fd < SIM_FD:
                copy = os.dup(fd)
                if number > 2:
                    given.append((copy, REAL, number))
                    continue
                real.append(copy)
                continue
            if fd >= SIM_FD:
                given.append((fd, kind_of(fd), number))
            if number <= 2:
                real.append(os.open(os.devnull, os.O_RDWR))
    except OSError:
        for fd in (*real, *(fd for fd, kind, _ in given if kind == REAL)):
            os.close(fd)
        raise
    return (real[0], real[1], real[2]), given


def kind_of(fd: int) -> str:
    """What a simulated descriptor of the caller's is, for descriptors.py."""
    if stat.S_ISSOCK(sys_.sys_fstat(fd)[0]):
        return SOCKET
    return WRITER if sys_.sys_fcntl(fd, 3) & O_ACCMODE == os.O_WRONLY else READER


# Waiting


def waitpid(pid: int, options: int, /) -> tuple[int, int]:
    """os.waitpid()"""
    kid = wait_for(matching(pid), options)
    return (kid.pid, kid.status) if kid is not None else (0, 0)


def wait() -> tuple[int, int]:
    """os.wait()"""
    return waitpid(-1, 0)


def wait4(pid: int, options: int) -> tuple[int, int, Any]:
    """os.wait4(): with no resources used."""
    return (*waitpid(pid, options), resource.struct_rusage((0,) * 16))


def wait3(options: int) -> tuple[int, int, Any]:
    """os.wait3()"""
    return wait4(-1, options)


def waitid(idtype: int, id: int, options: int, /) -> Any:
    """os.waitid()"""
    kid = wait_for(matching(id if idtype == P_PID else -1), options)
    if kid is None:
        return None
    signum = os.WTERMSIG(kid.status)
    how = (CLD_KILLED, signum) if signum else (CLD_EXITED, os.WEXITSTATUS(kid.status))
    return os.waitid_result((kid.pid, os.getuid(), SIGCHLD, how[1], how[0]))


def matching(pid: int) -> Callable[[Kid], bool]:
    """Which children a pid argument means."""
    process = me().process
    return lambda kid: kid.parent is process and (pid in (-1, 0) or kid.pid == pid)


def wait_for(wanted: Callable[[Kid], bool], options: int) -> Kid | None:
    """A child that is over, forgotten from now on; None with WNOHANG. OSError(ECHILD)."""
    process = me().process
    kids: dict[int, Kid] = process.host.kids
    while True:
        mine = [kid for kid in kids.values() if wanted(kid)]
        if not mine:
            raise ChildProcessError(errno.ECHILD, os.strerror(errno.ECHILD))
        over = next((kid for kid in mine if kid.status >= 0), None)
        if over is not None:
            if not options & WNOWAIT:
                del kids[over.pid]
            if over.failure is not None:
                raise over.failure
            return over
        if options & os.WNOHANG:
            return None
        try:
            sys_.sys_futex_wait(process.kid_died)
        except InterruptedError:
            interrupted()


def system(command: Any) -> int:
    """os.system()"""
    words = [b"sh", b"-c", os.fsencode(command)]
    pid = fork_exec(words, [b"/bin/sh"], True, (), None, None, *(-1,) * 8)
    return waitpid(pid, 0)[1]
