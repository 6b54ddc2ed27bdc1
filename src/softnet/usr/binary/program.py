"""Which file a command means, and what of it cannot be started: said at once, and by name."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import stat
import struct
from collections.abc import Mapping, Sequence

ELF = b"\x7fELF"
MACHINES = {"x86_64": 62, "aarch64": 183}  # e_machine
INTERPRETERS_MAX = 4  # scripts run by scripts
# Set-user-ID for the sake of raw sockets alone, which a simulated host gives to everybody.
FOR_SOCKETS = ("arping", "fping", "mtr-packet", "ping", "ping4", "ping6", "traceroute")
PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")


def find_program(word: str, env: Mapping[str, str], cwd: str | None = None) -> str:
    """The path of the program that word means; OSError, ValueError if it cannot run here.

    FileNotFoundError, PermissionError as execvp() has them.
    """
    if "/" in word:
        path = os.path.join(cwd or "", word)
        if not os.path.exists(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), word)
    else:
        found = shutil.which(word, path=env.get("PATH", os.defpath))
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), word)
        path = found
    if os.path.isdir(path) or not os.access(path, os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), word)
    why = objection(path)
    if why:
        raise ValueError(f"{word}: {why}")
    return os.path.abspath(path)


def objection(path: str, depth: int = 0) -> str:
    """Why the file at path cannot run on a simulated host; "" if it can."""
    try:
        with open(path, "rb") as file:
            head = file.read(256)
    except OSError as e:
        return another_user(path) or f"cannot be read ({e.strerror})"
    if head.startswith(b"#!"):
        words = head[2:].split(b"\n")[0].split()
        if not words or depth >= INTERPRETERS_MAX:
            return "is a script without an interpreter"
        return objection(os.fsdecode(words[0]), depth + 1)
    if not head.startswith(ELF):
        return ""  # execve() will say it
    (machine,) = struct.unpack_from("<H", head, 18)
    if head[4] != 2 or machine != MACHINES.get(platform.machine()):
        return f"is a program for another machine than this {platform.machine()}"
    return another_user(path)


def is_certain(why: str) -> bool:
    """Is this objection one that the real kernel does not share?"""
    return "another machine" in why or "set-user-ID" in why


def another_user(path: str) -> str:
    """Why not a program that becomes another user when it is executed: what stops at its calls cannot."""
    try:
        st = os.stat(path)
    except OSError:
        return ""
    me = os.geteuid()
    if not st.st_mode & stat.S_ISUID or st.st_uid == me or os.path.basename(path) in FOR_SOCKETS:
        return ""
    return (
        f"is set-user-ID: it would have to run as user {st.st_uid} and can only as user {me};"
        " run softnet as that user, or give it a copy without the bit (cp makes one)"
    )


def environment(given: Mapping[str, str] | None) -> dict[str, str]:
    """The program's environment: what is given, or ours without the machine's proxies."""
    if given is not None:
        return dict(given)
    return {name: value for name, value in os.environ.items() if name.lower() not in PROXIES}


def words(items: Sequence[str | bytes]) -> list[bytes]:
    """As C wants them."""
    return [os.fsencode(item) for item in items]
