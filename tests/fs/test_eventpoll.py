"""epoll: level and edge triggering, one shot, nesting, files that go away."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.eventpoll as ep_
from softnet.fs.eventpoll import ep_file, file_eventpoll
from softnet.fs.pipe import create_pipe_files
from softnet.kernel.sched import nsleep

MS = 1_000_000
IN = ep_.EPOLLIN


class Watched:
    """An epoll instance that watches the read end of a pipe."""

    def __init__(self, box, events: int) -> None:
        self.file = ep_file()
        self.ep = file_eventpoll(self.file)
        self.r, self.w = create_pipe_files(0)
        self.fd = box.files.fd_install(self.r)
        self.ep.ctl(ep_.EPOLL_CTL_ADD, self.r, self.fd, events, 42)

    def write(self, data: bytes = b"x") -> None:
        self.w.f_op.write(self.w, data)

    def read(self) -> bytes:
        return self.r.f_op.read(self.r, 100)


def test_wait_sleeps_until_something_happens(box) -> None:
    w = Watched(box, IN)

    def late() -> None:
        nsleep(4 * MS)
        w.write()

    got, _ = box.run(lambda: w.ep.wait(8, -1), late)
    assert got == [(IN, 42)]
    assert box.now == 4 * MS


def test_wait_time_limit(box) -> None:
    w = Watched(box, IN)
    assert box.run(lambda: w.ep.wait(8, 6 * MS)) == [[]]
    assert box.now == 6 * MS


def test_level_triggered_reports_again(box) -> None:
    w = Watched(box, IN)
    w.write()
    assert w.ep.wait(8, 0) == [(IN, 42)]
    assert w.ep.wait(8, 0) == [(IN, 42)]
    w.read()
    assert w.ep.wait(8, 0) == []


def test_edge_triggered_reports_once_a_stir(box) -> None:
    w = Watched(box, IN | ep_.EPOLLET)
    w.write()
    assert w.ep.wait(8, 0) == [(IN, 42)]
    assert w.ep.wait(8, 0) == []
    w.write()
    assert w.ep.wait(8, 0) == [(IN, 42)]


def test_one_shot_is_muted_until_modified(box) -> None:
    w = Watched(box, IN | ep_.EPOLLONESHOT)
    w.write()
    assert w.ep.wait(8, 0) == [(IN, 42)]
    w.write()
    assert w.ep.wait(8, 0) == []
    w.ep.ctl(ep_.EPOLL_CTL_MOD, w.r, w.fd, IN, 7)
    assert w.ep.wait(8, 0) == [(IN, 7)]


def test_maxevents_takes_turns(box) -> None:
    a = Watched(box, IN)
    r, w = create_pipe_files(0)
    fd = box.files.fd_install(r)
    a.ep.ctl(ep_.EPOLL_CTL_ADD, r, fd, IN, 43)
    a.write()
    w.f_op.write(w, b"x")
    assert [a.ep.wait(1, 0)[0][1] for _ in range(4)] == [42, 43, 42, 43]


@pytest.mark.parametrize(
    ("op", "known", "error"),
    [
        (ep_.EPOLL_CTL_ADD, True, errno.EEXIST),
        (ep_.EPOLL_CTL_MOD, False, errno.ENOENT),
        (ep_.EPOLL_CTL_DEL, False, errno.ENOENT),
        (9, True, errno.EINVAL),
    ],
)
def test_errors(box, op: int, known: bool, error: int) -> None:
    w = Watched(box, IN)
    with pytest.raises(OSError) as e:
        w.ep.ctl(op, w.r if known else w.w, w.fd if known else w.fd + 1, IN, 0)
    assert e.value.errno == error


def test_an_instance_cannot_watch_itself_or_a_ring(box) -> None:
    a, b = ep_file(), ep_file()
    with pytest.raises(OSError) as e:
        file_eventpoll(a).ctl(ep_.EPOLL_CTL_ADD, a, 0, IN, 0)
    assert e.value.errno == errno.EINVAL
    file_eventpoll(a).ctl(ep_.EPOLL_CTL_ADD, b, 1, IN, 0)
    with pytest.raises(OSError) as e:
        file_eventpoll(b).ctl(ep_.EPOLL_CTL_ADD, a, 2, IN, 0)
    assert e.value.errno == errno.ELOOP


def test_nested_instance_becomes_readable(box) -> None:
    inner = Watched(box, IN)
    outer = ep_file()
    file_eventpoll(outer).ctl(ep_.EPOLL_CTL_ADD, inner.file, 9, IN, 1)
    assert file_eventpoll(outer).wait(8, 0) == []
    inner.write()
    assert file_eventpoll(outer).wait(8, 0) == [(IN, 1)]


def test_closing_a_watched_file_forgets_it(box) -> None:
    w = Watched(box, IN)
    w.write()
    box.files.close(w.fd)
    assert w.ep.items == {}
    assert w.ep.wait(8, 0) == []
