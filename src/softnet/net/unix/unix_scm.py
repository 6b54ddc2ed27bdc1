"""What travels with the packets of UNIX sockets: files, and who sent them.

Linux: net/unix/af_unix.c (unix_attach_fds, unix_detach_fds, unix_scm_to_skb, maybe_add_creds)

A packet's ScmCookie hangs on skb.cb, where Linux has UNIXCB(skb); most packets have none.
"""

from __future__ import annotations

import errno

import softnet.uapi.socket as uapi
from softnet.fs.file import FdTable
from softnet.kernel.sched import need_current
from softnet.net.core.scm import (
    ScmCookie,
    scm_destroy,
    scm_fp_dup,
    scm_recv,
    scm_send,
    scm_set_cred,
)
from softnet.net.unix.garbage import unix_get_socket, unix_inflight, unix_notinflight
from softnet.structs.skbuff import SkbDestructor, SkBuff
from softnet.structs.socket import MsgHdr
from softnet.structs.unix_sock import UnixSock

MAX_RECURSION_LEVEL = 4  # sockets in messages in sockets in messages in ...


def task_files() -> FdTable:
    """The caller's descriptors."""
    files = need_current().files
    assert isinstance(files, FdTable)
    return files


def unix_scm_send(msg: MsgHdr) -> ScmCookie | None:
    """scm_send(): what msg's control asks to be sent along, None if nothing. Raises OSError."""
    return scm_send(msg, task_files()) if msg.control else None


def unix_scm_to_skb(cookie: ScmCookie | None, skb: SkBuff, send_fds: bool) -> int:
    """Give skb the credentials of cookie and, if send_fds, its files.

    The level of the sockets among them; a message without any makes a level, too, as in 3.2.
    Raises OSError(ETOOMANYREFS).
    """
    if cookie is None:
        return 0
    own = ScmCookie()
    own.creds = cookie.creds
    skb.cb = own
    return unix_attach_fds(cookie, own, skb) if send_fds and cookie.fp else 0


def unix_attach_fds(cookie: ScmCookie, own: ScmCookie, skb: SkBuff) -> int:
    """The files of cookie go to skb, too; the highest recursion level of the sockets among them."""
    level = 0
    for file in cookie.fp:
        u = unix_get_socket(file)
        if u is not None and u.recursion_level > level:
            level = u.recursion_level
    if level > MAX_RECURSION_LEVEL:
        raise OSError(errno.ETOOMANYREFS, "Too many references: cannot splice")
    own.fp = scm_fp_dup(cookie)
    for file in own.fp:
        unix_inflight(file)
    assert skb.destructor is not None
    skb.destructor = UnixDestructScm(skb.destructor)
    return level


def unix_detach_fds(cookie: ScmCookie) -> ScmCookie:
    """Take the files out of a packet's cookie."""
    taken = ScmCookie()
    taken.creds = cookie.creds
    taken.fp, cookie.fp = cookie.fp, []
    for file in taken.fp:
        unix_notinflight(file)
    return taken


class UnixDestructScm(SkbDestructor):
    """unix_destruct_scm(): a packet with files goes; those that nobody took are closed."""

    __slots__ = ("wfree",)

    wfree: SkbDestructor  # sock_wfree()

    def __init__(self, wfree: SkbDestructor) -> None:
        self.wfree = wfree

    def destruct(self, skb: SkBuff) -> None:
        """Give back files and room."""
        cookie = skb.cb
        skb.cb = None
        if isinstance(cookie, ScmCookie) and cookie.fp:
            scm_destroy(unix_detach_fds(cookie))
        self.wfree.destruct(skb)


def passes_cred(sk: UnixSock) -> bool:
    """Is SO_PASSCRED on?"""
    return sk.sk_socket is not None and sk.sk_socket.flags >> uapi.SOCK_PASSCRED & 1 != 0


def maybe_add_creds(skb: SkBuff, sk: UnixSock, other: UnixSock) -> None:
    """Say who sent skb, if either end asked for it, or if nobody can know yet: not accepted."""
    if other.sk_socket is not None and not passes_cred(other) and not passes_cred(sk):
        return
    own = skb.cb
    if not isinstance(own, ScmCookie):
        own = skb.cb = ScmCookie()
    if own.creds is None:
        own.creds = scm_set_cred()


def take_cookie(skb: SkBuff, peek: bool) -> ScmCookie:
    """What a receiver gets of skb: its files, or one more reference to each for one who peeks."""
    cookie = skb.cb
    if not isinstance(cookie, ScmCookie):
        return ScmCookie()
    if not peek:
        return unix_detach_fds(cookie)
    taken = ScmCookie()
    taken.creds = cookie.creds
    taken.fp = scm_fp_dup(cookie)
    return taken


def unix_scm_recv(sk: UnixSock, msg: MsgHdr, cookie: ScmCookie, flags: int) -> None:
    """scm_recv() of the caller. Consumes cookie."""
    passcred = passes_cred(sk)
    if cookie.fp or passcred:
        scm_recv(msg, cookie, task_files(), passcred, flags & uapi.MSG_CMSG_CLOEXEC != 0)
