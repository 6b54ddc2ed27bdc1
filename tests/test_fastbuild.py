"""tools/fastbuild.py: one library out of many modules, which call each other without a pointer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import buildext, fastbuild

ROOT = Path(__file__).parent.parent
SOURCES = {
    "src/softnet/__init__.py": '"""A small package."""\n',
    "src/softnet/low/__init__.py": '"""Below."""\n',
    "src/softnet/low/noun.py": (
        "def twice(n: int) -> int:\n    return 2 * n\n\n\n"
        "class Tally:\n    n: int\n\n    def add(self, by: int) -> int:\n"
        "        self.n += by\n        return self.n\n\n\n"
        "class Loose:\n    def free(self) -> int:\n        return 1\n"
    ),
    "src/softnet/low/noun.pxd": (
        "cimport cython\n\ncpdef Py_ssize_t twice(Py_ssize_t n) except? -1\n\n"
        "@cython.final\ncdef class Tally:\n    cdef public Py_ssize_t n\n"
        "    cpdef Py_ssize_t add(self, Py_ssize_t by) except? -1\n\n"
        "cdef class Loose:\n    cpdef Py_ssize_t free(self) except? -1\n"
    ),
    "src/softnet/verb.py": (
        "from softnet.low.noun import Tally, twice\n\n\ndef act(n: int) -> int:\n"
        "    return twice(n) + 1\n\n\ndef count(tally: Tally, n: int) -> int:\n    return tally.add(n)\n"
    ),
    "src/softnet/verb.pxd": (
        "from softnet.low.noun cimport Tally, twice\n\ncpdef Py_ssize_t act(Py_ssize_t n) except? -1\n"
        "cpdef Py_ssize_t count(Tally tally, Py_ssize_t n) except? -1\n"
    ),
    "src/softnet/other.py": "def answer() -> int:\n    return 42\n",
    "src/softnet/other.pxd": "cpdef Py_ssize_t answer() except? -1\n",
    "tools/fast_list.txt": "# Both.\nsoftnet.low.noun\nsoftnet.verb\n",
    "tools/training.py": "import softnet.verb\n\nfor n in range(1000):\n    softnet.verb.act(n)\n",
}
RUN = """
import sys, softnet.verb, softnet.low.noun as noun, softnet.other as other
print(softnet.verb.act(20), noun.twice(4), other.answer(), noun.__file__, other.__file__)
print(softnet.verb.count(noun.Tally(), 5))
print(sys.version_info >= (3, 12) or sys.getrefcount(None) > 1 << 48)
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(fastbuild.gcc() is None, reason="there is no gcc"),
]


class Tree:
    """A checkout with a package of three modules, two of them joined."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.out = root / "build/fast"
        for name, text in SOURCES.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def build(self) -> str:
        """Run the builder; what it says. A process of its own: each compilation's memory is limited."""
        command = [sys.executable, str(ROOT / "tools/fastbuild.py"), "--root", str(self.root)]
        done = subprocess.run(command, stdout=-1, stderr=-2, text=True, check=False)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def run(self) -> list[str]:
        """What act(20), twice(4) and answer() are, and where the last two were found."""
        env = {**os.environ, "PYTHONPATH": str(self.out), "SOFTNET_PURE": ""}
        done = subprocess.run(
            [sys.executable, "-c", RUN], capture_output=True, text=True, env=env, check=True
        )
        return done.stdout.split()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    tree = Tree(tmp_path_factory.mktemp("fast"))
    assert "fastbuild: fast has 2 modules in one library" in tree.build()
    return tree


def test_modules_of_one_library_are_imported_by_their_names(tree: Tree) -> None:
    act, twice, answer, noun, other, count, none_is_safe = tree.run()
    assert (act, twice, answer, count, none_is_safe) == ("41", "8", "42", "5", "True")
    assert Path(noun).suffix == Path(other).suffix == ".so"
    assert (tree.out / fastbuild.LIBRARY).exists()


def test_the_call_from_module_to_module_is_gone_from_the_library(tree: Tree) -> None:
    """What the training ran is inlined: act() multiplies by itself."""
    library = str(tree.out / fastbuild.LIBRARY)
    said = subprocess.run(
        ["objdump", "-d", library], capture_output=True, text=True, check=True
    ).stdout
    body = said.split("<__pyx_f_7softnet_4verb_act", 1)[1].split("\n\n", 1)[0]
    assert "twice" not in body


