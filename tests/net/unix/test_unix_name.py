"""Names: paths, abstract ones, those of autobind; who finds whom."""

from __future__ import annotations

import errno
import os
import socket
import stat
from typing import Any

import pytest

import softnet.syscalls as sys_
from tests.kit.unix import error, once, unix
from tests.net.unix.conftest import only_softnet

S, D, Q = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET


def test_a_path_outlives_its_socket(net: Any, tmp_path: Any) -> None:
    path = str(tmp_path / "s")

    def program() -> Any:
        seen: list[Any] = []
        with unix(S) as s:
            seen.append(once(S, "connect", path))
            s.bind(path)
            seen.append(stat.S_ISSOCK(os.stat(path).st_mode))
            seen.append(once(S, "bind", path))
            seen.append(once(S, "connect", path))  # nobody listens
            s.listen()
            seen.append(once(S, "connect", path))
        seen.append(os.path.exists(path))
        seen.append(once(S, "connect", path))
        seen.append(once(S, "bind", path))
        os.unlink(path)
        seen.append(os.path.exists(path))
        seen.append(error(os.unlink, path))
        seen.append(once(S, "bind", path))
        os.remove(path)
        return seen

    assert net.run(program) == [
        errno.ENOENT, True, errno.EADDRINUSE, errno.ECONNREFUSED, 0,
        True, errno.ECONNREFUSED, errno.EADDRINUSE, False, errno.ENOENT, 0,
    ]  # fmt: skip


def test_a_name_unlinked_is_free_while_its_socket_lives(net: Any, tmp_path: Any) -> None:
    path = str(tmp_path / "s")

    def program() -> Any:
        with unix(S) as old, unix(S) as new, unix(S) as c:
            old.bind(path)
            old.listen()
            os.unlink(path)
            new.bind(path)
            new.listen()
            c.connect(path)
            old.setblocking(False)
            new.setblocking(False)
            new.accept()[0].close()
            return error(old.accept), old.getsockname() == new.getsockname() == path

    assert net.run(program) == (errno.EAGAIN, True)


def test_errors_of_paths(net: Any, tmp_path: Any) -> None:
    (tmp_path / "file").write_text("x")
    base = str(tmp_path)

    def program() -> Any:
        with unix(S) as s:
            return [
                error(s.bind, base + "/no/such"),
                error(s.bind, base + "/file/x"),
                error(s.bind, base + "/file"),
                error(s.bind, base),
                error(s.connect, base + "/file"),
                error(s.connect, base + "/no/such"),
                error(s.connect, base),
                error(s.connect, ""),
                error(s.bind, base + "/ok"),
                error(s.bind, base + "/ok2"),
                error(s.bind, ""),
            ]

    assert net.run(program) == [
        errno.ENOENT, errno.ENOTDIR, errno.EADDRINUSE, errno.EADDRINUSE, errno.ECONNREFUSED,
        errno.ENOENT, errno.ECONNREFUSED, errno.EINVAL, 0, errno.EINVAL, 0,
    ]  # fmt: skip


def test_types_do_not_mix(net: Any, tmp_path: Any) -> None:
    path = str(tmp_path / "s")

    def program() -> Any:
        with unix(D) as d, unix(S) as s, unix(Q) as q, unix(D) as a, unix(S) as b:
            d.bind(path)
            a.bind(b"\0softnet.same")
            b.bind(b"\0softnet.same")  # names of another type are other names
            return [
                error(s.connect, path),
                error(q.connect, path),
                error(q.connect, b"\0softnet.same"),
                error(a.listen),
                error(a.accept),
            ]

    assert net.run(program) == [
        errno.EPROTOTYPE, errno.EPROTOTYPE, errno.ECONNREFUSED, errno.EOPNOTSUPP, errno.EOPNOTSUPP,
    ]  # fmt: skip


def test_abstract_names_go_with_their_socket(net: Any) -> None:
    name = b"\0softnet \0 odd\xff"

    def program() -> Any:
        with unix(D) as d:
            d.bind(name)
            taken = once(D, "bind", name)
            shown = d.getsockname()
        return taken, shown, once(D, "connect", name), once(D, "bind", name)

    assert net.run(program) == (errno.EADDRINUSE, name, errno.ECONNREFUSED, 0)


def test_the_longest_names(net: Any) -> None:
    def program() -> Any:
        with unix(D) as s:
            s.bind(b"\0" + b"n" * 107)
            return len(s.getsockname()), once(D, "bind", b"\0" + b"n" * 108)

    length, error_ = net.run(program)
    assert length == 108
    assert error_ == "AF_UNIX path too long"


