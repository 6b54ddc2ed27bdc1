#!/usr/bin/env python3
"""Find boxing in the C that Cython made of the hot path: `make lint`.

An undeclared local, a literal above 0x7fffffff or a global read in a hot function makes a
Python object per packet and costs ten times the work itself, and nothing else says so. This
reads build/cython/**/*.c, looks into the functions that tools/hot_list.txt names, and prints each
call of the interpreter's API with file, function and source line. Run `make ext` before.

    tools/boxlint.py                 the functions on the hot list; exit status 1 on a hit
    tools/boxlint.py --all [NAME…]   every compiled function (or those NAME matches): to see what
                                     could be faster. Exit status 0

A line of the list is a dotted name, `softnet.net.ipv4.ip_input.ip_rcv` or
`softnet.structs.skbuff.SkBuff.put`, or a pattern with `*`; one that matches nothing is an error, so
that a renamed function does not leave the list unseen. Functions of `softnet.arch` are
always hot.

Not looked at, since no packet pays for it: the check whether Python code overrides a cpdef
method; the message of an assertion; what stands under `if ….enabled:` (a trace point that is
off), in a `raise`, in an `except` body, in `return -errno.E…`, in a call of printk(). Reading a slot
of a typed list by a C index is no boxing; only the generic form of indexing is.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

BOXING = re.compile(
    r"\b(PyNumber_\w+|PyLong_From\w+|__Pyx_PyLong_From\w*|__Pyx_PyInt_From\w*|__Pyx_PyLong_\w+ObjC|"
    r"__Pyx_GetModuleGlobalName|__Pyx_GetBuiltinName|__Pyx_PyObject_Call\w*|__Pyx_PyObject_FastCall\w*|"
    r"__Pyx_GetItemInt|__Pyx_SetItemInt|PyObject_GetItem|PyObject_SetItem|PyObject_RichCompare\w*|"
    r"__Pyx_PyObject_GetAttrStr\w*|__Pyx_PyObject_SetAttrStr)\("
)
FUNCTION = re.compile(r"^static\b.*?\b__pyx_f_(\w+)\(.*\{$")
MARKED = re.compile(r"^ \* (.*?) *# <{10,}$")
SOURCE_LINE = re.compile(r'^\s*/\* "([^"]+)":(\d+)$')
ASSERTION_FAILED = re.compile(r"^( +)if \(unlikely\(!.*\{$")
OVERRIDE = "/* Check if overridden in Python */"


@dataclass(frozen=True)
class Hit:
    """One call of the interpreter's API in a compiled function."""

    function: str
    call: str
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        path = self.path if self.path.startswith("src/") else "src/" + self.path
        return f"{path}:{self.line}: {self.function}: {self.call}: {self.text}"


def demangle(name: str) -> str:
    """Return the dotted name of a C function: 7softnet_4wire_2ip_5IpHdr_ttl is in softnet.wire.ip.

    >>> demangle("7softnet_4wire_2ip_5IpHdr_ttl")
    'softnet.wire.ip.IpHdr.ttl'
    """
    parts = []
    while found := re.match(r"\d+", name):
        start = found.end()
        end = start + int(found.group())
        parts.append(name[start:end])
        name = name[end:].removeprefix("_")
    return ".".join([*parts, name])


def cold_lines(source: Path) -> set[int]:
    """Return the lines of a .py that a packet does not pay for."""
    if not source.exists():
        return set()
    cold: set[int] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        inside: list[ast.stmt] = []
        if isinstance(node, ast.ExceptHandler) or (
            isinstance(node, ast.If) and ".enabled" in ast.unparse(node.test)
        ):
            inside = node.body
        elif isinstance(node, ast.Raise) or (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and ast.unparse(node.value.func).endswith("printk")
        ):
            inside = [node]
        elif isinstance(node, ast.Return) and re.match(r"return -errno\.\w+$", ast.unparse(node)):
            inside = [node]
        for stmt in inside:
            cold.update(range(stmt.lineno, (stmt.end_lineno or stmt.lineno) + 1))
    return cold


def hits(cfile: Path) -> Iterator[Hit | str]:
    """Yield the name of each compiled function of a C file, and after it the calls it makes.

    The .py that the C was made from lies beside it; a .pxd's inline functions are in many.
    """
    function, path, line, source = "", "", 0, ""
    skipped_to = ""  # the line that ends a block which no packet pays for
    cold = cold_lines(cfile.with_suffix(".py"))
    for text in cfile.read_text().splitlines():
        if found := FUNCTION.match(text):
            function, skipped_to = demangle(found.group(1)), ""
            yield function
        elif text.startswith("}"):
            function = ""
        elif found := SOURCE_LINE.match(text):
            path, line = found.group(1), int(found.group(2))
        elif found := MARKED.match(text):
            source = found.group(1).strip()
        elif not function:
            continue
        elif skipped_to:
            skipped_to = "" if text == skipped_to else skipped_to
        elif OVERRIDE in text:
            skipped_to = "  }"
        elif source.startswith("assert ") and (found := ASSERTION_FAILED.match(text)):
            skipped_to = found.group(1) + "}"
        elif not source.startswith("raise ") and (path.endswith(".pxd") or line not in cold):
            for call in BOXING.findall(text):
                yield Hit(function, call, path, line, source)


def read_list(path: Path) -> list[str]:
    """Return the patterns of a hot list; `#` starts a comment."""
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def check(patterns: list[str], cdir: Path) -> tuple[list[Hit], set[str]]:
    """Return the hits in the functions that the patterns mean, and the patterns that mean none."""
    found: dict[Hit, None] = {}
    unmatched = set(patterns)
    for cfile in sorted(cdir.rglob("*.c")):
        for item in hits(cfile):
            name = item if isinstance(item, str) else item.function
            meant = [p for p in patterns if fnmatchcase(name, p)]
            unmatched.difference_update(meant)
            if isinstance(item, Hit) and (meant or name.startswith("softnet.arch.")):
                found[item] = None
    return list(found), unmatched


def main() -> int:
    """Check the hot list, or show what any function does."""
    parser = argparse.ArgumentParser(description="Find boxing in the C of the hot path.")
    parser.add_argument("names", nargs="*", help="with --all: patterns of function names")
    parser.add_argument("--all", action="store_true", help="look at every compiled function")
    parser.add_argument("--list", type=Path, default=ROOT / "tools/hot_list.txt")
    parser.add_argument("--cdir", type=Path, default=ROOT / "build/cython")
    args = parser.parse_args()
    patterns = (args.names or ["*"]) if args.all else read_list(args.list)
    found, unmatched = check(patterns, args.cdir)
    for hit in found:
        print(hit)
    if args.all:
        return 0
    for pattern in sorted(unmatched):
        print(f"{args.list.name}: {pattern} names no compiled function")
    print(f"boxlint: {len(patterns)} patterns, {len(found)} hits")
    return 1 if found or unmatched else 0


if __name__ == "__main__":
    sys.exit(main())
