"""The command lines of multiprocessing's new processes; test_start.py runs some."""

from __future__ import annotations

import pytest

from softnet.usr.door.sock import here
from softnet.usr.door.spawned import joining


@pytest.fixture
def address() -> bytes:
    here.address = b"\0softnet-door-7"
    return here.address


def test_the_door_comes_before_the_line_of_code(address: bytes) -> None:
    words = joining(["python", "-B", "-c", "work()", "--multiprocessing-fork"])
    assert words[:3] == ["python", "-B", "-c"]
    assert words[3].endswith(f"; join({address!r}); work()")
    assert words[4:] == ["--multiprocessing-fork"]


@pytest.mark.parametrize(
    "words",
    [
        ["python", "-c", "from multiprocessing.resource_tracker import main;main(5)"],
        ["frozen", "--multiprocessing-fork", "pipe_handle=7"],
        ["python", "-c"],
    ],
)
def test_what_has_no_sockets_stays_alone(address: bytes, words: list[str]) -> None:
    assert joining(list(words)) == words
