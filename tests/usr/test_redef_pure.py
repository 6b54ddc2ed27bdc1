"""Without a C compiler: the stand-in for the C extension, in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from softnet.usr import absent, redef_pure

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.skipif(not redef_pure.works, reason="not for this Python")


def python(*argv: str, hash_seed: str = "1") -> str:
    """What a Python prints that passes the extension by."""
    env = {**os.environ, "SOFTNET_REDEF": "pure", "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, *argv], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_has_every_name_of_the_stand_in_for_nothing() -> None:
    names = [n for n in dir(absent) if not n.startswith("_")]
    ours = set(dir(redef_pure))
    assert set(names) - ours == {"NoReturn", "missing"}


def test_every_row_of_the_table_works() -> None:
    said = python("-m", "softnet", "doctor")
    assert "its slower stand-in in Python" in said
    assert "labs can be run" in said


def test_the_demo_runs(tmp_path: Path) -> None:
    said = python("-m", "softnet", "demo", "--pcap", str(tmp_path / "demo.pcapng"))
    assert "what the server has" in said


@pytest.mark.parametrize("program", ["xmlrpc_calls", "socketserver_tcp_udp", "raft_election"])
def test_programs_run_as_they_do_with_the_extension(program: str) -> None:
    argv = ("-m", "tests.programs.runner", program)
    env = {**os.environ, "PYTHONHASHSEED": "2"}
    with_it = subprocess.run(
        [sys.executable, *argv], env=env, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert python(*argv) == with_it.stdout


def test_everything_is_put_back() -> None:
    python(
        "-c",
        "import _thread, select, socket, time, softnet\n"
        "before = (select.epoll, socket.SocketType.recv, socket.SocketType.__init__,\n"
        "          _thread.LockType.acquire, time.sleep.__self__)\n"
        "with softnet.Lab() as lab:\n"
        "    h, = lab.hosts('h')\n"
        "    assert h.call(lambda: [time.sleep(9), time.monotonic()][1]) == 9\n"
        "    assert socket.SocketType.recv is not before[1]\n"
        "assert before == (select.epoll, socket.SocketType.recv, socket.SocketType.__init__,\n"
        "          _thread.LockType.acquire, time.sleep.__self__)\n"
        "time.sleep(0)\n",
    )
