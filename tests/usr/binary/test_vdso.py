"""The clock's functions are found where the kernel put them."""

from __future__ import annotations

import platform

import pytest

from softnet.usr.binary import vdso
from softnet.usr.binary.memory import Memory
from tests.kit.binaries import needs_trap


@needs_trap
def test_every_function_of_the_clock_has_its_instructions() -> None:
    names = vdso.symbols(vdso.own_image())
    clocks = {offset for name, offset in names.items() if name in vdso.CLOCKS}
    assert len(clocks) >= 2
    assert clocks <= {offset for offset, _ in vdso.patches()}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are its instructions")
def test_instructions() -> None:
    assert vdso.call_code(228) == bytes.fromhex("b8 e4000000 0f05 c3")
    assert vdso.fail_code() == bytes.fromhex("48c7c0 daffffff c3")


def test_an_image_without_sections_exports_nothing() -> None:
    assert vdso.symbols(b"") == {}


def test_memory_that_is_not_there_is_efault() -> None:
    memory = Memory(1)
    memory.pid = 0
    with pytest.raises(OSError, match="Bad address"):
        memory.read(0, 8)
