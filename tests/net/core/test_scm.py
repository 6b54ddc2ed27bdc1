"""Control messages."""

from __future__ import annotations

import errno
import struct

import pytest

import softnet.uapi.socket as uapi
from softnet.fs.file import FdTable, File, FileOps
from softnet.net.core.scm import put_cmsg, scm_destroy, scm_fp_dup, scm_recv, scm_send
from softnet.structs.socket import MsgHdr
from tests.kit.errors import os_error

SOL = uapi.SOL_SOCKET


def message(controllen: int = 0) -> MsgHdr:
    msg = MsgHdr(bytearray(), 0)
    msg.controllen = controllen
    return msg


@pytest.mark.parametrize(
    ("room", "want", "left", "truncated"),
    [
        (0, None, 0, True),
        (15, None, 15, True),
        (16, b"", 0, True),
        (20, b"1234", 0, True),
        (27, b"12345678901", 0, True),
        (28, b"123456789012", 0, False),
        (32, b"123456789012", 0, False),
        (50, b"123456789012", 18, False),
    ],
)
def test_put_cmsg_fits_or_truncates(
    room: int, want: bytes | None, left: int, truncated: bool
) -> None:
    msg = message(room)
    put_cmsg(msg, 1, 2, b"123456789012")
    assert msg.control == (None if want is None else [(1, 2, want)])
    assert msg.controllen == left
    assert (msg.flags & uapi.MSG_CTRUNC != 0) == truncated


def test_messages_follow_each_other() -> None:
    msg = message(100)
    put_cmsg(msg, 1, 1, b"a")
    put_cmsg(msg, 2, 2, b"b")
    assert msg.control == [(1, 1, b"a"), (2, 2, b"b")]
    assert msg.controllen == 100 - 2 * 24


class Ops(FileOps):
    def __init__(self) -> None:
        self.released = 0

    def release(self, file: File) -> int:  # an int in C, where None would not do
        self.released += 1
        return 0


def table(n: int) -> tuple[FdTable, list[Ops]]:
    """A table with n files, and their ops."""
    files, ops = FdTable(), [Ops() for _ in range(n)]
    for o in ops:
        files.fd_install(File(o, 0, None))
    return files, ops


def rights(*fds: int) -> tuple[int, int, bytes]:
    return SOL, uapi.SCM_RIGHTS, struct.pack(f"<{len(fds)}i", *fds)


def sent(files: FdTable, *rows: tuple[int, int, bytes]) -> MsgHdr:
    msg = message()
    msg.control = list(rows)
    return msg


def test_files_travel() -> None:
    mine, ops = table(2)
    cookie = scm_send(sent(mine, rights(1, 0)), mine)
    mine.close_all()
    assert [o.released for o in ops] == [0, 0]
    theirs = FdTable()
    msg = message(100)
    scm_recv(msg, cookie, theirs, False, False)
    assert msg.control == [rights(0, 1)]
    assert theirs.fget(0).f_op is ops[1]
    assert theirs.fget(1).f_op is ops[0]
    theirs.close_all()
    assert [o.released for o in ops] == [1, 1]


def test_files_without_room_are_dropped() -> None:
    mine, ops = table(3)
    cookie = scm_send(sent(mine, rights(0, 1, 2)), mine)
    mine.close_all()
    theirs = FdTable()
    msg = message(16 + 4)
    scm_recv(msg, cookie, theirs, False, True)
    assert msg.flags & uapi.MSG_CTRUNC
    assert msg.control == [rights(0)]
    assert theirs.cloexec == {0}
    assert [o.released for o in ops] == [0, 1, 1]
    theirs.close_all()


def test_nobody_asked_for_control() -> None:
    mine, ops = table(1)
    cookie = scm_send(sent(mine, rights(0)), mine)
    mine.close_all()
    msg = message(0)
    scm_recv(msg, cookie, FdTable(), False, False)
    assert msg.flags & uapi.MSG_CTRUNC
    assert ops[0].released == 1


def test_full_table_gets_what_fits() -> None:
    mine, ops = table(2)
    cookie = scm_send(sent(mine, rights(0, 1)), mine)
    mine.close_all()
    theirs = FdTable(limit=1)
    msg = message(100)
    scm_recv(msg, cookie, theirs, False, False)
    assert msg.control == [rights(0)]
    assert msg.flags & uapi.MSG_CTRUNC
    assert ops[1].released == 1
    theirs.close_all()


def test_bad_descriptor_sends_nothing() -> None:
    mine, _ = table(1)
    with os_error(errno.EBADF):
        scm_send(sent(mine, rights(0, 7)), mine)
    assert mine.fget(0).f_count == 1
    with os_error(errno.EINVAL):
        scm_send(sent(mine, rights(*[0] * 254)), mine)
    assert mine.fget(0).f_count == 1


def test_rights_are_unix_only_and_unknown_types_invalid() -> None:
    mine, _ = table(1)
    with os_error(errno.EINVAL):
        scm_send(sent(mine, rights(0)), None)
    with os_error(errno.EINVAL):
        scm_send(sent(mine, (SOL, 99, b"")), mine)
    with os_error(errno.EINVAL):
        scm_send(sent(mine, (SOL, uapi.SCM_CREDENTIALS, b"short")), mine)
    scm_send(sent(mine, (0, 99, b"other levels are the protocol's")), mine)


def test_credentials() -> None:
    cred = struct.pack("<III", 7, 8, 9)
    cookie = scm_send(sent(FdTable(), (SOL, uapi.SCM_CREDENTIALS, cred)), None)
    msg = message(100)
    scm_recv(msg, cookie, FdTable(), True, False)
    assert msg.control == [(SOL, uapi.SCM_CREDENTIALS, cred)]
    msg = message(100)
    scm_recv(msg, cookie, FdTable(), False, False)
    assert msg.control is None


def test_peeked_files_are_references_of_their_own() -> None:
    mine, ops = table(1)
    cookie = scm_send(sent(mine, rights(0)), mine)
    again = scm_fp_dup(cookie)
    mine.close_all()
    scm_destroy(cookie)
    assert ops[0].released == 0
    cookie.fp = again
    scm_destroy(cookie)
    assert ops[0].released == 1
