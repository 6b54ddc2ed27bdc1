"""tools/boxlint.py: what boxes in a hot function is found, what no packet pays for is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from Cython.Compiler.Main import compile as cython_compile

from tools import boxlint
from tools.buildext import DIRECTIVES

SOURCE = '''"""A hot module."""

count = 0
flags = None


class Noun:
    __slots__ = ("n", "items")

    def __init__(self) -> None:
        self.n = 0
        self.items = []

    def add(self, n):
        self.n += n
        return self.n

    def first(self):
        return len(self.items)


def complain(noun, n):
    return [noun, n]


def wary(n):
    assert n <= count
    return n


def mask(n):
    return n & 0xFFFFFFFF


def read_global(n):
    return n + count


def careful(noun, n):
    assert n != 7 and noun.n >= 0, complain(noun, n)
    if flags.enabled:
        flags.fire(n, count)
    if n < 0:
        raise OSError(n, "negative")
    try:
        noun.add(n)
    except ValueError:
        print(n)
    return n
'''
PXD = """
cdef class Noun:
    cdef public Py_ssize_t n
    cdef public list items
    cpdef Py_ssize_t add(self, Py_ssize_t n) except? -1
    cpdef Py_ssize_t first(self) except? -1
cdef class Flags:
    cdef public bint enabled
cdef Flags flags
cpdef Py_ssize_t mask(Py_ssize_t n) except? -1
cpdef Py_ssize_t read_global(Py_ssize_t n) except? -1
cpdef Py_ssize_t wary(Py_ssize_t n) except? -1
cpdef Py_ssize_t careful(Noun noun, Py_ssize_t n) except? -1
"""
FLAGS = """

class Flags:
    __slots__ = ("enabled",)

    def __init__(self) -> None:
        self.enabled = False
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("boxlint")
    package = root / "src/softnet"
    package.mkdir(parents=True)
    (root / "c").mkdir()
    (package / "__init__.py").touch()
    (package / "hot.py").write_text(SOURCE + FLAGS)
    (root / "c/hot.py").write_text(SOURCE + FLAGS)
    (package / "hot.pxd").write_text(PXD)
    result = cython_compile(
        str(package / "hot.py"),
        full_module_name="softnet.hot",
        output_file=str(root / "c/hot.c"),
        include_path=[str(root / "src")],
        compiler_directives=DIRECTIVES,
    )
    assert result.num_errors == 0
    return root


def found(tree: Path, *patterns: str) -> list[boxlint.Hit]:
    """Return the hits in the functions that the patterns mean; each must mean one."""
    hits, unmatched = boxlint.check(list(patterns), tree / "c")
    assert unmatched == set()
    return hits


def test_a_function_of_c_integers_is_clean(tree: Path) -> None:
    assert found(tree, "softnet.hot.Noun.first") == []


def test_the_check_for_a_python_override_is_no_hit(tree: Path) -> None:
    assert found(tree, "softnet.hot.Noun.add") == []


def test_a_literal_above_31_bits_is_found_with_its_line(tree: Path) -> None:
    hits = found(tree, "softnet.hot.mask")
    line = SOURCE.splitlines().index("    return n & 0xFFFFFFFF") + 1
    assert {hit.line for hit in hits} == {line}
    assert any("PyNumber_And" in hit.call or "PyLong_From" in hit.call for hit in hits)
    shown = str(hits[0])
    assert f"/hot.py:{line}: softnet.hot.mask: " in shown
    assert shown.endswith("return n & 0xFFFFFFFF")


def test_a_read_of_a_module_global_is_found(tree: Path) -> None:
    assert "__Pyx_GetModuleGlobalName" in {h.call for h in found(tree, "softnet.hot.read_global")}


def test_tracing_raising_catching_and_failing_are_cold(tree: Path) -> None:
    assert found(tree, "softnet.hot.careful") == []


def test_what_an_assertion_asks_is_hot_and_what_it_says_is_cold(tree: Path) -> None:
    assert {hit.text for hit in found(tree, "softnet.hot.wary")} == {"assert n <= count"}


def test_a_pattern_means_every_function_that_fits(tree: Path) -> None:
    assert {h.function for h in found(tree, "softnet.hot.*")} == {
        "softnet.hot.mask",
        "softnet.hot.read_global",
        "softnet.hot.wary",
    }


def test_a_name_that_means_nothing_is_reported(tree: Path) -> None:
    hits, unmatched = boxlint.check(["softnet.hot.gone"], tree / "c")
    assert (hits, unmatched) == ([], {"softnet.hot.gone"})


def test_names_are_read_from_the_c_names() -> None:
    assert boxlint.demangle("7softnet_4wire_2ip_5IpHdr_ttl") == "softnet.wire.ip.IpHdr.ttl"
    assert boxlint.demangle("7softnet_3net_4core_8datagram_a_b") == "softnet.net.core.datagram.a_b"


def test_comments_of_the_list_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("# the receive path\nsoftnet.a.b  # why\n\nsoftnet.c.*\n")
    assert boxlint.read_list(path) == ["softnet.a.b", "softnet.c.*"]
