"""Files of the real system that travel through a host: what SCM_RIGHTS carries for real programs.

A host knows nothing of such a file but that it is one: it can be passed on, and closed.
"""

from __future__ import annotations

import softnet.uapi.fcntl as fcntl
from softnet.fs.file import File, FileOps


class Foreign:
    """What stands outside behind the file: subclass, override."""

    __slots__ = ()

    def released(self) -> None:
        """The last reference in the host went."""


class ForeignOps(FileOps):
    """A file that can be held, and nothing else."""

    __slots__ = ()

    def release(self, file: File) -> None:
        """Tell the one outside."""
        foreign = file.private_data
        assert isinstance(foreign, Foreign)
        foreign.released()


def foreign_file(foreign: Foreign) -> File:
    """An open file that stands for foreign."""
    return File(foreign_fops, fcntl.O_RDWR, foreign)


def file_foreign(file: File) -> Foreign | None:
    """What file stands for; None if it is the host's own."""
    foreign = file.private_data
    return foreign if isinstance(foreign, Foreign) else None


foreign_fops = ForeignOps()
