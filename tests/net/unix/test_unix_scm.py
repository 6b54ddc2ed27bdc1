"""Files and credentials that travel with messages."""

from __future__ import annotations

import array
import errno
import os
import socket
import struct
from typing import Any

import pytest

from tests.kit.unix import error, pair
from tests.net.unix.conftest import only_softnet

S, D, Q = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET
SOL, RIGHTS, CREDS = socket.SOL_SOCKET, socket.SCM_RIGHTS, socket.SCM_CREDENTIALS
each_type = pytest.mark.parametrize("kind", [S, D, Q])
ROOM = socket.CMSG_SPACE(64)


def rights(*fds: int) -> tuple[int, int, bytes]:
    """A row with descriptors."""
    return SOL, RIGHTS, array.array("i", fds).tobytes()


def fds_of(ancillary: Any) -> list[int]:
    """The descriptors in what recvmsg() gave."""
    found = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (SOL, RIGHTS):
            found.frombytes(data[: len(data) // 4 * 4])
    return list(found)


@each_type
def test_files_arrive_as_new_descriptors(net: Any, kind: int) -> None:
    def program() -> Any:
        a, b = pair(kind)
        with a, b:
            r, w = os.pipe()
            a.sendmsg([b"x"], [rights(r, w)])
            os.close(r)
            os.close(w)
            data, ancillary, flags, _ = b.recvmsg(9, ROOM)
            got_r, got_w = fds_of(ancillary)
            os.write(got_w, b"through")
            seen = data, flags, os.read(got_r, 9), os.get_inheritable(got_r)
            os.close(got_r)
            os.close(got_w)
            return seen

    assert net.run(program) == (b"x", 0, b"through", True)


@each_type
def test_close_on_exec_is_asked_for(net: Any, kind: int) -> None:
    def program() -> Any:
        a, b = pair(kind)
        with a, b:
            a.sendmsg([b"x"], [rights(a.fileno())])
            _, ancillary, flags, _ = b.recvmsg(9, ROOM, socket.MSG_CMSG_CLOEXEC)
            fd = fds_of(ancillary)[0]
            seen = os.get_inheritable(fd), flags & ~socket.MSG_CMSG_CLOEXEC
            os.close(fd)
            return seen

    assert net.run(program) == (False, 0)


@each_type
def test_what_does_not_fit_is_closed(net: Any, kind: int) -> None:
    def program() -> Any:
        a, b = pair(kind)
        r, w = os.pipe()
        seen = []
        with a, b:
            for room in (0, socket.CMSG_LEN(0), socket.CMSG_LEN(4), socket.CMSG_LEN(4) + 3):
                a.sendmsg([b"x"], [rights(w, w)])
                _, ancillary, flags, _ = b.recvmsg(9, room)
                fds = fds_of(ancillary)
                for fd in fds:
                    os.close(fd)
                seen.append((len(fds), flags & socket.MSG_CTRUNC != 0))
            a.sendmsg([b"x"], [rights(w)])
            seen.append(b.recv(9))  # a plain receive drops them
            a.sendmsg([b"x"], [rights(w)])  # nobody reads this one
        os.close(w)
        seen.append(os.read(r, 9))  # the end: no copy of w is left
        os.close(r)
        return seen

    assert net.run(program) == [(0, True), (0, True), (1, True), (1, True), b"x", b""]


@each_type
def test_peeking_doubles_the_files(net: Any, kind: int) -> None:
    def program() -> Any:
        a, b = pair(kind)
        r, w = os.pipe()
        with a, b:
            a.sendmsg([b"x"], [rights(w)])
            os.close(w)
            fds = []
            for flags in (socket.MSG_PEEK, socket.MSG_PEEK, 0):
                fds += fds_of(b.recvmsg(9, ROOM, flags)[1])
            different = len(set(fds))
            for fd in fds:
                os.write(fd, b".")
                os.close(fd)
            seen = different, os.read(r, 9), os.read(r, 9)
            os.close(r)
            return seen

    assert net.run(program) == (3, b"...", b"")


def test_a_stream_stops_at_files(net: Any) -> None:
    def program() -> Any:
        a, b = pair(S)
        with a, b:
            a.send(b"before")
            a.sendmsg([b"with"], [rights(a.fileno())])
            a.send(b"after")
            seen = []
            for size in (99, 99, 99):
                data, ancillary, flags, _ = b.recvmsg(size, ROOM)
                fds = fds_of(ancillary)
                for fd in fds:
                    os.close(fd)
                seen.append((data, len(fds), flags))
                if data == b"beforewithafter" or data.endswith(b"after"):
                    break
            a.sendmsg([b"12345"], [rights(a.fileno(), a.fileno())])
            for _ in range(2):
                data, ancillary, flags, _ = b.recvmsg(3, ROOM)
                fds = fds_of(ancillary)
                for fd in fds:
                    os.close(fd)
                seen.append((data, len(fds), flags))
            return seen

    assert net.run(program) == [
        (b"beforewith", 1, 0), (b"after", 0, 0), (b"123", 2, 0), (b"45", 0, 0),
    ]  # fmt: skip


@each_type
def test_errors_of_sending_files(net: Any, kind: int) -> None:
    def program() -> Any:
        a, b = pair(kind)
        with a, b:
            one = a.fileno()
            return [
                error(a.sendmsg, [b"x"], [rights(one, 999_999_999)]),
                error(a.sendmsg, [b"x"], [rights(*[one] * 254)]),
                error(a.sendmsg, [b"x"], [(SOL, 99, b"")]),
                error(a.sendmsg, [b"x"], [(SOL, CREDS, b"short")]),
                error(a.sendmsg, [b"x"], [(SOL, CREDS, struct.pack("3i", 1 << 24, 0, 0))]),
                error(b.recv, 1, socket.MSG_DONTWAIT),
                error(a.sendmsg, [b"x"], [rights(*[one] * 253)]),
                error(a.sendmsg, [b"x"], [rights()]),
                len(b.recvmsg(9)[0]),
            ]

    assert net.run(program) == [
        errno.EBADF, errno.EINVAL, errno.EINVAL, errno.EINVAL, errno.ESRCH, errno.EAGAIN, 0, 0, 1,
    ]  # fmt: skip


@each_type
def test_credentials_come_to_who_asks(net: Any, kind: int) -> None:
    def program() -> Any:
        a, b = pair(kind)
        with a, b:
            b.setsockopt(SOL, socket.SO_PASSCRED, 1)
            a.send(b"x")
            data, ancillary, flags, _ = b.recvmsg(9, ROOM)
            (level, what, cred), *more = ancillary
            own = os.getpid(), os.getuid(), os.getgid()
            if kind != S:
                own = (own[0], *struct.unpack("3i", cred)[1:])
            a.send(b"x")
            truncated = b.recvmsg(9)[2]
            a.sendmsg([b"x"], [(SOL, CREDS, cred)])
            again = b.recvmsg(9, ROOM)[1] == ancillary
            return (
                (data, flags, level, what, more, struct.unpack("3i", cred) == own),
                truncated & socket.MSG_CTRUNC != 0,
                again,
                b.getsockopt(SOL, socket.SO_PASSCRED),
                b.getsockname() == "",
            )

    assert net.run(program) == ((b"x", 0, SOL, CREDS, [], True), True, True, 1, True)


@only_softnet
def test_nobody_says_who_sent_what_before_it_was_asked(net: Any) -> None:
    """3.2 says pid 0 and -1; later kernels have the overflow ids."""

    def program() -> Any:
        a, b = pair(S)
        with a, b:
            a.send(b"x")
            b.setsockopt(SOL, socket.SO_PASSCRED, 1)
            return struct.unpack("3i", b.recvmsg(9, ROOM)[1][0][2])

    assert net.run(program) == (0, -1, -1)


def test_a_stream_does_not_glue_writers(net: Any) -> None:
    def program() -> Any:
        a, b = pair(S)
        with a, b:
            a.send(b"anonymous")
            b.setsockopt(SOL, socket.SO_PASSCRED, 1)
            a.send(b"known")
            return b.recv(99), b.recv(99)

    assert net.run(program) == (b"anonymous", b"known")


def test_peercred(net: Any) -> None:
    def program() -> Any:
        a, b = pair(S)
        with a, b, socket.socket(socket.AF_UNIX) as fresh:
            own = struct.unpack("3i", a.getsockopt(SOL, socket.SO_PEERCRED, 12))
            none = struct.unpack("3i", fresh.getsockopt(SOL, socket.SO_PEERCRED, 12))
            return own[0] == os.getpid(), none

    assert net.run(program) == (True, (0, -1, -1))


@only_softnet
def test_sockets_in_sockets_go_only_so_deep(net: Any) -> None:
    """ETOOMANYREFS: 3.2 counts the levels; the collector of 6.10 has no need to."""

    def program() -> Any:
        deep, keep = pair(D)
        kept = [keep]
        level, err = 0, 0
        while err == 0:
            a, b = pair(D)
            kept += [a, b]
            err = error(a.sendmsg, [b"x"], [rights(deep.fileno())])
            deep.close()
            deep = b
            level += err == 0
        deep.close()
        for s in kept:
            s.close()
        return level, err

    assert net.run(program) == (5, errno.ETOOMANYREFS)
