"""Control messages: what travels beside the data, and files and credentials between processes.

Linux: net/core/scm.c, include/net/scm.h

A message's control is a list of (level, type, data) rows; its user space form, struct cmsghdr with
padding, exists only in the arithmetic of put_cmsg(): controllen is the room that is left in it.
"""

from __future__ import annotations

import errno
import os

import softnet.uapi.socket as uapi
from softnet.fs.file import FdTable, File, fput, get_file
from softnet.kernel.sched import current, sched_of
from softnet.structs.socket import MsgHdr

UCRED_LEN = 12  # bytes of struct ucred: pid, uid, gid
FD_LEN = 4

Creds = tuple[int, int, int]  # pid, uid, gid
NO_CREDS: Creds = (0, -1, -1)  # what a receiver is told of a sender that gave none


class ScmCookie:
    """struct scm_cookie: the ancillary data of one message, with the caller or in the packet."""

    __slots__ = ("creds", "fp")

    creds: Creds | None  # None: nobody asked for any
    fp: list[File]  # the files sent; each entry holds a reference

    def __init__(self) -> None:
        self.creds = None
        self.fp = []


def put_cmsg(msg: MsgHdr, level: int, type: int, data: bytes) -> None:
    """Add a control message; what does not fit is cut and MSG_CTRUNC set."""
    room = msg.controllen
    if room < uapi.CMSG_HDRLEN:
        msg.flags |= uapi.MSG_CTRUNC
        return
    if room < uapi.CMSG_HDRLEN + len(data):
        msg.flags |= uapi.MSG_CTRUNC
        data = data[: room - uapi.CMSG_HDRLEN]
    if msg.control is None:
        msg.control = []
    msg.control.append((level, type, data))
    space = uapi.CMSG_HDRLEN + (len(data) + 7 & ~7)
    msg.controllen = room - space if room > space else 0


def scm_send(msg: MsgHdr, files: FdTable | None) -> ScmCookie:
    """Take what msg's SOL_SOCKET rows ask to be sent along. Raises OSError; then nothing is held.

    SCM_RIGHTS: file descriptors of `files`, 4 bytes each; None forbids it (all but AF_UNIX).
    SCM_CREDENTIALS: pid, uid, gid; programs are root here and may claim any process's.
    """
    cookie = ScmCookie()
    try:
        for level, type, data in msg.control or ():
            if level == uapi.SOL_SOCKET:
                take_row(cookie, type, data, files)
    except OSError:
        scm_destroy(cookie)
        raise
    return cookie


def take_row(cookie: ScmCookie, type: int, data: bytes, files: FdTable | None) -> None:
    """One row of scm_send()."""
    if type == uapi.SCM_RIGHTS and files is not None:
        scm_fp_copy(cookie, data, files)
    elif type == uapi.SCM_CREDENTIALS and len(data) == UCRED_LEN:
        pid = int.from_bytes(data[0:4], "little", signed=True)
        if not pid_exists(pid):
            raise OSError(errno.ESRCH, os.strerror(errno.ESRCH))
        uid = int.from_bytes(data[4:8], "little", signed=True)
        cookie.creds = (pid, uid, int.from_bytes(data[8:12], "little", signed=True))
    else:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def scm_fp_copy(cookie: ScmCookie, data: bytes, files: FdTable) -> None:
    """The files behind the descriptors in data; OSError EBADF, or EINVAL beyond SCM_MAX_FD."""
    num = len(data) // FD_LEN
    if len(cookie.fp) + num > uapi.SCM_MAX_FD:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    for at in range(0, num * FD_LEN, FD_LEN):
        fd = int.from_bytes(data[at : at + FD_LEN], "little", signed=True)
        cookie.fp.append(get_file(files.fget(fd)))


def pid_exists(pid: int) -> bool:
    """find_get_pid(): is there such a process on this host?"""
    task = current()
    if task is None or pid == task.pid:
        return True
    found = sched_of(task.machine).tasks.get(pid)
    return found is not None


def scm_set_cred() -> Creds:
    """The caller's own credentials: its process, and root; pid 0 for the kernel."""
    task = current()
    return (task.pid if task is not None else 0, 0, 0)


def scm_destroy(cookie: ScmCookie) -> None:
    """Give back the files that nobody received."""
    for file in cookie.fp:
        fput(file)
    cookie.fp = []


def scm_fp_dup(cookie: ScmCookie) -> list[File]:
    """One more reference to each file of cookie: MSG_PEEK."""
    return [get_file(file) for file in cookie.fp]


def scm_recv(msg: MsgHdr, cookie: ScmCookie, files: FdTable, passcred: bool, cloexec: bool) -> None:
    """Hand the receiver what came along: credentials if it asked (SO_PASSCRED), and files, which
    become descriptors in its table. Consumes the references that cookie holds."""
    if msg.controllen == 0 and msg.control is None:
        if passcred or cookie.fp:
            msg.flags |= uapi.MSG_CTRUNC
        scm_destroy(cookie)
        return
    if passcred:
        ids = NO_CREDS if cookie.creds is None else cookie.creds
        cred = b"".join((v & 0xFFFFFFFF).to_bytes(4, "little") for v in ids)
        put_cmsg(msg, uapi.SOL_SOCKET, uapi.SCM_CREDENTIALS, cred)
    if cookie.fp:
        scm_detach_fds(msg, cookie, files, cloexec)


def scm_detach_fds(msg: MsgHdr, cookie: ScmCookie, files: FdTable, cloexec: bool) -> None:
    """Install as many files as msg has room for; the others are dropped and MSG_CTRUNC set."""
    room = msg.controllen - uapi.CMSG_HDRLEN
    fdmax = room // FD_LEN if room > 0 else 0
    data = b""
    for file in cookie.fp[:fdmax]:
        try:
            fd = files.fd_install(get_file(file), cloexec)
        except OSError:  # the table is full
            fput(file)
            break
        data += fd.to_bytes(4, "little")
    if data:
        put_cmsg(msg, uapi.SOL_SOCKET, uapi.SCM_RIGHTS, data)
    if len(data) // FD_LEN < len(cookie.fp):
        msg.flags |= uapi.MSG_CTRUNC
    scm_destroy(cookie)
