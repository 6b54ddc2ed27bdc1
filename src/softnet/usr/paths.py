"""os on paths: the sockets that programs bind appear among the real machine's files.

A program's files are the real machine's; only the name of a UNIX socket is its host's own
(fs/namei). So these calls look among the host's names first, and only where the host has any: who
never binds a path pays one question. A name lies in a real directory, by its device and inode,
whatever path leads there, and goes when that directory is removed.

What does not see these names: os.scandir(), and with it glob, os.walk() and shutil.rmtree(), which
removes the directory all the same; dir_fd; open(), to which they do not exist.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat as stat_
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.clock import original
from softnet.usr.files import fstat
from softnet.usr.redef import SIM_FD
from softnet.usr.redef import current as current_context
from softnet.usr.task import host

NS = 10**9
DEV = 8  # the device of sockets' names: tmpfs as it were


def real(name: str, *args: Any, **kwargs: Any) -> Any:
    """The real function."""
    return original("posix." + name)(*args, **kwargs)


class RealDirs(sys_.DirOps):
    """Paths of programs lead through the real machine's directories."""

    __slots__ = ()

    def place(self, path: bytes, follow: bool) -> tuple[object, bytes]:
        """(st_dev, st_ino) of the directory, and the name. OSError as the real look-up has it."""
        if current_context() is None:
            return sys_.DirOps.place(self, path, follow)
        if follow:
            path = os.path.realpath(path)
        head, name = posixpath.split(path)
        if len(name) > 255:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        return directory(real("stat", head or b".")), name

    def exists(self, path: bytes) -> bool:
        """Is there a real file?"""
        if current_context() is None:
            return False
        try:
            real("lstat", path)
        except OSError:
            return False
        return True


def directory(found: os.stat_result) -> object:
    """What a directory is known by; OSError(ENOTDIR)."""
    if not stat_.S_ISDIR(found.st_mode):
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    return found.st_dev, found.st_ino


def install() -> None:
    """From now on the kernels ask here."""
    sys_.set_places(RealDirs())


def uninstall() -> None:
    """The last lab closed."""
    sys_.set_places(None)


def inode_at(path: Any, follow: bool = True, dir_fd: Any = None) -> sys_.Inode | None:
    """The host's own file at path; None if there is none, or path is no path."""
    if isinstance(path, int) or dir_fd is not None or not sys_.names().entries:
        return None
    try:
        return sys_.sys_stat(os.fsencode(path), follow)
    except (OSError, TypeError, ValueError):
        return None


def stat(path: Any, *, dir_fd: Any = None, follow_symlinks: bool = True) -> os.stat_result:
    """os.stat()"""
    if isinstance(path, int) and path >= SIM_FD:
        return fstat(path)
    inode = inode_at(path, follow_symlinks, dir_fd)
    if inode is not None:
        return stat_of(inode)
    found: os.stat_result = real("stat", path, dir_fd=dir_fd, follow_symlinks=follow_symlinks)
    return found


def stat_of(inode: sys_.Inode) -> os.stat_result:
    """struct stat of a socket's name."""
    epoch = host().epoch_ns
    times = [inode.atime + epoch, inode.mtime + epoch, inode.ctime + epoch]
    seconds = [t // NS for t in times]
    row = (inode.mode, inode.ino, DEV, inode.nlink, inode.uid, inode.gid, 0, *seconds)
    return os.stat_result((*row, *(t / NS for t in times), *times))


def lstat(path: Any, *, dir_fd: Any = None) -> os.stat_result:
    """os.lstat()"""
    return stat(path, dir_fd=dir_fd, follow_symlinks=False)


def access(path: Any, mode: int, **options: Any) -> bool:
    """os.access(): programs are root; nothing lets a socket be executed but its mode."""
    inode = inode_at(path, options.get("follow_symlinks", True), options.get("dir_fd"))
    if inode is None:
        found: bool = real("access", path, mode, **options)
        return found
    return not mode & os.X_OK or inode.mode & 0o111 != 0


def unlink(path: Any, *, dir_fd: Any = None) -> None:
    """os.unlink()"""
    if inode_at(path, False, dir_fd) is None or not sys_.sys_unlink(os.fsencode(path)):
        real("unlink", path, dir_fd=dir_fd)


def remove(path: Any, *, dir_fd: Any = None) -> None:
    """os.remove()"""
    unlink(path, dir_fd=dir_fd)


def rename(src: Any, dst: Any, **options: Any) -> None:
    """os.rename(): a socket's name moves, and replaces whatever file was there."""
    if inode_at(src, False, options.get("src_dir_fd")) is None:
        real("rename", src, dst, **options)
        if inode_at(dst, False, options.get("dst_dir_fd")) is not None:
            sys_.sys_unlink(os.fsencode(dst))
        return
    sys_.sys_rename(os.fsencode(src), os.fsencode(dst))
    if RealDirs().exists(os.fsencode(dst)):
        real("unlink", dst)


def replace(src: Any, dst: Any, **options: Any) -> None:
    """os.replace()"""
    rename(src, dst, **options)


def chmod(path: Any, mode: int, **options: Any) -> None:
    """os.chmod()"""
    inode = inode_at(path, options.get("follow_symlinks", True), options.get("dir_fd"))
    if inode is None:
        real("chmod", path, mode, **options)
        return
    inode.mode = stat_.S_IFMT(inode.mode) | stat_.S_IMODE(mode)


def chown(path: Any, uid: int, gid: int, **options: Any) -> None:
    """os.chown(): -1 leaves as it is."""
    inode = inode_at(path, options.get("follow_symlinks", True), options.get("dir_fd"))
    if inode is None:
        real("chown", path, uid, gid, **options)
        return
    inode.uid = inode.uid if uid == -1 else uid
    inode.gid = inode.gid if gid == -1 else gid


def lchown(path: Any, uid: int, gid: int) -> None:
    """os.lchown()"""
    chown(path, uid, gid, follow_symlinks=False)


def utime(path: Any, times: Any = None, **options: Any) -> None:
    """os.utime()"""
    inode = inode_at(path, options.get("follow_symlinks", True), options.get("dir_fd"))
    if inode is None:
        if times is not None:
            options["times"] = times
        real("utime", path, **options)
        return
    epoch = host().epoch_ns
    ns = options.get("ns")
    if ns is None:
        now = sys_.sys_clock_gettime() + epoch
        ns = (now, now) if times is None else tuple(int(t * NS) for t in times)
    inode.atime, inode.mtime = (t - epoch for t in ns)


def rmdir(path: Any, *, dir_fd: Any = None) -> None:
    """os.rmdir(): sockets in it go, too: their names are no reason to keep a directory."""
    gone = None
    if sys_.names().entries:
        try:
            gone = directory(real("stat", path, dir_fd=dir_fd, follow_symlinks=False))
        except OSError:
            gone = None
    real("rmdir", path, dir_fd=dir_fd)
    if gone is not None:
        sys_.sys_directory_gone(gone)


def listdir(path: Any = None) -> list[Any]:
    """os.listdir(): the real files, then the sockets."""
    found: list[Any] = real("listdir", path)
    if not sys_.names().entries:
        return found
    where = directory(real("stat", "." if path is None else path))
    names = sys_.sys_names_in(where)
    as_bytes = isinstance(path, bytes)
    return found + [name if as_bytes else os.fsdecode(name) for name in names]
