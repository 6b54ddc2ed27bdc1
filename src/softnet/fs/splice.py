"""splice(): data between a pipe and another file, without the program's memory.

Linux: fs/splice.c (do_splice, splice_from_pipe, splice_to_pipe)

One end must be a pipe. Bytes that never change are handed on as they are, so that what came in one
piece goes into a socket by reference. Nothing is taken from a file before there is room for it, and
nothing is lost when the receiver takes less.
"""

from __future__ import annotations

import errno
import os

import softnet.uapi.poll as poll
from softnet.fs.file import File
from softnet.fs.pipe import Pipe, pipe_of, read_pipefifo_fops, write_pipefifo_fops
from softnet.kernel.wait import wait_interruptible, wake_up


def do_splice(src: File, dst: File, size: int, nonblock: bool) -> int:
    """Move at most size bytes; how many, 0 at the end. nonblock: do not wait for the pipe (EAGAIN).

    OSError: EINVAL if neither is a pipe, EBADF for a pipe's wrong end, and what the files say.
    """
    if src.f_op is write_pipefifo_fops or dst.f_op is read_pipefifo_fops:
        raise error(errno.EBADF)
    if size == 0:
        return 0
    if src.f_op is read_pipefifo_fops:
        return splice_from_pipe(pipe_of(src), dst, size, nonblock)
    if dst.f_op is write_pipefifo_fops:
        return splice_to_pipe(src, dst, size, nonblock)
    raise error(errno.EINVAL)


def splice_from_pipe(pipe: Pipe, dst: File, size: int, nonblock: bool) -> int:
    """Out of a pipe: waits for the first bytes only."""
    while not pipe.chunks:
        if pipe.writers == 0:
            return 0
        if nonblock:
            raise error(errno.EAGAIN)
        wait_interruptible(pipe.wait, -1)
    done = 0
    while done < size and pipe.chunks:
        chunk = pipe.chunks[0][: size - done]
        try:
            taken = dst.f_op.write(dst, chunk)
        except OSError:
            if done:
                break
            raise
        consume(pipe, taken)
        done += taken
        if taken < len(chunk):
            break
    return done


def consume(pipe: Pipe, n: int) -> None:
    """The first n bytes of the first chunk are gone."""
    chunk = pipe.chunks.popleft()
    if n < len(chunk):
        pipe.chunks.appendleft(chunk[n:])
    pipe.used -= n
    wake_up(pipe.wait, poll.POLLOUT | poll.POLLWRNORM)


def splice_to_pipe(src: File, dst: File, size: int, nonblock: bool) -> int:
    """Into a pipe: as much as one read gives and there is room for."""
    pipe = pipe_of(dst)
    while pipe.used >= pipe.size and pipe.readers:
        if nonblock:
            raise error(errno.EAGAIN)
        wait_interruptible(pipe.wait, -1)
    if pipe.readers == 0:
        raise error(errno.EPIPE)
    data = src.f_op.read(src, min(size, pipe.size - pipe.used))
    if not data:
        return 0
    pipe.chunks.append(data)
    pipe.used += len(data)
    wake_up(pipe.wait, poll.POLLIN | poll.POLLRDNORM)
    return len(data)


def error(number: int) -> OSError:
    """OSError with its text."""
    return OSError(number, os.strerror(number))
