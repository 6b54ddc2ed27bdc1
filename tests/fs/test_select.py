"""poll and select: what is ready at once, what wakes a sleeper, and time limits."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.poll as poll
from softnet.fs.file import fput
from softnet.fs.pipe import create_pipe_files
from softnet.fs.select import do_poll, do_select
from softnet.kernel.sched import nsleep

MS = 1_000_000


def pipe(box) -> tuple[int, int]:
    r, w = create_pipe_files(0)
    return box.files.fd_install(r), box.files.fd_install(w)


def write(box, fd: int) -> None:
    file = box.files.fget(fd)
    file.f_op.write(file, b"x")


def test_poll_reports_what_is_ready_without_sleeping(box) -> None:
    r, w = pipe(box)
    (got,) = box.run(lambda: do_poll(box.files, [(r, poll.POLLIN), (w, poll.POLLOUT)], -1))
    assert got == [(w, poll.POLLOUT)]
    assert box.now == 0


def test_poll_sleeps_until_a_write(box) -> None:
    r, w = pipe(box)

    def late() -> None:
        nsleep(5 * MS)
        write(box, w)

    got, _ = box.run(lambda: do_poll(box.files, [(r, poll.POLLIN)], 9 * MS), late)
    assert got == [(r, poll.POLLIN)]
    assert box.now == 5 * MS


def test_poll_time_limit(box) -> None:
    r, _ = pipe(box)
    (got,) = box.run(lambda: do_poll(box.files, [(r, poll.POLLIN)], 3 * MS))
    assert got == []
    assert box.now == 3 * MS


def test_a_wake_up_for_nothing_does_not_restart_the_limit(box) -> None:
    r, w = pipe(box)

    def thief() -> None:
        nsleep(2 * MS)
        write(box, w)
        file = box.files.fget(r)
        assert file.f_op.read(file, 1) == b"x"

    got, _ = box.run(lambda: do_poll(box.files, [(r, poll.POLLIN)], 3 * MS), thief)
    assert got == []
    assert box.now == 3 * MS


def test_poll_bad_and_negative_descriptors(box) -> None:
    (got,) = box.run(lambda: do_poll(box.files, [(77, poll.POLLIN), (-1, poll.POLLIN)], 0))
    assert got == [(77, poll.POLLNVAL)]


def test_hang_up_is_reported_unasked(box) -> None:
    r, w = pipe(box)
    box.files.close(w)
    (got,) = box.run(lambda: do_poll(box.files, [(r, 0)], -1))
    assert got == [(r, poll.POLLHUP)]


def test_select_keeps_the_order_given(box) -> None:
    r1, w1 = pipe(box)
    r2, w2 = pipe(box)
    write(box, w1)
    write(box, w2)
    (got,) = box.run(lambda: do_select(box.files, [r2, r1], [w1], [], -1))
    assert got == ([r2, r1], [w1], [])


def test_select_on_a_bad_descriptor(box) -> None:
    def ask() -> int:
        with pytest.raises(OSError) as e:
            do_select(box.files, [99], [], [], 0)
        return e.value.errno

    assert box.run(ask) == [errno.EBADF]


def test_a_poller_leaves_nothing_on_the_queues(box) -> None:
    r, w = create_pipe_files(0)
    fd = box.files.fd_install(r)
    box.run(lambda: do_poll(box.files, [(fd, poll.POLLIN)], MS))
    before = box.now
    w.f_op.write(w, b"x")  # would wake a task that is over
    box.world.run()
    assert box.now == before
    fput(w)