def test_a_method_of_a_final_class_is_called_by_its_name(tree: Tree) -> None:
    text = (tree.root / "build/fast-objects/c/softnet.verb.c").read_text()
    assert "extern Py_ssize_t __pyx_f_7softnet_3low_4noun_5Tally_add(struct" in text
    assert "__pyx_f_7softnet_3low_4noun_5Tally_add(__pyx_v_tally, __pyx_v_n, 0)" in text


def test_the_training_leaves_its_counts(tree: Tree) -> None:
    assert len(list((tree.root / "build/fast-objects").glob("softnet.*.gcda"))) == 2


def test_what_is_current_is_not_built_and_what_changed_is(tree: Tree) -> None:
    assert tree.build() == "fastbuild: fast is current\n"
    noun = tree.root / "src/softnet/low/noun.py"
    noun.write_text(noun.read_text().replace("2 * n", "3 * n"))
    tree.build()
    assert tree.run()[:2] == ["61", "12"]


def test_what_the_compiler_says_is_handed_on(tree: Tree) -> None:
    joined = tree.root / "build/fast-objects/c/softnet.verb.c"
    assert "extern Py_ssize_t __pyx_f_7softnet_3low_4noun_twice(" in joined.read_text()
    library = fastbuild.Library(tree.root, tree.root, ["gcc"], 1, *buildext.staged(tree.root))
    with pytest.raises(SystemExit, match=r"FAILED: gcc -c nowhere\.c"):
        library.run("nothing", [["gcc", "-c", "nowhere.c"]])


def test_a_call_to_a_module_outside_stays_a_pointer() -> None:
    text = (
        "static int (*__pyx_f_7softnet_5other_do)(int); /*proto*/\n"
        "static int __pyx_f_7softnet_4verb_act(int); /*proto*/\n"
    )
    joined = fastbuild.join({"softnet.verb": text})["softnet.verb"]
    assert "static int (*__pyx_f_7softnet_5other_do)(int); /*proto*/" in joined
    assert "\nint __pyx_f_7softnet_4verb_act(int); /*proto*/" in joined


def test_a_name_on_the_list_that_is_no_module_is_named(tree: Tree) -> None:
    names = tree.root / "tools/fast_list.txt"
    names.write_text(names.read_text() + "softnet.nuon\n")
    with pytest.raises(SystemExit, match=r"no hot module: softnet\.nuon$"):
        fastbuild.build(tree.root, tree.out, 2)


def test_the_tests_for_none_are_left_out() -> None:
    text = (
        "  if (unlikely(((PyObject *)__pyx_v_skb) == Py_None)) {\n"
        '    PyErr_Format(PyExc_AttributeError, "\\047NoneType\\047 object has no attribute '
        '\\047%.30s\\047", "x");\n'
        "  if (unlikely(((PyObject *)__pyx_v_skb) == Py_None)) {\n"
        '    PyErr_SetString(PyExc_TypeError, "object of type \\047NoneType\\047 has no len()");\n'
    )
    lines = fastbuild.trust(text).split("\n")
    assert lines[0] == "  if (0) {"
    assert lines[2] == text.split("\n")[2]


def test_a_variable_is_reached_without_its_pointer() -> None:
    """That of a module outside is not."""
    name = "7softnet_3low_4noun_first"
    use = f"static PyObject **__pyx_vp_{name} = 0;\n#define __pyx_v_{name} (*__pyx_vp_{name})\n"
    owner = f"static PyObject *__pyx_v_{name} = 0;\n"
    joined = fastbuild.join({"softnet.low.noun": owner, "softnet.verb": use})
    assert joined["softnet.low.noun"] == owner.removeprefix("static ")
    assert joined["softnet.verb"] == (
        f"extern PyObject *__pyx_v_{name};\nstatic PyObject **__pyx_vp_{name} = 0;\n"
    )
    assert fastbuild.join({"softnet.verb": use})["softnet.verb"] == use


def test_references_to_none_are_not_counted() -> None:
    text = "  __Pyx_INCREF(Py_None);\n  __Pyx_GIVEREF(Py_None);\n"
    assert fastbuild.trust(text) == "  \n  __Pyx_GIVEREF(Py_None);\n"


def test_whether_a_method_is_overridden_is_asked_of_the_class(tree: Tree) -> None:
    """Where Cython writes what we look for: else the test would stay, and nobody would know."""
    assert fastbuild.DICT_TEST in (tree.root / "build/cython/softnet/low/noun.c").read_text()
    text = (tree.root / "build/fast-objects/c/softnet.low.noun.c").read_text()
    assert "__pyx_v_self))->tp_dictoffset !=" not in text
