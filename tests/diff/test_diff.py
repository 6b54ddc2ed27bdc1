"""The same programs on softnet and on the machine's own kernel, compared call by call.

Every step must be the same text on both sides. Where a newer kernel answers differently by right,
the program says so before the step (Recorder.since): then softnet must give 3.2's answer, and a
kernel of that version or later must give another one, else the exception is out of date.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

import softnet.syscalls as sys_
from softnet.drivers.net.veth import veth_newlink
from softnet.host import Host
from softnet.structs.socket import Sockaddr
from tests.diff.kernel import NEED_ROOT, NO_NAMESPACE
from tests.diff.programs import PROGRAMS
from tests.diff.recorder import Later, Step, Unlike, run_program
from tests.kit.programs import Bench, net

__all__ = ["net"]

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "differences.md"
LEAST = 150  # programs


Results = dict[str, list[Step]]


class Softnet(Unlike):
    """Calls that the standard library has no words for, as system calls."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def disconnect(self, fd: int) -> None:
        """connect(AF_UNSPEC)"""
        sys_.sys_connect(fd, Sockaddr(0))

    def accept4(self, fd: int, flags: int) -> None:
        """accept4()"""
        sys_.sys_close(sys_.sys_accept4(fd, flags)[0])

    def allow_ping(self) -> None:
        """sysctl -w net.ipv4.ping_group_range="0 0" """
        self.host.sysctl("net.ipv4.ping_group_range", "0 0")

    def read_proc(self, path: str) -> str:
        """The text of a file of /proc."""
        fd = sys_.sys_open(path)
        text = b""
        while chunk := sys_.sys_read(fd, 1 << 16):
            text += chunk
        sys_.sys_close(fd)
        return text.decode()

    def extend(self) -> None:
        """As if booted with another era, and a sysctl set as today's kernels have it."""
        self.host.net.era = "4.11"
        self.host.sysctl("net.ipv4.tcp_fastopen", 1)

    def add_link(self) -> None:
        """A pair of veth."""
        with self.host.rtnl():
            veth_newlink(self.host.net, "veth0", self.host.net, "veth1")
        self.host.add_address("veth0", "10.9.0.1", 24)
        self.host.set_up("veth1")
        self.host.set_up("veth0")
        time.sleep(0.05)


def steps_of(rows: list[list[object]]) -> list[Step]:
    """What JSON made of steps, back."""
    return [
        Step(str(call), str(answer), Later(*later) if isinstance(later, list) else None)
        for call, answer, later in rows
    ]


@pytest.fixture(scope="session")
def kernel() -> Results:
    """Every program's steps on this machine's kernel, run once."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.diff.kernel"],
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    if done.returncode == NO_NAMESPACE:
        pytest.skip(f"no network namespace on this machine: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return {name: steps_of(rows) for name, rows in json.loads(done.stdout).items()}


def version(text: str) -> tuple[int, ...]:
    """6.18.44-x as (6, 18)."""
    return tuple(int(part) for part in text.split("-")[0].split(".")[:2])


def difference(ours: list[Step], theirs: list[Step], running: str) -> list[str]:
    """The steps that differ without a reason, softnet's answer first."""
    found = []
    for mine, real in zip(ours, theirs, strict=False):
        if mine.call != real.call:
            return [*found, f"softnet went on with {mine.call}, the kernel with {real.call}"]
        later = real.later
        changed = later is not None and (
            not later.version[0].isdigit() or version(running) >= version(later.version)
        )
        if later is None or not changed:
            if mine.answer != real.answer:
                found.append(f"{mine.call}: softnet {mine.answer}, kernel {real.answer}")
        elif mine.answer != later.was:
            found.append(f"{mine.call}: softnet {mine.answer}, and 3.2 {later.was}")
        elif real.answer == later.was and later.version[0].isdigit():
            found.append(f"{mine.call}: no exception needed, the kernel says {real.answer}, too")
    if len(ours) != len(theirs):
        found.append(f"softnet made {len(ours)} steps, the kernel {len(theirs)}")
    return found


def test_there_are_enough_programs() -> None:
    assert len(PROGRAMS) >= LEAST


@pytest.mark.parametrize("name", PROGRAMS)
def test_same(name: str, net: Bench, kernel: Results) -> None:
    if name not in kernel:
        need = "root, not a user namespace's" if name in NEED_ROOT else "ip(8) to make a link with"
        pytest.skip(f"it takes {need}")
    ours = net.run(run_program, PROGRAMS[name], Softnet(net.network()))
    assert difference(ours, kernel[name], platform.release()) == []


def test_the_page_names_every_exception(kernel: Results) -> None:
    """docs/differences.md has a row for each, so that nothing differs in silence."""
    page = PAGE.read_text()
    whys = {s.later.why for steps in kernel.values() for s in steps if s.later is not None}
    assert [why for why in sorted(whys) if why not in page] == []


def test_a_difference_is_found() -> None:
    """The comparison itself can fail: by answer, by call, by length, by a stale exception."""
    one = [Step("connect", "ECONNREFUSED")]
    assert difference(one, one, "6.1.0") == []
    assert difference(one, [Step("connect", "0")], "6.1.0") != []
    assert difference(one, [Step("bind", "ECONNREFUSED")], "6.1.0") != []
    assert difference(one, [], "6.1.0") != []
    new = Later("4.2", "ECONNREFUSED", "why")
    assert difference(one, [Step("connect", "0", new)], "6.1.0") == []
    assert difference(one, [Step("connect", "0", new)], "4.1.0") != []
    assert difference(one, [Step("connect", "ECONNREFUSED", new)], "6.1.0") != []
