"""The kernel's side: a system call that stopped, and our answer to it.

seccomp_unotify(2); Linux: include/uapi/linux/seccomp.h
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct

RECV = 0xC0502100  # SECCOMP_IOCTL_NOTIF_*
SEND = 0xC0182101
ID_VALID = 0x40082102
ADDFD = 0x40182103
CONTINUE = 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE
SETFD = 1  # SECCOMP_ADDFD_FLAG_SETFD
NOTIFICATION = struct.Struct("=QIIiIQ6Q")  # id, pid, flags, nr, arch, instruction, args
ANSWER = struct.Struct("=QqiI")  # id, value, error, flags
ADDED = struct.Struct("=QIIII")  # id, flags, our descriptor, theirs, its flags


class Call:
    """A system call that a thread stands in: struct seccomp_notif."""

    __slots__ = ("args", "id", "nr", "tid")

    id: int
    tid: int
    nr: int
    args: tuple[int, ...]  # six, unsigned

    def __init__(self, id: int, tid: int, nr: int, args: tuple[int, ...]) -> None:
        self.id = id
        self.tid = tid
        self.nr = nr
        self.args = args


class Listener:
    """The descriptor on which a program's calls arrive."""

    __slots__ = ("fd",)

    fd: int

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def receive(self) -> Call | None:
        """The next call; waits for one. None if its thread went before it was read."""
        room = bytearray(NOTIFICATION.size)
        try:
            fcntl.ioctl(self.fd, RECV, room)
        except OSError as e:
            if e.errno in (errno.ENOENT, errno.EINTR):
                return None
            raise
        id, tid, _, nr, _, _, *args = NOTIFICATION.unpack(room)
        return Call(id, tid, nr, tuple(args))

    def answer(self, call: Call, value: int) -> bool:
        """Let the call return value, or -errno. False if a signal ended the call, or its thread."""
        error = value if -4095 <= value < 0 else 0
        return self.send(ANSWER.pack(call.id, 0 if error else value, error, 0))

    def let_pass(self, call: Call) -> None:
        """Let the real kernel make the call."""
        self.send(ANSWER.pack(call.id, 0, 0, CONTINUE))

    def send(self, answer: bytes) -> bool:
        """SECCOMP_IOCTL_NOTIF_SEND; False if nobody stands in the call any more."""
        try:
            fcntl.ioctl(self.fd, SEND, answer)
        except OSError as e:
            if e.errno not in (errno.ENOENT, errno.EINPROGRESS):
                raise
            return False
        return True

    def valid(self, call: Call) -> bool:
        """Does the thread still stand in the call? A signal ends it."""
        try:
            fcntl.ioctl(self.fd, ID_VALID, struct.pack("=Q", call.id))
        except OSError:
            return False
        return True

    def add_fd(self, call: Call, fd: int, cloexec: bool, at: int = -1) -> int:
        """Give the process that makes the call a copy of our fd; its number there. OSError."""
        flags = os.O_CLOEXEC if cloexec else 0
        given = ADDED.pack(call.id, 0 if at < 0 else SETFD, fd, max(at, 0), flags)
        return int(fcntl.ioctl(self.fd, ADDFD, bytearray(given)))

    def close(self) -> None:
        """From now on every call that would stop fails with ENOSYS."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
