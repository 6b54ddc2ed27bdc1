"""/proc: registered texts, tunables below /proc/sys, errors."""

from __future__ import annotations

import errno

import pytest

from softnet.fs.proc import ProcEntry, proc_create, proc_entries, proc_list, proc_open, proc_read
from softnet.kernel.sysctl import IntRow, SysctlTable


class Hello(ProcEntry):
    def show(self, net: object) -> str:
        return f"hello {net}\n"


class Knobs:
    depth = 3


@pytest.fixture
def sysctl():
    proc_create(Hello("test/hello"))
    table = SysctlTable()
    table.register("net.test.depth", IntRow(Knobs(), "depth", 0, 9))
    yield table
    del proc_entries["test/hello"]


def test_text_is_made_for_the_reader(sysctl) -> None:
    assert proc_read("/proc/test/hello", "n1", sysctl) == "hello n1\n"


def test_open_file_keeps_its_snapshot_and_position(sysctl) -> None:
    file = proc_open("/proc/sys/net/test/depth", None, sysctl)
    other = proc_open("/proc/sys/net/test/depth", None, sysctl)
    file.f_op.write(file, b"5\n")
    assert other.f_op.read(other, 1) == b"3"
    assert other.f_op.read(other, 10) == b"\n"
    assert proc_read("/proc/sys/net/test/depth", None, sysctl) == "5\n"


def test_out_of_bounds_is_einval(sysctl) -> None:
    file = proc_open("/proc/sys/net/test/depth", None, sysctl)
    with pytest.raises(OSError) as e:
        file.f_op.write(file, b"10")
    assert e.value.errno == errno.EINVAL


def test_missing_file(sysctl) -> None:
    with pytest.raises(OSError) as e:
        proc_read("/proc/net/nothing", None, sysctl)
    assert e.value.errno == errno.ENOENT


def test_listing(sysctl) -> None:
    assert proc_list("/proc/sys/net/test", sysctl) == ["depth"]
    assert "test" in proc_list("/proc", sysctl)
