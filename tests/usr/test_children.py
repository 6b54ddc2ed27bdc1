"""subprocess in a simulated program: its children are real, on the same host, in virtual time."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

import softnet
from tests.kit.binaries import PYTHON, needs_trap

pytestmark = needs_trap
ASK = "import socket; s = socket.create_connection(('127.0.0.1', 7)); print(s.recv(9))"


def in_virtual_time(net: Any, fn: Any) -> tuple[Any, float]:
    """What fn returned on h1, and how long it took there."""

    def program() -> tuple[Any, float]:
        begun = time.monotonic()
        value = fn()
        return value, round(time.monotonic() - begun, 2)

    result: tuple[Any, float] = net.run(program)
    return result


def test_run_feeds_gathers_and_waits(net: Any) -> None:
    def program() -> Any:
        command = ["sh", "-c", "echo begun; cat; echo oh >&2; sleep 5; exit 3"]
        done = subprocess.run(command, input=b"fed", capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr

    assert in_virtual_time(net, program) == ((3, b"begun\nfed", b"oh\n"), 5.0)


def test_what_is_not_there_is_said_as_everywhere(net: Any) -> None:
    def program() -> None:
        with pytest.raises(FileNotFoundError, match="no-such-program"):
            subprocess.run(["no-such-program"], check=False)
        with pytest.raises(FileNotFoundError, match="no-such-folder"):
            subprocess.run(["sh"], cwd="/no-such-folder", check=False)
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, 0)

    net.run(program)


def test_a_child_reaches_its_parents_server(net: Any) -> None:
    def program() -> bytes:
        with socket.create_server(("", 7)) as server:
            child = subprocess.Popen([PYTHON, "-c", ASK], stdout=subprocess.PIPE)
            conn, _ = server.accept()
            conn.sendall(b"welcome")
            conn.close()
            return child.communicate()[0]

    assert net.run(program) == b"b'welcome'\n"


def test_a_pipeline_of_children_and_a_file(net: Any, tmp_path: Path) -> None:
    def program() -> str:
        first = subprocess.Popen(["sh", "-c", "echo b; echo a"], stdout=subprocess.PIPE)
        with (tmp_path / "sorted").open("wb") as file:
            subprocess.run(["sort"], stdin=first.stdout, stdout=file, check=True)
        first.wait()
        assert first.stdout is not None
        first.stdout.close()
        return (tmp_path / "sorted").read_text()

    assert net.run(program) == "a\nb\n"


def test_timeouts_and_signals(net: Any) -> None:
    def program() -> list[Any]:
        with pytest.raises(subprocess.TimeoutExpired):
            subprocess.run(["sleep", "100"], timeout=4, check=False)
        heard = []
        signal.signal(signal.SIGCHLD, lambda *_: heard.append("SIGCHLD"))
        child = subprocess.Popen(["sleep", "100"])
        time.sleep(1)
        child.terminate()
        return [child.wait(), *heard]

    assert in_virtual_time(net, program) == ([-15, "SIGCHLD"], 5.0)


def test_system_and_popen(net: Any) -> None:
    def program() -> tuple[int, str]:
        code = os.waitstatus_to_exitcode(os.system("sleep 3; exit 2"))
        with os.popen("hostname") as pipe:
            return code, pipe.read()

    assert in_virtual_time(net, program) == ((2, "h1\n"), 3.0)


def test_asyncio_talks_with_a_child(net: Any) -> None:
    async def main() -> tuple[bytes, int]:
        kinds = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        child = await asyncio.create_subprocess_exec("cat", **kinds)  # type: ignore[arg-type]
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"line\n")
        line = await child.stdout.readline()
        child.stdin.close()
        return line, await child.wait()

    assert net.run(lambda: asyncio.run(main())) == (b"line\n", 0)


def test_children_inherit_what_an_isolated_host_has(tmp_path: Path) -> None:
    def program(name: str) -> str:
        (tmp_path / name).mkdir()
        os.chdir(tmp_path / name)
        os.environ["WHO"] = name
        time.sleep(1)
        done = subprocess.run(
            ["sh", "-c", "echo $WHO; pwd"], capture_output=True, text=True, check=True
        )
        return done.stdout

    with softnet.Lab(isolate="modules") as lab:
        hosts = lab.hosts("h1", "h2")
        runs = [host.start(program, host.name) for host in hosts]
        said = [run.wait() for run in runs]
    assert said == [f"{name}\n{tmp_path / name}\n" for name in ("h1", "h2")]
