"""tools/buildext.py: a stale .so never survives, and a broken module stops nobody else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import buildext

ROOT = Path(__file__).parent.parent
SOURCES = {
    "__init__.py": '"""A small package."""\n',
    "arch/__init__.py": '"""Twins."""\n',
    "arch/mem.py": "def twice(n: int) -> int:\n    return 2 * n\n",
    "arch/mem.pxd": ("cdef inline Py_ssize_t twice(Py_ssize_t n) noexcept:\n    return 2 * n\n"),
    "noun.py": (
        "import softnet.arch.mem as mem\n\n\nclass Noun:\n    __slots__ = ('n',)\n\n"
        "    def __init__(self, n: int) -> None:\n        self.n = mem.twice(n)\n"
    ),
    "noun.pxd": (
        "cimport softnet.arch.mem as mem\n\ncdef class Noun:\n    cdef public Py_ssize_t n\n"
    ),
    "verb.py": (
        "from softnet.noun import Noun\n\n\ndef act(noun: Noun) -> int:\n    return noun.n + 1\n"
    ),
    "verb.pxd": ("from softnet.noun cimport Noun\n\ncpdef Py_ssize_t act(Noun noun) except? -1\n"),
    "other.py": "def answer() -> int:\n    return 42\n",
    "other.pxd": "cpdef Py_ssize_t answer() except? -1\n",
}
RUN = "import softnet.noun, softnet.verb; print(softnet.verb.act(softnet.noun.Noun(20)))"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(buildext.compiler() is None, reason="there is no C compiler"),
]


class Tree:
    """A checkout with a package of four modules."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, text: str) -> None:
        """Write a source of the package."""
        path = self.root / "src/softnet" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def replace(self, name: str, old: str, new: str) -> None:
        """Edit a source of the package."""
        path = self.root / "src/softnet" / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def build(self, *modules: str) -> subprocess.CompletedProcess[str]:
        """Run the builder; its output is in stdout."""
        command = [sys.executable, str(ROOT / "tools/buildext.py"), "--root", str(self.root)]
        command += ["--opt=-O0", *modules]
        return subprocess.run(command, stdout=-1, stderr=-2, text=True, check=False)

    def compiled(self) -> set[str]:
        """Return the names of the modules that have a .so."""
        libs = (self.root / "build/compiled/softnet").rglob("*.so")
        return {lib.name.split(".")[0] for lib in libs}

    def run(self) -> str:
        """Return what verb makes of a noun of 20."""
        env = {**os.environ, "PYTHONPATH": str(self.root / "build/compiled"), "SOFTNET_PURE": ""}
        done = subprocess.run(
            [sys.executable, "-c", RUN], capture_output=True, text=True, env=env, check=False
        )
        return done.stdout.strip() or done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    tree = Tree(tmp_path_factory.mktemp("built"))
    for name, text in SOURCES.items():
        tree.write(name, text)
    done = tree.build()
    assert done.returncode == 0, done.stdout
    return tree


@pytest.fixture
def tree(built: Tree, tmp_path: Path) -> Tree:
    shutil.copytree(built.root, tmp_path / "tree")
    return Tree(tmp_path / "tree")


def test_every_module_with_a_pxd_is_compiled_but_the_header_only_ones(tree: Tree) -> None:
    assert tree.compiled() == {"noun", "verb", "other"}
    assert tree.run() == "41"


def test_nothing_changed_nothing_built(tree: Tree) -> None:
    assert "buildext: 0 built; " in tree.build().stdout


def test_a_changed_source_rebuilds_its_module_alone(tree: Tree) -> None:
    tree.replace("verb.py", "+ 1", "+ 2")
    done = tree.build()
    assert "buildext: 1 built; " in done.stdout
    assert tree.run() == "42"


