"""pipe(): bytes from one descriptor to another within a host.

Linux: fs/pipe.c, pipe(7)
"""

from __future__ import annotations

import errno
from collections import deque

import softnet.uapi.fcntl as fcntl
import softnet.uapi.poll as poll
from softnet.fs.file import File, FileOps, PollTable, poll_wait
from softnet.kernel.wait import WaitQueueHead, wait_interruptible, wake_up

PIPE_SIZE = 65536  # bytes: 16 pages
PIPE_BUF = 4096  # a write of at most this is atomic


class Pipe:
    """struct pipe_inode_info."""

    __slots__ = ("chunks", "readers", "size", "used", "wait", "writers")

    chunks: deque[bytes]
    used: int
    size: int
    readers: int
    writers: int
    wait: WaitQueueHead

    def __init__(self) -> None:
        self.chunks = deque()
        self.used = 0
        self.size = PIPE_SIZE
        self.readers = 1
        self.writers = 1
        self.wait = WaitQueueHead()


def create_pipe_files(flags: int) -> tuple[File, File]:
    """(read end, write end); flags: O_NONBLOCK or 0."""
    pipe = Pipe()
    return File(read_pipefifo_fops, flags, pipe), File(
        write_pipefifo_fops, flags | fcntl.O_WRONLY, pipe
    )


def pipe_of(file: File) -> Pipe:
    """The pipe that file is an end of."""
    pipe = file.private_data
    assert isinstance(pipe, Pipe)
    return pipe


class PipeReadOps(FileOps):
    """read_pipefifo_fops"""

    __slots__ = ()

    def write(self, file: File, data: bytes) -> int:
        """bad_pipe_w()"""
        raise OSError(errno.EBADF, "Bad file descriptor")

    def read(self, file: File, size: int) -> bytes:
        """pipe_read(): b"" once the last writer went."""
        pipe = pipe_of(file)
        if size == 0:
            return b""
        while not pipe.chunks:
            if pipe.writers == 0:
                return b""
            if file.nonblock():
                raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
            wait_interruptible(pipe.wait, -1)
        out = []
        while size and pipe.chunks:
            chunk = pipe.chunks.popleft()
            if len(chunk) > size:
                pipe.chunks.appendleft(chunk[size:])
                chunk = chunk[:size]
            out.append(chunk)
            size -= len(chunk)
            pipe.used -= len(chunk)
        wake_up(pipe.wait, poll.POLLOUT | poll.POLLWRNORM)
        return b"".join(out)

    def poll(self, file: File, pt: PollTable | None) -> int:
        """pipe_poll()"""
        pipe = pipe_of(file)
        poll_wait(file, pipe.wait, pt)
        mask = poll.POLLIN | poll.POLLRDNORM if pipe.chunks else 0
        return mask if pipe.writers else mask | poll.POLLHUP

    def release(self, file: File) -> None:
        """pipe_read_release()"""
        pipe = pipe_of(file)
        pipe.readers -= 1
        wake_up(pipe.wait, poll.POLLERR | poll.POLLOUT)


class PipeWriteOps(FileOps):
    """write_pipefifo_fops"""

    __slots__ = ()

    def read(self, file: File, size: int) -> bytes:
        """bad_pipe_r()"""
        raise OSError(errno.EBADF, "Bad file descriptor")

    def write(self, file: File, data: bytes) -> int:
        """pipe_write(): all of data, blocking for room; EPIPE without a reader."""
        pipe = pipe_of(file)
        view = bytes(data)
        done = 0
        while done < len(view):
            if pipe.readers == 0:
                if done:
                    return done
                raise OSError(errno.EPIPE, "Broken pipe")
            room = pipe.size - pipe.used
            left = len(view) - done
            if room >= left or (room > 0 and len(view) > PIPE_BUF):
                chunk = view[done : done + room]
                pipe.chunks.append(chunk)
                pipe.used += len(chunk)
                done += len(chunk)
                wake_up(pipe.wait, poll.POLLIN | poll.POLLRDNORM)
                continue
            if file.nonblock():
                if done:
                    return done
                raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
            wait_interruptible(pipe.wait, -1)
        return done

    def poll(self, file: File, pt: PollTable | None) -> int:
        """pipe_poll()"""
        pipe = pipe_of(file)
        poll_wait(file, pipe.wait, pt)
        room = pipe.size - pipe.used >= PIPE_BUF
        mask = poll.POLLOUT | poll.POLLWRNORM if room else 0
        return mask if pipe.readers else mask | poll.POLLERR

    def release(self, file: File) -> None:
        """pipe_write_release()"""
        pipe = pipe_of(file)
        pipe.writers -= 1
        wake_up(pipe.wait, poll.POLLIN | poll.POLLHUP)


read_pipefifo_fops = PipeReadOps()
write_pipefifo_fops = PipeWriteOps()
