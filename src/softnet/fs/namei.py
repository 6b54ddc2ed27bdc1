"""Names of files on a host: those that its kernel made itself, which are sockets.

Linux: fs/namei.c, as far as net/unix needs it

    inode = fs_root(machine).mknod(b"/run/app.sock", mode)
    fs_root(machine).lookup(b"/run/app.sock")

A host has no disk. Its programs' files are those of the real machine, and their directories are
where a socket's name lies; but the name itself is the host's own: two hosts can each have
/run/app.sock, nothing appears on the real disk, and a name ends with unlink(), or with its directory,
as in Linux, and not with its socket.

Which directory a path leads to is asked of DirOps: the one here knows paths by their letters alone,
and every directory exists; usr/ registers one that looks at the real ones.
"""

from __future__ import annotations

import errno
import os
import posixpath

from softnet.machine.cpu import Board

S_IFSOCK = 0o140000
NAME_MAX = 255
INO_FIRST = 1 << 32  # inode numbers that no real file is likely to have

Place = tuple[object, bytes]  # a directory, and a name in it


class Inode:
    """struct inode of a socket's name."""

    __slots__ = ("atime", "ctime", "gid", "ino", "mode", "mtime", "nlink", "owner", "uid")

    ino: int
    mode: int  # S_IFSOCK and permissions
    uid: int
    gid: int
    nlink: int  # 0 once it has no name any more
    atime: int  # ns of the world's clock
    mtime: int
    ctime: int
    owner: object  # the socket that is bound to it; None once that is closed

    def __init__(self, ino: int, mode: int, now: int) -> None:
        self.ino = ino
        self.mode = mode
        self.uid = 0
        self.gid = 0
        self.nlink = 1
        self.atime = now
        self.mtime = now
        self.ctime = now
        self.owner = None


class DirOps:
    """Where a path leads. OSError as path lookup raises it: ENOENT, ENOTDIR, ENAMETOOLONG."""

    __slots__ = ()

    def place(self, path: bytes, follow: bool) -> Place:
        """The directory that path ends in and the name there; follow: through a last symlink."""
        whole = posixpath.normpath(b"/" + path.lstrip(b"/"))
        head, name = posixpath.split(whole)
        check_name(name)
        return head, name

    def exists(self, path: bytes) -> bool:
        """Is there a file of that name that is not the host's own?"""
        return False


dir_ops = [DirOps()]


def set_dir_ops(ops: DirOps | None) -> None:
    """Let ops say where paths lead; None: their letters."""
    dir_ops[0] = ops if ops is not None else DirOps()


def check_name(name: bytes) -> None:
    """Raise ENAMETOOLONG for a name that no directory holds."""
    if len(name) > NAME_MAX:
        raise failure(errno.ENAMETOOLONG)


def failure(number: int) -> OSError:
    """An OSError in the system's words."""
    return OSError(number, os.strerror(number))


class FsRoot:
    """The names that one host's kernel made."""

    __slots__ = ("board", "entries", "last_ino")

    board: Board
    entries: dict[Place, Inode]
    last_ino: int

    def __init__(self, board: Board) -> None:
        self.board = board
        self.entries = {}
        self.last_ino = INO_FIRST

    def lookup(self, path: bytes, follow: bool = True) -> Inode | None:
        """kern_path(): the inode at path; None if a file that is not ours is there. OSError."""
        inode = self.entries.get(dir_ops[0].place(path, follow))
        if inode is None and not dir_ops[0].exists(path):
            raise failure(errno.ENOENT)
        return inode

    def mknod(self, path: bytes, mode: int) -> Inode:
        """vfs_mknod(): a new inode at path; OSError, EEXIST if anything is there."""
        place = dir_ops[0].place(path, False)
        if place in self.entries or dir_ops[0].exists(path):
            raise failure(errno.EEXIST)
        self.last_ino += 1
        inode = Inode(self.last_ino, mode, self.board.clock.now)
        self.entries[place] = inode
        return inode

    def unlink(self, path: bytes) -> bool:
        """vfs_unlink(): False if the name is none of ours."""
        inode = self.entries.pop(dir_ops[0].place(path, False), None)
        if inode is not None:
            inode.nlink -= 1
            inode.ctime = self.board.clock.now
        return inode is not None

    def rename(self, old: bytes, new: bytes) -> bool:
        """vfs_rename(): what was at new goes; False if old is none of ours."""
        place = dir_ops[0].place(old, False)
        inode = self.entries.get(place)
        if inode is None:
            return False
        target = dir_ops[0].place(new, False)
        if target != place:
            self.unlink(new)
            self.entries[target] = self.entries.pop(place)
            inode.ctime = self.board.clock.now
        return True

    def names_in(self, directory: object) -> list[bytes]:
        """What of ours lies in a directory, in the order of its making."""
        return [name for where, name in self.entries if where == directory]

    def directory_gone(self, directory: object) -> None:
        """rmdir() of a real directory: what of ours was in it goes with it."""
        for name in self.names_in(directory):
            self.entries.pop((directory, name)).nlink -= 1


def fs_root(board: Board) -> FsRoot:
    """The names of a machine's kernel, made at first use."""
    if board.kernel is None:
        board.kernel = {}
    root = board.kernel.get("fs")
    if root is None:
        root = board.kernel["fs"] = FsRoot(board)
    assert isinstance(root, FsRoot)
    return root
