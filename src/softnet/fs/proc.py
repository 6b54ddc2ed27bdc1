"""/proc: texts that their owners make when somebody reads them.

Linux: fs/proc/{generic,proc_net,proc_sysctl}.c

An owner subclasses ProcEntry and registers one instance at boot; the text is made for the reader's
network namespace, as /proc/net is. /proc/sys comes from the namespace's sysctl table.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from softnet.fs.file import File, FileOps

if TYPE_CHECKING:
    from softnet.kernel.sysctl import SysctlTable


class ProcEntry:
    """One file below /proc: path like "net/dev"; show() makes its text."""

    __slots__ = ("path",)

    path: str

    def __init__(self, path: str) -> None:
        self.path = path

    def show(self, net: object) -> str:
        """The whole text for network namespace net, exactly as Linux prints it."""
        return ""


proc_entries: dict[str, ProcEntry] = {}


def proc_create(entry: ProcEntry) -> None:
    """Register entry; a second registration of one path by the same class is fine."""
    old = proc_entries.get(entry.path)
    assert old is None or type(old) is type(entry), f"/proc/{entry.path} is taken"
    proc_entries[entry.path] = entry


def proc_read(path: str, net: object, sysctl: SysctlTable) -> str:
    """The text of /proc/`path`; OSError(ENOENT)."""
    path = path.removeprefix("/proc/").removeprefix("self/")
    if path.startswith("sys/"):
        return sysctl.read(path[4:].replace("/", ".")) + "\n"
    entry = proc_entries.get(path)
    if entry is None:
        raise OSError(errno.ENOENT, "No such file or directory", f"/proc/{path}")
    return entry.show(net)


def proc_write(path: str, text: str, sysctl: SysctlTable) -> None:
    """Write a tunable below /proc/sys; OSError ENOENT, EACCES or EINVAL."""
    path = path.removeprefix("/proc/")
    if not path.startswith("sys/"):
        raise OSError(errno.EACCES, "Permission denied", f"/proc/{path}")
    sysctl.write(path[4:].replace("/", "."), text.strip())


def proc_list(directory: str, sysctl: SysctlTable) -> list[str]:
    """The names in /proc/`directory`, sorted; OSError(ENOENT)."""
    prefix = directory.removeprefix("/proc").strip("/")
    paths = [*proc_entries, *("sys/" + name.replace(".", "/") for name in sysctl.names())]
    below = [
        p[len(prefix) :].lstrip("/") for p in paths if not prefix or p.startswith(prefix + "/")
    ]
    if not below:
        raise OSError(errno.ENOENT, "No such file or directory", f"/proc/{prefix}")
    return sorted({p.split("/")[0] for p in below})


class ProcFileOps(FileOps):
    """An open file of /proc: the text as it was at open, read from start to end."""

    __slots__ = ()

    def read(self, file: File, size: int) -> bytes:
        """The next size bytes."""
        snapshot = file.private_data
        assert isinstance(snapshot, ProcSnapshot)
        data = snapshot.text[snapshot.pos : snapshot.pos + size]
        snapshot.pos += len(data)
        return data

    def write(self, file: File, data: bytes) -> int:
        """A tunable's new value."""
        snapshot = file.private_data
        assert isinstance(snapshot, ProcSnapshot)
        proc_write(snapshot.path, bytes(data).decode("ascii", "replace"), snapshot.sysctl)
        return len(data)


class ProcSnapshot:
    """What an open /proc file remembers."""

    __slots__ = ("path", "pos", "sysctl", "text")

    path: str
    text: bytes
    pos: int
    sysctl: SysctlTable

    def __init__(self, path: str, text: bytes, sysctl: SysctlTable) -> None:
        self.path = path
        self.text = text
        self.pos = 0
        self.sysctl = sysctl


proc_file_ops = ProcFileOps()


def proc_open(path: str, net: object, sysctl: SysctlTable) -> File:
    """An open file for /proc/`path`; OSError(ENOENT)."""
    text = proc_read(path, net, sysctl).encode()
    return File(proc_file_ops, 0, ProcSnapshot(path, text, sysctl))
