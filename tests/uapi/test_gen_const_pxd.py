"""The generator of the .pxd twins, and that they are fresh."""

from __future__ import annotations

import pytest

from tools.gen_const_pxd import SRC, constants_modules, main, read_constants, render


def test_no_twin_is_stale(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_uapi_and_arch_const_are_constants_modules() -> None:
    names = [p.relative_to(SRC).as_posix() for p in constants_modules()]
    assert {"uapi/in_.py", "uapi/snmp.py", "arch/const.py"} <= set(names)
    assert not {"uapi/__init__.py", "uapi/snmp_names.py", "arch/mem.py"} & set(names)


def test_what_python_reads_is_what_the_twin_says() -> None:
    constants = read_constants('"""Doc."""\nA = 6\nB = -1\nC = A << 20\n', "x.py")
    assert constants == {"A": 6, "B": -1, "C": 6 << 20}
    assert render(constants, "x.py").splitlines()[2:] == [
        "cdef enum:",
        "    A = 6",
        "    B = -1",
        "    C = 0x600000",
    ]


def test_what_does_not_fit_an_int_is_an_i64_literal() -> None:
    constants = {"A": 0x7FFFFFFF, "B": 0x80000000, "C": -0x80000000}
    assert render(constants, "x.py").splitlines()[2:] == [
        "cdef enum:",
        "    A = 0x7fffffff",
        "",
        "cdef extern from *:",
        '    const Py_ssize_t B "0x80000000L"',
        '    const Py_ssize_t C "-2147483648L"',
    ]


@pytest.mark.parametrize(
    "line",
    ["import os", "A: int = 3", "A = 'x'", "A = 1.5", "A = True", "A = 1\nA = 2", "A = 1 << 63"],
)
def test_anything_else_is_refused(line: str) -> None:
    with pytest.raises(SyntaxError):
        read_constants(line, "x.py")
