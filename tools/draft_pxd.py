"""Draft the .pxd of a module from its annotations: a start to tune by hand.

    python tools/draft_pxd.py src/softnet/structs/skbuff.py > src/softnet/structs/skbuff.pxd

`int` becomes i64, `bool` bint, `Mem` a byte pointer, `X | None` X, a class this project defines
stays, anything else is object. Methods and functions become cpdef with `except? -1` (ints) or
`except -1` (None). What it cannot know: @cython.final, @cython.locals, what must be cdef only.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

SAME = {"bytes", "bytearray", "str", "list", "dict", "set", "tuple", "object"}
SCALAR = {"int": "i64", "bool": "bint", "float": "double", "Mem": "u8 *"}


class Drafter:
    def __init__(self, path: Path) -> None:
        self.tree = ast.parse(path.read_text())
        self.classes: dict[str, str] = {}  # name -> module it comes from ("" = here)
        self.consts: list[str] = []
        self.used: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("softnet"):
                for alias in node.names:
                    if alias.name[0].isupper() and not alias.name.isupper():
                        self.classes[alias.name] = node.module or ""
            elif isinstance(node, ast.Import):
                self.consts += [
                    f"cimport {a.name} as {a.asname}"
                    for a in node.names
                    if a.name.startswith(("softnet.uapi", "softnet.arch")) and a.asname
                ]
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = ""

    def ctype(self, ann: ast.expr | None) -> str:
        if ann is None:
            return "object"
        if isinstance(ann, ast.Constant) and isinstance(ann.value, str):
            ann = ast.parse(ann.value, mode="eval").body
        if isinstance(ann, ast.BinOp):  # X | None
            sides = [s for s in (ann.left, ann.right) if not (isinstance(s, ast.Constant))]
            if len(sides) == 1:
                got = self.ctype(sides[0])
                return "object" if got in ("i64", "bint", "double") else got
            return "object"
        if isinstance(ann, ast.Subscript):
            return self.ctype(ann.value)
        if isinstance(ann, ast.Name):
            if ann.id in SCALAR:
                return SCALAR[ann.id]
            if ann.id in SAME:
                return ann.id
            if ann.id in self.classes:
                self.used.add(ann.id)
                return ann.id
        return "object"

    def function(self, fn: ast.FunctionDef, indent: str) -> str:
        args = []
        defaults = len(fn.args.defaults)
        for i, a in enumerate(fn.args.args):
            if a.arg == "self":
                args.append("self")
                continue
            t = self.ctype(a.annotation)
            opt = "=*" if i >= len(fn.args.args) - defaults else ""
            args.append((t if t.endswith("*") else t + " ") + a.arg + opt)
        if isinstance(fn.returns, ast.Constant) and fn.returns.value is None:
            ret, exc = "int", " except -1"
        else:
            ret = self.ctype(fn.returns)
            exc = {"i64": " except? -1", "bint": " except? -1", "double": " except? -1"}.get(
                ret, ""
            )
        return f"{indent}cpdef {ret} {fn.name}({', '.join(args)}){exc}"

    def cls(self, node: ast.ClassDef) -> list[str]:
        base = next((b.id for b in node.bases if isinstance(b, ast.Name)), "")
        if base in self.classes:
            self.used.add(base)
        out = [f"cdef class {node.name}" + (f"({base})" if base in self.classes else "") + ":"]
        for item in node.body:
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                t = self.ctype(item.annotation)
                out.append(f"    cdef {'' if t.endswith('*') else 'public '}{t} {item.target.id}")
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and not item.name.startswith("__"):
                if not item.decorator_list and not item.args.vararg and not item.args.kwonlyargs:
                    out.append(self.function(item, "    "))
        return out if len(out) > 1 else [*out, "    pass"]

    def draft(self) -> str:
        body: list[str] = []
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef):
                body += ["", *self.cls(node)]
            elif isinstance(node, ast.FunctionDef) and not node.args.vararg:
                if not node.args.kwonlyargs and not node.decorator_list:
                    body += ["", self.function(node, "")]
        head = ["cimport cython", *dict.fromkeys(self.consts)]
        head.append("from softnet.arch.types cimport i64, u8")
        by_module: dict[str, list[str]] = {}
        for name in sorted(self.used):
            if self.classes[name]:
                by_module.setdefault(self.classes[name], []).append(name)
        head += [f"from {m} cimport {', '.join(n)}" for m, n in sorted(by_module.items())]
        forward = [f"cdef class {n}" for n, m in self.classes.items() if not m]
        return "\n".join([*head, "", *forward, *body]) + "\n"


def main() -> None:
    sys.stdout.write(Drafter(Path(sys.argv[1])).draft())


if __name__ == "__main__":
    main()
