#!/usr/bin/env python
"""Write the .pxd twin of every constants module: softnet/uapi/*.py and softnet/arch/const.py.

A constants module holds a docstring, comments and lines `NAME = <int expression>`, nothing else.
Its twin lets compiled code read the numbers as C literals:

    cdef enum:                                        what fits a C int
        IPPROTO_TCP = 6
    cdef extern from *:                               what does not
        const Py_ssize_t INADDR_BROADCAST "0xffffffffL"

An enum member above 0x7fffffff would be an int to Cython and wrap to -1 when it is assigned, hence
the second form: a Py_ssize_t whose C name is the literal. Both arrive in C without boxing.

    python tools/gen_const_pxd.py            write the twins that are missing or stale
    python tools/gen_const_pxd.py --check    write nothing; name the stale ones and exit with 1
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

SRC = Path(__file__).resolve().parent.parent / "src" / "softnet"
EXEMPT = {"__init__.py", "snmp_names.py"}  # a package's docstring; tables of printed names
INT_MAX = 0x7FFFFFFF
HEX_FROM = 0x10000  # above this a decimal number tells nobody anything


def constants_modules(src: Path = SRC) -> list[Path]:
    """Every constants module below src, in a fixed order."""
    uapi = [p for p in sorted((src / "uapi").glob("*.py")) if p.name not in EXEMPT]
    return [*uapi, src / "arch" / "const.py"]


def read_constants(text: str, name: str) -> dict[str, int]:
    """The constants that a module's text defines, in order. SyntaxError when it holds more."""
    body = ast.parse(text, name).body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    found: dict[str, int] = {}
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=key)], value=value):
                code = compile(ast.Expression(value), name, "eval")
                number = eval(code, {"__builtins__": {}}, found)
            case _:
                raise SyntaxError(f"{name}:{node.lineno}: only NAME = <int> belongs here")
        if type(number) is not int or not -(1 << 63) <= number < 1 << 63:
            raise SyntaxError(f"{name}:{node.lineno}: {key} is not a signed 64-bit integer")
        if key in found:
            raise SyntaxError(f"{name}:{node.lineno}: {key} is defined twice")
        found[key] = number
    return found


def literal(number: int) -> str:
    return hex(number) if number >= HEX_FROM else str(number)


def render(constants: dict[str, int], name: str) -> str:
    """The text of the twin of a module that defines these constants."""
    small = {k: v for k, v in constants.items() if -INT_MAX <= v <= INT_MAX}
    lines = [f"# The C twin of {name}: edit that file, then run tools/gen_const_pxd.py.", ""]
    if small:
        lines += ["cdef enum:", *(f"    {k} = {literal(v)}" for k, v in small.items()), ""]
    if len(small) < len(constants):
        lines.append("cdef extern from *:")
        lines += [
            f'    const Py_ssize_t {k} "{literal(v)}L"'
            for k, v in constants.items()
            if k not in small
        ]
        lines.append("")
    return "\n".join(lines)


def main(argv: list[str]) -> int:
    check = "--check" in argv
    stale = []
    for path in constants_modules():
        twin = path.with_suffix(".pxd")
        name = path.relative_to(SRC.parent).as_posix()
        text = render(read_constants(path.read_text(), name), path.name)
        if not twin.exists() or twin.read_text() != text:
            stale.append(twin)
            if not check:
                twin.write_text(text)
    for twin in stale:
        print(f"{'stale' if check else 'wrote'} {twin.relative_to(SRC.parent)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
