"""What imports for types alone may name, so that one import graph tells the truth.

A .pxd cimports what its .py imports, and nouns that lie below: C wants the type of every object
that a function touches. `if TYPE_CHECKING:` imports name what lies below, too; rings of types are
for structs/, where C headers have them, and for lab/, which is no part of the stack.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tools.buildext import cimports, closure, dotted

pytestmark = pytest.mark.source

SRC = Path(__file__).parent.parent / "src"
PXDS = sorted(p for p in SRC.rglob("*.pxd") if p.stem != "__init__")
PYS = sorted(p for p in SRC.rglob("*.py") if p.stem != "__init__")
# From the bottom of the page up; .importlinter has the whole drawing.
PAGE = (
    ("uapi", "arch"),
    ("wire",),
    ("machine",),
    ("kernel",),
    ("fs",),
    ("structs",),
    ("net",),
    ("drivers",),
    ("host", "syscalls"),
    ("usr", "tools"),
    ("lab",),
    ("pytest_plugin",),
)
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


def level(module: str) -> int:
    """How far up the page a module's layer stands."""
    layer = module.split(".")[1]
    return next(n for n, names in enumerate(PAGE) if layer in names)


def not_below(module: str, others: set[str]) -> set[str]:
    """Those of others that do not lie below module's layer."""
    return {other for other in others if level(other) >= level(module)}


@pytest.mark.parametrize("pxd", PXDS, ids=lambda p: str(p.relative_to(SRC)))
def test_a_pxd_cimports_no_more_than_its_py_imports(pxd: Path) -> None:
    source = pxd.with_suffix(".py")
    if not source.exists():
        assert pxd.relative_to(SRC) == Path("softnet/arch/types.pxd"), "a .pxd without a .py"
        return
    known = imported(source.read_text(), type_checking=True)
    extra = cimported(pxd.read_text()) - known
    assert not_below(dotted(pxd, SRC), extra) == set()


@pytest.mark.parametrize("path", PYS, ids=lambda p: str(p.relative_to(SRC)))
def test_imports_for_type_checkers_point_down(path: Path) -> None:
    """Elsewhere than in structs/ and lab/, where types meet in rings."""
    text = path.read_text()
    if "TYPE_CHECKING" in text and path.relative_to(SRC).parts[1] not in ("structs", "lab"):
        types = imported(text, type_checking=True) - imported(text, type_checking=False)
        assert not_below(dotted(path, SRC), {t for t in types if t.startswith("softnet.")}) == set()


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
