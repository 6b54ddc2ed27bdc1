"""Descriptors: the lowest free one, limits, dup, and what the last close does."""

from __future__ import annotations

import errno

import pytest

from softnet.fs.file import FdTable, File, FileOps, fput, get_file


class Recorder(FileOps):
    """Counts releases."""

    def __init__(self) -> None:
        self.released = 0

    def release(self, file: File) -> None:
        self.released += 1


def test_lowest_free_descriptor_is_given_out() -> None:
    files = FdTable()
    ops = Recorder()
    assert [files.fd_install(File(ops, 0, None)) for _ in range(3)] == [0, 1, 2]
    files.close(1)
    files.close(0)
    assert [files.fd_install(File(ops, 0, None)) for _ in range(3)] == [0, 1, 3]
    assert files.count == 4


def test_start_leaves_lower_descriptors_free() -> None:
    files = FdTable()
    ops = Recorder()
    assert files.fd_install(File(ops, 0, None), start=10) == 10
    assert files.fd_install(File(ops, 0, None)) == 0
    assert files.fd_install(File(ops, 0, None), start=10) == 11


def test_simulated_descriptors_lie_above_every_real_one() -> None:
    files = FdTable(base=1 << 20)
    assert files.fd_install(File(Recorder(), 0, None)) == 1 << 20
    with pytest.raises(OSError) as e:
        files.fget(3)
    assert e.value.errno == errno.EBADF


def test_limit_is_emfile_and_leaves_the_table_as_it_was() -> None:
    files = FdTable(limit=2)
    ops = Recorder()
    files.fd_install(File(ops, 0, None))
    files.fd_install(File(ops, 0, None))
    with pytest.raises(OSError) as e:
        files.fd_install(File(ops, 0, None))
    assert e.value.errno == errno.EMFILE
    assert files.count == 2


def test_last_reference_releases_once() -> None:
    ops = Recorder()
    files = FdTable()
    file = File(ops, 0, None)
    fd = files.fd_install(file)
    other = files.fd_install(get_file(file))
    files.close(fd)
    assert ops.released == 0
    files.close(other)
    assert ops.released == 1
    with pytest.raises(OSError) as e:
        files.close(other)
    assert e.value.errno == errno.EBADF


def test_replace_closes_what_was_there() -> None:
    old, new = Recorder(), Recorder()
    files = FdTable()
    fd = files.fd_install(File(old, 0, None))
    assert files.replace(File(new, 0, None), fd, cloexec=True) == fd
    assert (old.released, new.released) == (1, 0)
    assert files.cloexec == {fd}


def test_fork_shares_files_not_descriptors() -> None:
    ops = Recorder()
    parent = FdTable()
    fd = parent.fd_install(File(ops, 0, None))
    child = parent.fork()
    child.close(fd)
    assert ops.released == 0
    assert parent.fget(fd).f_count == 1
    parent.close_all()
    assert ops.released == 1


def test_put_below_zero_is_a_bug() -> None:
    file = File(Recorder(), 0, None)
    fput(file)
    with pytest.raises(AssertionError):
        fput(file)
