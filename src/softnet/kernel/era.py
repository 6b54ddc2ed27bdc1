"""Which kernel a host is: its era, and what came with which version of Linux.

    era_has("3.2", "SO_REUSEPORT")                no
    era_has("3.9", "SO_REUSEPORT")                yes, as with every later version
    era_has("3.2+SO_REUSEPORT", "SO_REUSEPORT")   yes: 3.2 and this one thing

An era is a version, "3.2", "3.10", "4.19.8", and names of extensions after plus signs. "3.2" is 3.2 as
its last stable release maintained it; "3.2.0" is the bare one.

An era opens what has no switch of its own: socket options that 3.2 does not know (ENOPROTOOPT), and
what a kernel does without being asked. An extension with a sysctl is off in every era until its
sysctl says otherwise: docs/tcp.md has the table.
"""

from __future__ import annotations

LAST_OF_3_2 = (3, 2, 102)

# name -> the version that brought it: the only place that says so.
EXTENSIONS = {
    "RFC5961": "3.2.37",  # challenge ACKs; in 3.6 first
    "later_counters": "3.3",  # rows of /proc/net/netstat that 3.2 has not
    "TCP_FASTOPEN": "3.7",
    "SO_REUSEPORT": "3.9",
    "veth_offloads": "3.9",
    "TCP_NOTSENT_LOWAT": "3.12",
    "SO_MAX_PACING_RATE": "3.13",
    "TCP_FASTOPEN_CONNECT": "4.11",
    "SO_ZEROCOPY": "4.14",
}


def era_version(era: str) -> tuple[int, ...]:
    """The version of an era, (3, 2, 102) for "3.2"; ValueError if it is none."""
    version, *extra = era.split("+")
    for name in extra:
        if name not in EXTENSIONS:
            raise ValueError(
                f"era {era!r}: no extension {name!r}; there are {', '.join(EXTENSIONS)}"
            )
    if version == "3.2":
        return LAST_OF_3_2
    numbers = version.split(".")
    if not 2 <= len(numbers) <= 3 or not all(n.isdecimal() for n in numbers):
        raise ValueError(f"era {era!r}: not a version of Linux, like 3.2 or 4.19")
    found = tuple(int(n) for n in numbers)
    if found < (3, 2):
        raise ValueError(f"era {era!r}: before 3.2")
    return found


def era_has(era: str, name: str) -> bool:
    """Did Linux have extension name (one of EXTENSIONS) then, or was it asked for by name?"""
    brought = tuple(int(n) for n in EXTENSIONS[name].split("."))
    return era_version(era) >= brought or name in era.split("+")[1:]
