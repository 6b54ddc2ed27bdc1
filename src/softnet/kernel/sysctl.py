"""Tunables: rows that say where a value lives, how it reads as text and what it may be.

Linux: kernel/sysctl.c, fs/proc/proc_sysctl.c

    table.register("net.ipv4.ip_forward", IntRow(net.ipv4, "ip_forward", 0, 1))
    table.read("net.ipv4.ip_forward")          "0"
    table.write("net.ipv4.ip_forward", "1")    as echo into /proc/sys does, with its errors

The value itself is an attribute of the object that uses it, so reading it on the fast path is one
load. Every namespace has a table; rows that are the same in all of a machine's are in
machine.sysctl, its parent. In paths dots and slashes mean the same.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import softnet.arch.const as const

USER_HZ = 100  # the unit in which some rows show jiffies
SPACES = " \t\n"


class SysctlRow:
    """struct ctl_table: one tunable, shown as it is. Subclasses have other text forms."""

    __slots__ = ("obj", "attr", "mode", "changed")

    obj: Any
    attr: str
    mode: int
    changed: Callable[[], object] | None  # called after each write

    def __init__(
        self,
        obj: Any,
        attr: str,
        mode: int = 0o644,
        changed: Callable[[], object] | None = None,
    ) -> None:
        self.obj = obj
        self.attr = attr
        self.mode = mode
        self.changed = changed

    def get(self) -> Any:
        """The value as the stack has it."""
        return getattr(self.obj, self.attr)

    def set(self, value: Any) -> None:
        """Store a value that was checked."""
        setattr(self.obj, self.attr, value)
        if self.changed is not None:
            self.changed()

    def text(self) -> str:
        """What cat shows, without the newline."""
        return str(self.get())

    def parse(self, text: str) -> Any:
        """The value that text means; OSError(EINVAL) if it means none that is allowed."""
        return text


class IntRow(SysctlRow):
    """proc_dointvec_minmax(): one int, as C has it."""

    __slots__ = ("least", "most")

    least: int
    most: int

    def __init__(
        self,
        obj: Any,
        attr: str,
        least: int = const.INT_MIN,
        most: int = const.INT_MAX,
        mode: int = 0o644,
        changed: Callable[[], object] | None = None,
    ) -> None:
        SysctlRow.__init__(self, obj, attr, mode, changed)
        self.least = least
        self.most = most

    def text(self) -> str:
        """A bool shows as 0 or 1."""
        return str(int(self.get()))

    def parse(self, text: str) -> int:
        """Decimal, 0x or octal; what follows the first number is ignored, as it is in Linux."""
        words = numbers(text)
        if not words:
            raise OSError(errno.EINVAL, "Invalid argument")
        return self.check(words[0])

    def check(self, value: int) -> int:
        """Is it within bounds?"""
        if not self.least <= value <= self.most:
            raise OSError(errno.EINVAL, "Invalid argument")
        return value


class IntVecRow(IntRow):
    """proc_dointvec_minmax() of several ints: a list. Fewer numbers change the first ones."""

    __slots__ = ()

    def text(self) -> str:
        """Tabs between them."""
        return "\t".join(str(v) for v in self.get())

    def parse(self, text: str) -> list[int]:  # type: ignore[override]  # one row, one kind of value
        """All of them, the new ones in front."""
        old = list(self.get())
        new = [self.check(v) for v in numbers(text)]
        if not new:
            raise OSError(errno.EINVAL, "Invalid argument")
        return [*new[: len(old)], *old[len(new) :]]


class RangeRow(IntRow):
    """ipv4_local_port_range(): two attributes, of which the first may not exceed the second."""

    __slots__ = ("high",)

    high: str

    def __init__(self, obj: Any, low: str, high: str, least: int, most: int) -> None:
        IntRow.__init__(self, obj, low, least, most)
        self.high = high

    def get(self) -> tuple[int, int]:
        """Both ends."""
        return getattr(self.obj, self.attr), getattr(self.obj, self.high)

    def set(self, value: tuple[int, int]) -> None:
        """Both ends."""
        setattr(self.obj, self.high, value[1])
        SysctlRow.set(self, value[0])

    def text(self) -> str:
        """low<TAB>high"""
        low, high = self.get()
        return f"{low}\t{high}"

    def parse(self, text: str) -> tuple[int, int]:  # type: ignore[override]  # as above
        """One number changes the lower end alone."""
        words = [self.check(v) for v in numbers(text)]
        if not words:
            raise OSError(errno.EINVAL, "Invalid argument")
        low, high = (words + list(self.get())[len(words) :])[:2]
        if low > high:
            raise OSError(errno.EINVAL, "Invalid argument")
        return low, high


class JiffiesRow(IntRow):
    """proc_dointvec_jiffies(): jiffies here, seconds in the text."""

    __slots__ = ()

    def text(self) -> str:
        """Whole seconds."""
        return str(int(self.get() / const.HZ))

    def parse(self, text: str) -> int:
        """Seconds; too many for an int of jiffies is EINVAL."""
        return self.check(IntRow.parse(UNBOUNDED, text) * const.HZ)


class MsJiffiesRow(IntRow):
    """proc_dointvec_ms_jiffies(): jiffies here, milliseconds in the text."""

    __slots__ = ()

    def text(self) -> str:
        """Milliseconds."""
        return str(self.get() * const.MSEC_PER_SEC // const.HZ)

    def parse(self, text: str) -> int:
        """Milliseconds, rounded up to jiffies."""
        ms = IntRow.parse(UNBOUNDED, text)
        return self.check(-(-ms * const.HZ // const.MSEC_PER_SEC))


class UserHzRow(IntRow):
    """proc_dointvec_userhz_jiffies(): jiffies here, hundredths of a second in the text."""

    __slots__ = ()

    def text(self) -> str:
        """Clock ticks of USER_HZ."""
        return str(self.get() * USER_HZ // const.HZ)

    def parse(self, text: str) -> int:
        """Clock ticks of USER_HZ."""
        return self.check(IntRow.parse(UNBOUNDED, text) * const.HZ // USER_HZ)


class StringRow(SysctlRow):
    """proc_dostring(): text, cut at the first newline and at `most` bytes."""

    __slots__ = ("most",)

    most: int

    def __init__(
        self,
        obj: Any,
        attr: str,
        most: int,
        mode: int = 0o644,
        changed: Callable[[], object] | None = None,
    ) -> None:
        SysctlRow.__init__(self, obj, attr, mode, changed)
        self.most = most

    def parse(self, text: str) -> str:
        """Up to the first newline or NUL."""
        return text.split("\n")[0].split("\0")[0][: self.most]


class CallRow(SysctlRow):
    """A row whose text comes from and goes to functions; write may raise OSError(EINVAL)."""

    __slots__ = ("read", "write")

    read: Callable[[], str]
    write: Callable[[str], object] | None

    def __init__(
        self, read: Callable[[], str], write: Callable[[str], object] | None = None
    ) -> None:
        SysctlRow.__init__(self, None, "", 0o444 if write is None else 0o644)
        self.read = read
        self.write = write

    def get(self) -> str:
        """The text."""
        return self.read()

    def set(self, value: str) -> None:
        """Hand the text over."""
        assert self.write is not None
        self.write(value)


class SysctlTable:
    """Rows by path. A path that is not here is looked for in `parent`."""

    __slots__ = ("rows", "parent", "makers")

    rows: dict[str, SysctlRow]
    parent: SysctlTable | None
    makers: list[Callable[[], object]]  # that register rows, and have not been called yet

    def __init__(self, parent: SysctlTable | None = None) -> None:
        self.rows = {}
        self.parent = parent
        self.makers = []

    def later(self, maker: Callable[[], object]) -> None:
        """Have maker() register rows when somebody first looks for any: most hosts never do."""
        self.makers.append(maker)

    def make_rows(self) -> None:
        """Somebody looks."""
        makers, self.makers = self.makers, []
        for maker in makers:
            maker()

    def register(self, path: str, row: SysctlRow) -> None:
        """Add a row; OSError(EEXIST) if there is one."""
        path = dotted(path)
        if path in self.rows:
            raise OSError(errno.EEXIST, f"sysctl {path} is registered already")
        self.rows[path] = row

    def unregister(self, prefix: str) -> None:
        """Remove the row of that path and every row below it."""
        self.make_rows()
        prefix = dotted(prefix)
        for path in [p for p in self.rows if p == prefix or p.startswith(prefix + ".")]:
            del self.rows[path]

    def row(self, path: str) -> SysctlRow:
        """The row of a path; OSError(ENOENT) if there is none."""
        self.make_rows()
        row = self.rows.get(dotted(path))
        if row is not None:
            return row
        if self.parent is not None:
            return self.parent.row(path)
        raise OSError(errno.ENOENT, "No such file or directory", "/proc/sys/" + slashed(path))

    def names(self) -> list[str]:
        """Every path that can be read, sorted: sysctl -a."""
        self.make_rows()
        inherited = [] if self.parent is None else self.parent.names()
        return sorted({*self.rows, *inherited})

    def get(self, path: str) -> Any:
        """The value as the stack has it."""
        return self.row(path).get()

    def set(self, path: str, value: object) -> None:
        """write(str(value)): checked as if it came from user space."""
        self.write(
            path, " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        )

    def read(self, path: str) -> str:
        """What cat /proc/sys/... shows, without the newline. OSError with ENOENT or EACCES."""
        row = self.row(path)
        if not row.mode & 0o444:
            raise OSError(errno.EACCES, "Permission denied", "/proc/sys/" + slashed(path))
        return row.text()

    def write(self, path: str, text: str) -> None:
        """What echo into /proc/sys/... does: OSError with EINVAL, EACCES or ENOENT, as Linux."""
        row = self.row(path)
        if not row.mode & 0o222:
            raise OSError(errno.EACCES, "Permission denied", "/proc/sys/" + slashed(path))
        row.set(row.parse(text))


def dotted(path: str) -> str:
    """net/ipv4/ip_forward: net.ipv4.ip_forward."""
    return path.replace("/", ".")


def slashed(path: str) -> str:
    """net.ipv4.ip_forward: net/ipv4/ip_forward."""
    return path.replace(".", "/")


def numbers(text: str) -> list[int]:
    """The integers in text, as proc_dointvec() reads them; OSError(EINVAL) for anything else."""
    found = []
    for word in text.strip(SPACES + "\0").split():
        sign, digits = (-1, word[1:]) if word.startswith("-") else (1, word)
        try:
            value = sign * parse_unsigned(digits)
        except ValueError:
            raise OSError(errno.EINVAL, "Invalid argument") from None
        if not const.INT_MIN <= value <= const.INT_MAX:
            raise OSError(errno.EINVAL, "Invalid argument")
        found.append(value)
    return found


def parse_unsigned(digits: str) -> int:
    """simple_strtoul(digits, 0): 0x is hexadecimal, a leading 0 octal."""
    if not digits.isascii() or not digits.isalnum():
        raise ValueError(digits)
    if digits[:2] in ("0x", "0X"):
        return int(digits[2:], 16)
    return int(digits, 8 if len(digits) > 1 and digits[0] == "0" else 10)


UNBOUNDED = IntRow(None, "")
