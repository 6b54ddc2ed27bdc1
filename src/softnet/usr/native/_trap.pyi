"""Types of the C extension; trap.c says what each does."""

NUMBERS: dict[str, int]

def spawn(
    path: bytes,
    argv: list[bytes],
    env: list[bytes],
    cwd: bytes | None,
    fds: tuple[int, int, int],
    traps: list[int],
    /,
) -> tuple[int, int, int]: ...
def getfd(pidfd: int, fd: int, /) -> int: ...
def pidfd(pid: int, /) -> int: ...
def tgkill(pid: int, tid: int, signum: int, /) -> None: ...
