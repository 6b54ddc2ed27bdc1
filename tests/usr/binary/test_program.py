"""What can be started, and what is refused by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from softnet.usr.binary.program import environment, find_program, objection


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
