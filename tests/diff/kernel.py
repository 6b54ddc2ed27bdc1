"""The machine's own kernel: each program in a network namespace of its own, with lo up.

`python -m tests.diff.kernel` runs every program and writes {name: steps} as JSON; with --loss=5 lo loses
5 % of its packets. It needs root, or user namespaces, else it ends with status 3 and the reason; and for
--loss a kernel with netem, else with status 4.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import IO

from tests.diff.programs import PROGRAMS
from tests.diff.recorder import Recorder, Unlike, run_program

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
# Programs that do what the root of a user namespace may not: SO_DEBUG, SO_SNDBUFFORCE, SIOCSIFTXQLEN.
NEED_ROOT = frozenset(
    {
        "ioctls.no_such_device",
        "ioctls.queue_length",
        "so_options.buffers",
        "so_options.flags_of_a_datagram_socket",
        "so_options.flags_of_a_stream",
    }
)
NO_NAMESPACE, NO_NETEM = 3, 4
AT_ONCE = 4
SECONDS_MAX = 30  # one program; a hang is an answer, too

libc = ctypes.CDLL(None, use_errno=True)


def enter_namespace() -> None:
    """A fresh network namespace; OSError if this machine gives none."""
    if libc.unshare(CLONE_NEWNET) == 0:
        return
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, f"unshare: {os.strerror(number)}")
    for name, text in (
        ("uid_map", f"0 {uid} 1"),
        ("setgroups", "deny"),
        ("gid_map", f"0 {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as f:
            f.write(text)


def raise_loopback() -> None:
    """ip link set lo up"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack_from("h", fcntl.ioctl(s, SIOCGIFFLAGS, request), 16)[0]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def lose(percent: str) -> None:
    """tc qdisc add dev lo root netem loss PERCENT%; OSError if there is no tc, or no netem."""
    words = f"tc qdisc add dev lo root netem loss {percent}%"
    done = subprocess.run(words.split(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip() or "tc failed")


class LibC(Unlike):
    """Calls that the standard library has no words for."""

    def disconnect(self, fd: int) -> None:
        """connect(AF_UNSPEC)"""
        check(libc.connect(fd, bytes(16), 16))

    def accept4(self, fd: int, flags: int) -> None:
        """accept4()"""
        os.close(check(libc.accept4(fd, None, None, flags)))

    def allow_ping(self) -> None:
        """sysctl -w net.ipv4.ping_group_range="0 0" """
        with open("/proc/sys/net/ipv4/ping_group_range", "w") as f:
            f.write("0 0")

    def read_proc(self, path: str) -> str:
        """The text of a file of /proc."""
        with open(path) as f:
            return f.read()

    def add_link(self) -> None:
        """A pair of veth, by ip(8)."""
        for words in (
            "link add veth0 type veth peer name veth1",
            "addr add 10.9.0.1/24 brd + dev veth0",
            "link set veth1 up",
            "link set veth0 up",
        ):
            subprocess.run(["ip", *words.split()], check=True, capture_output=True)
        time.sleep(0.05)  # linkwatch


def check(answer: int) -> int:
    """Raise for -1."""
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer


def run_all(wanted: list[str], loss: str) -> dict[str, list[list[object]]]:
    """The steps of each program; a few run at once, as they mostly wait."""
    steps: dict[str, list[list[object]]] = {}
    running: dict[int, tuple[str, IO[str]]] = {}
    for name in [*wanted, *[""] * AT_ONCE]:
        if len(running) == AT_ONCE or (running and not name):
            child, status = os.wait()
            ended, answer = running.pop(child)
            steps[ended] = steps_of(answer, status)
        if name:
            answer = tempfile.TemporaryFile("w+")  # noqa: SIM115 (steps_of() closes it)
            running[start_apart(PROGRAMS[name], answer, loss)] = name, answer
    return {name: steps[name] for name in wanted}


def start_apart(program: Callable[[Recorder], None], answer: IO[str], loss: str) -> int:
    """Run program in a child of its own and a namespace of its own; the child's number."""
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS_MAX)
        enter_namespace()
        raise_loopback()
        if loss:
            lose(loss)
        json.dump(run_program(program, LibC()), answer)
        answer.flush()
        os._exit(0)
    return child


def steps_of(answer: IO[str], status: int) -> list[list[object]]:
    """What a child that ended has written."""
    with answer:
        answer.seek(0)
        text = answer.read()
    steps = json.loads(text) if text else [[f"ended by status {status}", "", None]]
    assert isinstance(steps, list)
    return steps


def fits(loss: str) -> int:
    """0 if this machine has what it takes, else the status to end with."""
    child = os.fork()
    if child == 0:
        status = NO_NAMESPACE
        try:
            enter_namespace()
            raise_loopback()
            status = NO_NETEM
            if loss:
                lose(loss)
            status = 0
        except OSError as e:
            print(e, file=sys.stderr, flush=True)
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> int:
    """Run those named, else all."""
    loss = "".join(word[7:] for word in sys.argv[1:] if word.startswith("--loss="))
    try:
        status = fits(loss)
    except OSError as e:
        print(e, file=sys.stderr)
        status = NO_NAMESPACE
    if status:
        return status
    wanted = [word for word in sys.argv[1:] if word[0] != "-"] or list(PROGRAMS)
    if os.getuid() != 0:
        wanted = [name for name in wanted if name not in NEED_ROOT]
    if shutil.which("ip") is None:
        wanted = [name for name in wanted if not name.startswith("link.")]
    json.dump(run_all(wanted, loss), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
