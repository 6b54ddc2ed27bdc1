"""When a packet came, as programs read it: the kernel's stamps count from the world's beginning.

SO_TIMESTAMP, SO_TIMESTAMPNS, SO_TIMESTAMPING and SIOCGSTAMP give the date that the host's clock showed
(usr/clock.py): the kernel's time and the host's epoch.
"""

from __future__ import annotations

import struct

SOL_SOCKET = 1
SCM_TIMESTAMP, SCM_TIMESTAMPNS, SCM_TIMESTAMPING = 29, 35, 37
SIOCGSTAMP, SIOCGSTAMPNS = 0x8906, 0x8907
NS = 10**9

Row = tuple[int, int, bytes]


def dated(control: list[Row], epoch_ns: int) -> list[Row]:
    """The rows of a message, with their stamps as dates."""
    return [(row[0], row[1], date(row[2], epoch_ns)) if is_stamp(row) else row for row in control]


def is_stamp(row: Row) -> bool:
    """Is it a row of stamps?"""
    return row[0] == SOL_SOCKET and row[1] in (SCM_TIMESTAMP, SCM_TIMESTAMPNS, SCM_TIMESTAMPING)


def date(raw: bytes, epoch_ns: int) -> bytes:
    """Structs of seconds and parts, moved by whole seconds; one of zeros says that there is none."""
    if len(raw) % 16:
        return raw
    pairs = struct.iter_unpack("=qq", raw)
    return b"".join(
        struct.pack("=qq", seconds + epoch_ns // NS if seconds or parts else 0, parts)
        for seconds, parts in pairs
    )
