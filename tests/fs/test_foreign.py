"""Files of the real system inside a host."""

from __future__ import annotations

from softnet.fs.file import fput, get_file
from softnet.fs.foreign import Foreign, file_foreign, foreign_file
from softnet.fs.pipe import create_pipe_files


class Thing(Foreign):
    """Counts its ends."""

    __slots__ = ("ends",)

    def __init__(self) -> None:
        self.ends = 0

    def released(self) -> None:
        self.ends += 1


def test_the_last_reference_tells_the_thing_outside() -> None:
    thing = Thing()
    file = foreign_file(thing)
    assert file_foreign(file) is thing
    get_file(file)
    fput(file)
    assert thing.ends == 0
    fput(file)
    assert thing.ends == 1


def test_a_files_of_the_host_is_not_foreign() -> None:
    reader, writer = create_pipe_files(0)
    assert file_foreign(reader) is None
    assert file_foreign(writer) is None
