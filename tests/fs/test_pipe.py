"""Pipes between tasks: order, end of file, blocking, atomic writes."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.fcntl as fcntl
import softnet.uapi.poll as poll
from softnet.fs.file import fput
from softnet.fs.pipe import PIPE_BUF, PIPE_SIZE, create_pipe_files
from softnet.kernel.sched import nsleep


def test_bytes_arrive_in_order_and_then_the_end(box) -> None:
    r, w = create_pipe_files(0)

    def writer() -> None:
        for part in (b"one ", b"two ", b"three"):
            w.f_op.write(w, part)
            nsleep(1000)
        fput(w)

    def reader() -> bytes:
        got = b""
        while data := r.f_op.read(r, 5):
            got += data
        return got

    assert box.run(reader, writer)[0] == b"one two three"
    assert box.now == 3000


def test_full_pipe_blocks_the_writer_until_somebody_reads(box) -> None:
    r, w = create_pipe_files(0)

    def writer() -> int:
        return w.f_op.write(w, bytes(PIPE_SIZE + 10))

    def reader() -> int:
        nsleep(7_000)
        first = len(r.f_op.read(r, PIPE_SIZE))
        return first + len(r.f_op.read(r, PIPE_SIZE))

    assert box.run(writer, reader) == [PIPE_SIZE + 10, PIPE_SIZE + 10]
    assert box.now == 7_000


def test_nonblocking_ends_answer_eagain(box) -> None:
    r, w = create_pipe_files(fcntl.O_NONBLOCK)
    with pytest.raises(OSError) as e:
        r.f_op.read(r, 1)
    assert e.value.errno == errno.EAGAIN
    assert w.f_op.write(w, bytes(PIPE_SIZE - 1)) == PIPE_SIZE - 1
    with pytest.raises(OSError) as e:
        w.f_op.write(w, bytes(PIPE_BUF))
    assert e.value.errno == errno.EAGAIN, "a small write is all or nothing"


def test_write_without_a_reader_is_epipe() -> None:
    r, w = create_pipe_files(0)
    fput(r)
    with pytest.raises(OSError) as e:
        w.f_op.write(w, b"x")
    assert e.value.errno == errno.EPIPE
    assert w.f_op.poll(w, None) & poll.POLLERR


def test_poll_masks() -> None:
    r, w = create_pipe_files(0)
    assert r.f_op.poll(r, None) == 0
    assert w.f_op.poll(w, None) == poll.POLLOUT | poll.POLLWRNORM
    w.f_op.write(w, b"x")
    assert r.f_op.poll(r, None) == poll.POLLIN | poll.POLLRDNORM
    fput(w)
    assert r.f_op.poll(r, None) == poll.POLLIN | poll.POLLRDNORM | poll.POLLHUP