def test_an_edit_that_keeps_size_and_time_is_seen(tree: Tree) -> None:
    path = tree.root / "src/softnet/verb.py"
    times = path.stat()
    tree.replace("verb.py", "+ 1", "+ 3")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    tree.build()
    assert tree.run() == "43"


def test_a_changed_header_reaches_whoever_cimports_it_at_any_distance(tree: Tree) -> None:
    tree.replace("arch/mem.pxd", "2 * n", "3 * n")
    done = tree.build()
    assert "buildext: 2 built; " in done.stdout  # noun, and verb that cimports noun
    assert tree.run() == "61"


@pytest.mark.parametrize("name", ["noun.py", "noun.pxd", "arch/mem.pxd"])
def test_a_stale_object_does_not_survive_the_build_of_another_module(tree: Tree, name: str) -> None:
    path = tree.root / "src/softnet" / name
    path.write_text(path.read_text() + "\n# changed\n")
    tree.build("softnet.other")
    assert tree.compiled() == {"other"}  # verb is current but cannot use an interpreted noun
    assert tree.run() == "41"


def test_naming_a_module_builds_what_it_imports_too(tree: Tree) -> None:
    shutil.rmtree(tree.root / "build")
    done = tree.build("softnet.verb")
    assert done.returncode == 0
    assert tree.compiled() == {"noun", "verb"}


def test_a_broken_module_names_itself_and_stops_nobody(tree: Tree) -> None:
    tree.replace("noun.py", "class Noun:", "class Noun")
    tree.replace("other.py", "42", "43")
    done = tree.build()
    assert done.returncode == 1
    assert "buildext: FAILED: softnet.noun\n" in done.stdout
    assert "noun.py:4" in done.stdout
    assert tree.compiled() == {"other"}


def test_a_class_keeps_the_directives_of_its_pxd(tree: Tree) -> None:
    """Of a class whose body is in a .py Cython itself forgets them."""
    tree.replace("noun.pxd", "cdef class", "cimport cython\n\n@cython.freelist(8)\ncdef class")
    assert tree.build("softnet.noun").returncode == 0
    assert "freecount" in (tree.root / "build/cython/softnet/noun.c").read_text()


def test_an_unknown_module_is_an_error(tree: Tree) -> None:
    done = tree.build("softnet.nowhere")
    assert done.returncode == 1
    assert "there is no module softnet.nowhere" in done.stdout


def test_a_removed_module_leaves_nothing(tree: Tree) -> None:
    for name in ("other.py", "other.pxd"):
        (tree.root / "src/softnet" / name).unlink()
    tree.build()
    assert tree.compiled() == {"noun", "verb"}
    assert not list((tree.root / "build/compiled/softnet").glob("other*"))
    assert not list((tree.root / "build/cython/softnet").glob("other*"))


@pytest.mark.parametrize(
    "line",
    [
        "cimport softnet.arch.mem as mem",
        "cimport cython, softnet.arch.mem as mem",
        "from softnet.arch cimport mem",
        "from softnet.arch.mem cimport (\n    twice,\n    thrice)",
        "from .arch cimport mem",
        "from . cimport noun, arch.mem",
    ],
)
def test_a_cimport_is_seen_in_every_spelling(tmp_path: Path, line: str) -> None:
    pxd = tmp_path / "verb.pxd"
    pxd.write_text(f"cimport cython\n{line}  # why\n\ncdef class A:\n    pass\n")
    assert "softnet.arch.mem" in buildext.cimports(pxd, "softnet.verb")


def test_what_happens_in_the_copy_of_the_process_is_told() -> None:
    def fails() -> tuple[bool, str]:
        raise ValueError("no good")

    def dies() -> tuple[bool, str]:
        os._exit(3)

    assert buildext.apart(lambda: (True, "said")) == (True, "said")
    good, said = buildext.apart(fails)
    assert not good
    assert said.endswith("ValueError: no good\n")
    assert buildext.apart(dies) == (False, "the process that compiled ended with 3")
