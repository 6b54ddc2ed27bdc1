"""os.posix_spawn() and os.spawnv() in a simulated program."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from softnet.usr.errors import EscapedError
from tests.kit.binaries import needs_trap

pytestmark = needs_trap
SH = "/bin/sh"


def ended(pid: int) -> int:
    """Wait for a child: its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_child_waits_in_virtual_time_with_the_environment_it_is_given(net: Any) -> None:
    def program() -> tuple[int, float]:
        begun = time.monotonic()
        pid = os.posix_spawn(SH, ["sh", "-c", "sleep 5; exit $CODE"], {"CODE": "3"})
        return ended(pid), round(time.monotonic() - begun, 2)

    assert net.run(program) == (3, 5.0)


def test_simulated_pipes_become_what_the_actions_say(net: Any) -> None:
    def program() -> tuple[int, bytes]:
        there, ours = os.pipe()
        back, theirs = os.pipe()
        os.write(ours, b"asked\n")
        actions = [
            (os.POSIX_SPAWN_DUP2, there, 0),
            (os.POSIX_SPAWN_DUP2, theirs, 7),
            (os.POSIX_SPAWN_CLOSE, there),
        ]
        words = ["sh", "-c", "read line; echo $line told >&7"]
        pid = os.posix_spawn(SH, words, os.environ, file_actions=actions)
        os.close(theirs)
        return ended(pid), os.read(back, 99)

    assert net.run(program) == (0, b"asked told\n")


def test_files_of_the_machine_become_what_the_actions_say(net: Any, tmp_path: Path) -> None:
    file = tmp_path / "said"

    def program() -> int:
        flags = os.O_WRONLY | os.O_CREAT
        actions = [
            (os.POSIX_SPAWN_OPEN, 5, str(file), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 5, 1),
            (os.POSIX_SPAWN_CLOSE, 5),
        ]
        words = ["sh", "-c", "echo one; echo two >&5"]
        return ended(os.posix_spawn(SH, words, {}, file_actions=actions))

    assert net.run(program) == 2  # dash: a bad descriptor
    assert file.read_text() == "one\n"


def test_what_is_wrong_is_said_by_the_call_itself(net: Any) -> None:
    def program() -> None:
        with pytest.raises(FileNotFoundError, match="/no/such"):
            os.posix_spawn("/no/such", ["x"], {})
        with pytest.raises(PermissionError):
            os.posix_spawn(__file__, ["x"], {})
        with pytest.raises(FileNotFoundError):
            os.posix_spawnp("no-such-program", ["x"], {})
        for fd in (1 << 20, 901):
            with pytest.raises(OSError, match="Bad file"):
                os.posix_spawn(SH, ["x"], {}, file_actions=[(os.POSIX_SPAWN_DUP2, fd, 1)])
        with pytest.raises(ValueError, match="cannot be empty"):
            os.posix_spawn(SH, [], {})
        with pytest.raises(ChildProcessError):
            os.wait()
        with pytest.raises(EscapedError, match="signal mask"):
            os.posix_spawn(SH, ["x"], {}, setsigmask=[signal.SIGINT])

    net.run(program)


def test_posix_spawnp_and_spawnlp_look_in_path(net: Any) -> None:
    def program() -> tuple[int, int, int, int]:
        found = ended(os.posix_spawnp("sh", ["sh", "-c", "exit 4"], os.environ))
        code = os.spawnlp(os.P_WAIT, "sh", "sh", "-c", "exit 5")
        killed = os.spawnv(os.P_WAIT, SH, ["sh", "-c", "kill -9 $$"])
        later = os.spawnle(os.P_NOWAIT, SH, "sh", "-c", "exit $CODE", {"CODE": "6"})
        return found, code, killed, ended(later)

    assert net.run(program) == (4, 5, -9, 6)
    assert net.run(lambda: os.spawnv(os.P_WAIT, "/no/such", ["x"])) == 127


@pytest.mark.parametrize("close_fds", [True, False])
def test_subprocess_with_pipes_whichever_way_it_starts_them(net: Any, close_fds: bool) -> None:
    def program() -> tuple[int, bytes, bytes]:
        words = ["/bin/sh", "-c", "cat; echo oh >&2; exit 2"]
        done = subprocess.run(
            words, input=b"fed", capture_output=True, close_fds=close_fds, check=False
        )
        return done.returncode, done.stdout, done.stderr

    assert net.run(program) == (2, b"fed", b"oh\n")


def test_a_child_inherits_a_file_of_the_machine(net: Any, tmp_path: Path) -> None:
    def program() -> str:
        with (tmp_path / "said").open("wb") as file:
            words = ["sh", "-c", f"echo hello >/proc/self/fd/{file.fileno()}"]
            subprocess.run(words, pass_fds=[file.fileno()], check=True)
        with pytest.raises(OSError, match="Bad file"):
            subprocess.run(["true"], pass_fds=[901], check=True)
        return (tmp_path / "said").read_text()

    assert net.run(program) == "hello\n"
