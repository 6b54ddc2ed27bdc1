"""Real files that simulated programs send each other: SCM_RIGHTS with a descriptor of the real machine.

A program's files are the real machine's, and their descriptors real; those of its sockets and pipes
are simulated. In a message both travel as files of the simulated kernel, a real one as a file that
holds a copy of the descriptor. It comes out as another copy, a real descriptor again.
"""

from __future__ import annotations

import array
import os
import socket

import softnet.syscalls as sys_
from softnet.usr.redef import SIM_FD

Row = tuple[int, int, bytes]
INT = array.array("i").itemsize


class RealFile(sys_.Foreign):
    """A copy of a real descriptor, inside a simulated kernel."""

    __slots__ = ("fd",)

    fd: int

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def released(self) -> None:
        """Nobody can receive it any more."""
        os.close(self.fd)


def is_rights(row: Row) -> bool:
    """Is it a row of descriptors?"""
    return row[0] == socket.SOL_SOCKET and row[1] == socket.SCM_RIGHTS


def fds_of(data: bytes) -> array.array[int]:
    """The descriptors in a row, without a last one that was cut."""
    return array.array("i", data[: len(data) // INT * INT])


def wrap_rights(control: list[Row]) -> tuple[list[Row], list[int]]:
    """The rows as the kernel wants them; and what to close when it has taken them.

    OSError(EBADF) for a real descriptor that is not open.
    """
    rows, made = [], []
    for row in control:
        fds = fds_of(row[2]) if is_rights(row) else ()
        if any(0 <= fd < SIM_FD for fd in fds):
            numbers = array.array("i")
            for fd in fds:
                if 0 <= fd < SIM_FD:
                    made.append(sys_.sys_foreign(RealFile(os.dup(fd))))
                    fd = made[-1]
                numbers.append(fd)
            row = (row[0], row[1], numbers.tobytes())
        rows.append(row)
    return rows, made


def unwrap_rights(control: list[Row], flags: int) -> list[Row]:
    """What the program sees of rows that the kernel gave: real descriptors for real files."""
    return [unwrap_row(row, flags) if is_rights(row) else row for row in control]


def unwrap_row(row: Row, flags: int) -> Row:
    """unwrap_rights() of one row."""
    numbers = array.array("i")
    for fd in fds_of(row[2]):
        held = sys_.sys_foreign_of(fd)
        if isinstance(held, RealFile):
            real = os.dup(held.fd)
            os.set_inheritable(real, not flags & getattr(socket, "MSG_CMSG_CLOEXEC", 0x40000000))
            sys_.sys_close(fd)
            fd = real
        numbers.append(fd)
    return row[0], row[1], numbers.tobytes() + row[2][len(numbers) * INT :]
