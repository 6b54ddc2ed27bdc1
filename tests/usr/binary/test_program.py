"""What can be started, and what is refused by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from softnet import Lab
from softnet.usr.binary.program import environment, find_program, objection
from softnet.usr.errors import EscapedError


def executable(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    path.chmod(0o755)
    return str(path)


def test_a_word_is_looked_for_in_the_path_of_the_program(tmp_path: Path) -> None:
    tool = executable(tmp_path / "tool", b"#!/bin/sh\n")
    assert find_program("tool", {"PATH": str(tmp_path)}) == tool
    assert find_program("./tool", {}, str(tmp_path)) == tool
    with pytest.raises(FileNotFoundError):
        find_program("tool", {"PATH": "/"})
    with pytest.raises(PermissionError):
        find_program(str(tmp_path), {})


def test_another_machines_program_is_refused_by_name(tmp_path: Path) -> None:
    elf = bytearray(Path(os.path.realpath("/bin/sh")).read_bytes()[:64])
    assert objection(executable(tmp_path / "own", bytes(elf))) == ""
    elf[18] ^= 0xFF
    other = executable(tmp_path / "other", bytes(elf))
    with pytest.raises(ValueError, match="other: is a program for another machine than this "):
        find_program(other, {})
    script = executable(tmp_path / "script", f"#!{other} -x\n".encode())
    assert "another machine" in objection(script)


def test_proxies_of_the_machine_are_not_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy")
    monkeypatch.setenv("COLOUR", "red")
    ours = environment(None)
    assert "HTTP_PROXY" not in ours
    assert ours["COLOUR"] == "red"
    assert environment({"HTTP_PROXY": "x"}) == {"HTTP_PROXY": "x"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_a_program_that_becomes_another_user_is_refused_by_name(tmp_path: Path) -> None:
    copy = tmp_path / "id"
    copy.write_bytes(Path(os.path.realpath("/usr/bin/id")).read_bytes())
    os.chown(copy, 65534, -1)
    copy.chmod(0o4755)
    with pytest.raises(
        ValueError, match=r"id: is set-user-ID: .* user 65534 and can only as user 0"
    ):
        find_program(str(copy), {})
    with Lab() as lab:
        host = lab.host("h1")
        with pytest.raises(
            EscapedError, match=r"'h1': sh .pid.* executes .*/id, which is set-user-ID"
        ):
            host.exec("sh", "-c", f"{copy}; true")
        ping = copy.rename(tmp_path / "ping")  # these are for raw sockets' sake
        assert host.exec(str(ping), "-u").stdout == "0\n"
        os.chown(ping, 0, -1)  # ours
        ping.rename(copy).chmod(0o4755)
        assert host.exec(str(copy), "-u").stdout == "0\n"