def test_autobind(net: Any) -> None:
    def program() -> Any:
        with unix(D) as a, unix(D) as b:
            a.bind("")
            b.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            before = b.getsockname()
            b.sendto(b"x", a.getsockname())
            a.bind("")  # has one
            return a.getsockname(), before, a.recvfrom(1)[1] == b.getsockname(), b.getsockname()

    first, before, same, second = net.run(program)
    for name in (first, second):
        assert len(name) == 6
        assert name[0] == 0
        assert int(name[1:], 16) >= 0
        assert name == name.lower()
    assert before == ""
    assert same
    assert first != second


@only_softnet
def test_autobind_counts_up(net: Any) -> None:
    def program() -> Any:
        with unix(S) as a, unix(S) as b, unix(S) as c, unix(S) as taken:
            taken.bind(b"\x0000002")
            for s in (a, b, c):
                s.bind("")
            return [s.getsockname() for s in (a, b, c)]

    assert net.run(program) == [b"\x0000001", b"\x0000003", b"\x0000004"]


def test_names_are_cut_at_nul_if_they_are_paths(net: Any, tmp_path: Any) -> None:
    path = os.fsencode(tmp_path / "s")

    def program() -> Any:
        with unix(S) as s:
            s.bind(path + b"\0rest")
            return s.getsockname()

    assert net.run(program) == os.fsdecode(path)


def test_the_world_of_files(net: Any, tmp_path: Any) -> None:
    base = str(tmp_path)

    def program() -> Any:
        os.symlink(base, base + "-link")
        with unix(S) as s, unix(S) as c, unix(S) as c2:
            s.bind(base + "-link/./s")
            s.listen()
            os.chmod(base + "/s", 0o600)
            mode = os.lstat(base + "/s").st_mode & 0o777
            os.symlink(base + "/s", base + "/ln")
            c.connect(base + "/ln")
            os.rename(base + "/s", base + "/t")
            c2.connect(base + "/t")
            names = sorted(os.listdir(base))
            there = os.path.exists(base + "/s"), os.access(base + "/t", os.W_OK)
            os.unlink(base + "/t")
            os.unlink(base + "/ln")
            os.unlink(base + "-link")
            return s.getsockname() == base + "-link/./s", mode, names, there, os.listdir(base)

    assert net.run(program) == (True, 0o600, ["ln", "t"], (False, True), [])


@only_softnet
def test_hosts_do_not_share_names(bench: Any, tmp_path: Any) -> None:
    path = str(tmp_path / "s")

    def serve() -> None:
        with unix(S) as s:
            s.bind(path)
            s.listen()
            with s.accept()[0] as c:
                c.sendall(b"h1")

    def look() -> Any:
        return os.path.exists(path), once(S, "connect", path)

    def ask() -> bytes:
        with unix(S) as s:
            s.connect(path)
            return s.recv(10)

    for name in ("h1", "h2"):
        bench.network(name)
    bench.start(serve, host="h1")
    assert bench.run(look, host="h2") == (False, errno.ENOENT)
    assert bench.run(ask, host="h1") == b"h1"
    assert not (tmp_path / "s").exists()


@only_softnet
def test_a_directory_takes_its_sockets_along(net: Any, tmp_path: Any) -> None:
    base = str(tmp_path / "d")

    def program() -> Any:
        os.mkdir(base)
        with unix(S) as s:
            s.bind(base + "/s")
            os.rmdir(base)
            os.mkdir(base)
            return os.listdir(base), once(S, "connect", base + "/s")

    assert net.run(program) == ([], errno.ENOENT)


@pytest.mark.parametrize("kind", [S, D, Q])
def test_names_of_a_pair(net: Any, kind: int) -> None:
    def program() -> Any:
        a, b = socket.socketpair(socket.AF_UNIX, kind)
        with a, b:
            a.bind("")
            return b.getpeername() == a.getsockname(), a.getpeername()

    assert net.run(program) == (True, "")


@only_softnet
def test_namespaces_share_paths_and_no_more(net: Any) -> None:
    h1 = net.hosts["h1"]
    seen: list[Any] = []

    def bind(name: bytes) -> int:
        fd = sys_.sys_socket(socket.AF_UNIX, S)
        sys_.sys_bind(fd, sys_.SockaddrUn(name))
        sys_.sys_listen(fd, 5)
        return fd

    def connect(name: bytes) -> None:
        fd = sys_.sys_socket(socket.AF_UNIX, S)
        seen.append(error(sys_.sys_connect, fd, sys_.SockaddrUn(name)))
        sys_.sys_close(fd)

    def program() -> None:
        fds = [bind(b"\0name"), bind(b"/run/path")]
        sys_.sys_unshare(sys_.CLONE_NEWNET)
        connect(b"\0name")
        connect(b"/run/path")
        fds.append(bind(b"\0name"))
        connect(b"\0name")
        for fd in fds:
            sys_.sys_close(fd)

    task = h1.spawn(program)
    net.world.run(predicate=task.finished)
    task.result()
    assert seen == [errno.ECONNREFUSED, 0, 0]
