"""The names that a host's kernel made itself."""

from __future__ import annotations

import errno

import pytest

from softnet.fs.namei import S_IFSOCK, FsRoot, fs_root
from softnet.machine.clock import World


@pytest.fixture
def root() -> FsRoot:
    return fs_root(World(seed=1).new_machine("h1"))


def test_a_name_is_found_by_any_way_that_leads_there(root: FsRoot) -> None:
    inode = root.mknod(b"/run/s", S_IFSOCK | 0o755)
    assert root.lookup(b"/run/../run/./s") is inode
    assert fs_root(root.board) is root
    with pytest.raises(FileExistsError):
        root.mknod(b"/run/s", S_IFSOCK)


def test_a_name_ends_with_unlink(root: FsRoot) -> None:
    inode = root.mknod(b"/run/s", S_IFSOCK)
    assert root.unlink(b"/run/s")
    assert inode.nlink == 0
    assert not root.unlink(b"/run/s")
    with pytest.raises(FileNotFoundError):
        root.lookup(b"/run/s")


def test_renaming_replaces(root: FsRoot) -> None:
    a, b = root.mknod(b"/a", S_IFSOCK), root.mknod(b"/b", S_IFSOCK)
    assert root.rename(b"/a", b"/b")
    assert root.lookup(b"/b") is a
    assert b.nlink == 0
    assert root.rename(b"/b", b"/b")
    assert not root.rename(b"/gone", b"/x")


def test_a_directory_takes_its_names_along(root: FsRoot) -> None:
    root.mknod(b"/d/a", S_IFSOCK)
    root.mknod(b"/d/b", S_IFSOCK)
    root.mknod(b"/e/c", S_IFSOCK)
    assert root.names_in(b"/d") == [b"a", b"b"]
    root.directory_gone(b"/d")
    assert list(root.entries) == [(b"/e", b"c")]


def test_a_name_has_its_limit(root: FsRoot) -> None:
    with pytest.raises(OSError) as caught:
        root.mknod(b"/" + b"x" * 256, S_IFSOCK)
    assert caught.value.errno == errno.ENAMETOOLONG
