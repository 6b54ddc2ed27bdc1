"""splice(): pipes and what is no pipe."""

from __future__ import annotations

import errno

import pytest

from softnet.fs.file import File, FileOps
from softnet.fs.pipe import create_pipe_files, pipe_of
from softnet.fs.splice import do_splice
from tests.kit.socks import SockWorld


class Sink(FileOps):
    """Takes at most three bytes a call, and six in all."""

    __slots__ = ("got",)

    got: bytes

    def __init__(self) -> None:
        self.got = b""

    def write(self, file: File, data: bytes) -> int:
        if len(self.got) >= 6:
            raise OSError(errno.EAGAIN, "full")
        self.got += data[:3]
        return len(data[:3])

    def read(self, file: File, size: int) -> bytes:
        return b"source"[:size]


@pytest.fixture(autouse=True)
def on_cpu() -> object:
    with SockWorld().on_cpu():
        yield


def test_what_the_receiver_leaves_stays_in_the_pipe() -> None:
    r, w = create_pipe_files(0)
    sink = Sink()
    file = File(sink, 0, None)
    w.f_op.write(w, b"0123456789")
    assert do_splice(r, file, 100, True) == 3
    assert do_splice(r, file, 2, True) == 2
    assert do_splice(r, file, 100, True) == 3
    with pytest.raises(OSError) as e:
        do_splice(r, file, 100, True)
    assert e.value.errno == errno.EAGAIN
    assert (sink.got, pipe_of(r).used, r.f_op.read(r, 9)) == (b"01234567", 2, b"89")


def test_into_a_pipe_no_more_than_there_is_room_for() -> None:
    r, w = create_pipe_files(0)
    pipe_of(w).used = pipe_of(w).size - 4
    assert do_splice(File(Sink(), 0, None), w, 100, True) == 4
    with pytest.raises(OSError) as e:
        do_splice(File(Sink(), 0, None), w, 100, True)
    assert e.value.errno == errno.EAGAIN
    assert pipe_of(r).chunks == pipe_of(w).chunks


def test_refusals() -> None:
    r, w = create_pipe_files(0)
    file = File(Sink(), 0, None)
    for src, dst, error in (
        (w, file, errno.EBADF),
        (file, r, errno.EBADF),
        (file, file, errno.EINVAL),
    ):
        with pytest.raises(OSError) as e:
            do_splice(src, dst, 9, True)
        assert e.value.errno == error
    with pytest.raises(OSError) as e:
        do_splice(r, file, 9, True)
    assert e.value.errno == errno.EAGAIN
    assert do_splice(r, file, 0, True) == 0
    w.f_op.release(w)
    assert do_splice(r, file, 9, True) == 0
    r.f_op.release(r)
    with pytest.raises(OSError) as e:
        do_splice(file, w, 9, True)
    assert e.value.errno == errno.EPIPE
