"""softnet check-determinism: equal runs, and the first happening that differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from softnet.tools.cli import main

SOUND = """
import socket, softnet

def server():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("", 7))
        while True:
            data, peer = s.recvfrom(100)
            s.sendto(data, peer)

def client(words):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for word in words:
            s.sendto(word.encode(), ("h2", 7))
            s.recv(100)

with softnet.Lab(seed=2) as lab:
    h1, h2 = lab.hosts("h1", "h2")
    lab.link(h1, h2, delay="1ms", jitter="1ms")
    h2.start(server)
    h1.call(client, WORDS)
    print(lab.now)
"""


@pytest.mark.slow
def test_a_sound_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prog = tmp_path / "prog.py"
    prog.write_text(SOUND.replace("WORDS", "['a', 'bb', 'ccc']"))
    assert main(["check-determinism", "--runs", "3", str(prog)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("softnet: 3 runs, 1 lab, ")
    assert out.endswith("happenings: the same\n")


@pytest.mark.slow
def test_the_order_of_a_set_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prog = tmp_path / "prog.py"
    prog.write_text(SOUND.replace("WORDS", "{'a' * n for n in range(1, 9)}"))
    assert main(["check-determinism", str(prog)]) == 1
    out = capsys.readouterr().out
    assert "the runs differ in lab 1" in out
    assert "happening " in out
    assert out.count("UDP, length") >= 2


def test_there_is_no_such_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-determinism", "nothing.py"]) == 2
    assert "no file" in capsys.readouterr().err
