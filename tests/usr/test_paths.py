"""os on the names of sockets; real files stay real."""

from __future__ import annotations

import os
import pathlib
import shutil
import socket
import stat
import tempfile
from typing import Any

import pytest

import softnet


def test_what_os_says_of_a_socket(net: Any, tmp_path: Any) -> None:
    path = tmp_path / "s"

    def program() -> Any:
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(path))
            before = os.stat(path)
            os.chown(path, 7, -1)
            os.chmod(path, 0o640)
            os.utime(path, (1000, 2000))
            after = os.lstat(os.fsencode(path))
            listed = os.listdir(os.fsencode(tmp_path)), path.exists(), path.is_socket()
            same = os.stat(s.fileno()).st_mode >> 12 == before.st_mode >> 12
            path.unlink()
            return before.st_mtime, after, listed, same, path.exists()

    made, after, listed, same, exists = net.run(program)
    assert made >= 1_767_225_600  # 2026: the world's clock
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (7, 0, 0o640)
    assert (after.st_atime, after.st_mtime_ns) == (1000.0, 2000 * 10**9)
    assert listed == ([b"s"], True, True)
    assert same
    assert not exists


def test_real_files_among_them(net: Any, tmp_path: Any) -> None:
    def program() -> Any:
        real = tmp_path / "real"
        real.write_text("text")
        with socket.socket(socket.AF_UNIX) as s, socket.socket(socket.AF_UNIX) as t:
            s.bind(str(tmp_path / "s"))
            t.bind(str(tmp_path / "t"))
            os.replace(tmp_path / "s", real)  # a socket over a file
            seen = [sorted(os.listdir(tmp_path)), stat.S_ISSOCK(real.stat().st_mode)]
            real2 = tmp_path / "real2"
            real2.write_text("text")
            os.rename(real2, tmp_path / "t")  # a file over a socket
            seen += [(tmp_path / "t").read_text(), (tmp_path / "t").is_socket()]
            os.remove(real)
            with pytest.raises(FileNotFoundError):
                os.stat(real)
            return [*seen, os.access(tmp_path / "t", os.R_OK), os.listdir(tmp_path)]

    assert net.run(program) == [["real", "t"], True, "text", False, True, ["t"]]


def test_a_temporary_directory_goes_with_its_sockets(net: Any) -> None:
    def program() -> Any:
        with socket.socket(socket.AF_UNIX) as s:
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder, "s")
                s.bind(str(path))
            folder2 = tempfile.mkdtemp()
            shutil.rmtree(folder2)
            return path.exists(), os.path.exists(folder)

    assert net.run(program) == (False, False)


def test_a_restart_forgets_the_names(tmp_path: Any) -> None:
    path = str(tmp_path / "s")

    def serve() -> None:
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            s.listen()
            s.accept()[0].close()

    def ask() -> None:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)

    with softnet.Lab() as lab:
        h1 = lab.host("h1")
        h1.start(serve)
        h1.crash()
        h1.restart()
        h1.call(ask)  # the server could bind again


def test_outside_programs_there_are_none(net: Any, tmp_path: Any) -> None:
    def program() -> None:
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(tmp_path / "s"))

    net.run(program)
    assert os.listdir(tmp_path) == []
    assert not os.path.exists(tmp_path / "s")
