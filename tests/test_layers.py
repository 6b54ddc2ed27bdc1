"""A .pxd may cimport only what its .py imports, so that one import graph tells the truth."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tools.buildext import cimports, closure, dotted

SRC = Path(__file__).parent.parent / "src"
PXDS = sorted(p for p in SRC.rglob("*.pxd") if p.stem != "__init__")
# C types only: the interpreter has nothing to import there.
TYPES = "softnet.arch.types"

FROM = re.compile(r"^from\s+([\w.]+)\s+cimport\b", re.M)
SUBCLASS = re.compile(r"^cdef class (\w+)\((\w+)\)", re.M)
NAMES = re.compile(r"^from\s+([\w.]+)\s+cimport\s+(\([^)]*\)|[^#\n]*)", re.M)
PLAIN = re.compile(r"^cimport\s+([\w.]+)(?:\s+as\s+(\w+))?", re.M)


def cimported(text: str) -> set[str]:
    """Return the softnet modules that a .pxd's text cimports."""
    names = {*FROM.findall(text), *(name for name, _ in PLAIN.findall(text))}
    return {n for n in names if n.split(".")[0] in ("softnet", "")} - {TYPES}


def imported(text: str, type_checking: bool) -> set[str]:
    """Return the modules that a .py's text imports; those for type checkers only on request."""
    found = set()
    for node in ast.parse(text).body:
        nodes = [node]
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            nodes = node.body if type_checking else []
        for inner in nodes:
            if isinstance(inner, ast.Import):
                found |= {alias.name for alias in inner.names}
            elif isinstance(inner, ast.ImportFrom) and inner.module:
                found.add(inner.module)
    return found


@pytest.mark.parametrize("pxd", PXDS, ids=lambda p: str(p.relative_to(SRC)))
def test_a_pxd_cimports_no_more_than_its_py_imports(pxd: Path) -> None:
    source = pxd.with_suffix(".py")
    if not source.exists():
        assert pxd.relative_to(SRC) == Path("softnet/arch/types.pxd"), "a .pxd without a .py"
        return
    nouns = "structs" in pxd.relative_to(SRC).parts
    known = imported(source.read_text(), type_checking=nouns)
    assert cimported(pxd.read_text()) - known == set()


@pytest.mark.parametrize("pxd", PXDS, ids=lambda p: str(p.relative_to(SRC)))
def test_cimports_are_absolute_and_name_modules(pxd: Path) -> None:
    text = pxd.read_text()
    assert not re.search(r"^\s*from\s+\.", text, re.M), "relative cimport"
    for name in FROM.findall(text):
        path = SRC / name.replace(".", "/")
        assert not path.is_dir(), f"`from {name} cimport module`: write `cimport {name}.module as`"


def base_rings(texts: dict[str, str], graph: dict[str, set[str]]) -> list[str]:
    """Return the classes whose base's .pxd leads back to their own by cimports."""
    rings = []
    for module, text in texts.items():
        home = {
            name.split()[-1]: base
            for base, names in NAMES.findall(text)
            for name in names.strip("()").split(",")
            if name.strip()
        }
        for cls, base in SUBCLASS.findall(text):
            if base in home and module in closure({home[base]}, graph):
                rings.append(f"{module}.{cls}({home[base]}.{base})")
    return rings


def test_no_base_class_leads_back_to_its_subclass() -> None:
    """Cython 3.3 then declares the subclass twice, or loops until memory ends."""
    texts = {dotted(p, SRC): p.read_text() for p in PXDS}
    graph = {dotted(p, SRC): cimports(p, dotted(p, SRC)) for p in PXDS}
    assert base_rings(texts, graph) == []


def test_a_ring_through_a_base_class_is_seen() -> None:
    texts = {
        "softnet.a": "from softnet.b cimport B, X\ncdef class A(B):\n    pass\n",
        "softnet.b": "from softnet.c cimport C\ncdef class B:\n    cdef C c\n",
        "softnet.c": "from softnet.a cimport A\ncdef class C:\n    cdef A a\n",
    }
    graph = {"softnet.a": {"softnet.b"}, "softnet.b": {"softnet.c"}, "softnet.c": {"softnet.a"}}
    assert base_rings(texts, graph) == ["softnet.a.A(softnet.b.B)"]
    graph["softnet.c"] = set()
    assert base_rings(texts, graph) == []


def test_a_cimport_that_the_py_lacks_is_seen() -> None:
    pxd = "cimport cython\nfrom softnet.a.b cimport C\ncimport softnet.arch.mem as mem\n"
    py = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from softnet.a.b import C\n"
    assert cimported(pxd) == {"softnet.a.b", "softnet.arch.mem"}
    assert cimported(pxd) - imported(py, type_checking=True) == {"softnet.arch.mem"}
    assert "softnet.a.b" not in imported(py, type_checking=False)
