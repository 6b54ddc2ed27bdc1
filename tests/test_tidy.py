"""The manners of the code that a test can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.source

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "softnet"
FILES = sorted(SRC.rglob("*.py"))
TREES = {path: ast.parse(path.read_text()) for path in FILES}
HOT = [p for p in FILES if p.with_suffix(".pxd").exists() and p.stem != "__init__"]

LINES_MAX = 700
FUNCTION_LINES_MAX = 66  # a printed page; the aim is 60
BANNED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError|cython\.compiled)\b|[Ss]implified")
# A silenced checker says why, after its code: noqa: E501 (a URL); type: ignore[x] # reason.
SILENCED = re.compile(
    r"#\s*(noqa|type:\s*ignore)(?P<code>(:\s*[A-Z0-9, ]+|\[[\w, -]+\])?)(?P<why>.*)"
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    """Return a file's name as the reports show it."""
    return str(path.relative_to(ROOT))


def functions(tree: ast.AST) -> Iterator[Function]:
    """Yield every function and method."""
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a function by its bare name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


each_file = pytest.mark.parametrize("path", FILES, ids=name_of)
each_hot_file = pytest.mark.parametrize("path", HOT, ids=name_of)


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 10


@each_file
def test_file_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(TREES[path])


@each_file
def test_file_is_short_enough(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LINES_MAX


@each_file
def test_functions_fit_a_screen(path: Path) -> None:
    """Docstrings do not count; nor does what makes a noun, __init__() or init_x(): the list of its fields."""
    noun = path.relative_to(SRC).parts[0] == "structs"
    long = {
        f.name: n
        for f in functions(TREES[path])
        if (n := code_lines(f)) > FUNCTION_LINES_MAX
        and not (noun and f.name.startswith(("__init__", "init_")))
    }
    assert long == {}


def code_lines(f: Function) -> int:
    """The lines of a function without its docstring."""
    lines = (f.end_lineno or f.lineno) - f.lineno + 1
    if ast.get_docstring(f):
        lines -= (f.body[0].end_lineno or 0) - f.body[0].lineno + 1
    return lines


@each_file
def test_nothing_is_left_for_later(path: Path) -> None:
    text = path.read_text()
    assert [line for line in text.splitlines() if BANNED.search(line)] == []


@each_file
def test_a_silenced_checker_says_why(path: Path) -> None:
    for line in path.read_text().splitlines():
        found = SILENCED.search(line)
        assert not found or (found["code"] and len(found["why"].strip()) > 8), line


@each_file
def test_imports_stand_at_the_top(path: Path) -> None:
    tree = TREES[path]
    late = [
        node.lineno
        for f in functions(tree)
        for node in ast.walk(f)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert late == []
    if path != SRC / "__init__.py":
        assert list(calls(tree, "__import__")) == []


@each_file
def test_the_stack_does_not_print(path: Path) -> None:
    if path.relative_to(SRC).parts[0] not in ("tools", "lab", "__main__.py"):
        assert [c.lineno for c in calls(TREES[path], "print")] == []


@each_file
def test_public_functions_and_classes_say_what_they_are_for(path: Path) -> None:
    silent = [
        node.name
        for node in TREES[path].body
        if isinstance(node, Function | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


@each_file
def test_no_source_knows_cython(path: Path) -> None:
    names = [ast.unparse(n) for n in ast.walk(TREES[path]) if isinstance(n, ast.Import)]
    names += [n.module or "" for n in ast.walk(TREES[path]) if isinstance(n, ast.ImportFrom)]
    assert [n for n in names if "cython" in n.lower()] == []


@each_hot_file
def test_hot_code_takes_no_zero_argument_super(path: Path) -> None:
    assert [c.lineno for c in calls(TREES[path], "super") if not c.args] == []


@each_hot_file
def test_hot_classes_have_slots(path: Path) -> None:
    """Else a misspelt attribute is an error when compiled and none when interpreted."""
    loose = [
        node.name
        for node in TREES[path].body
        if isinstance(node, ast.ClassDef)
        and "Error" not in "".join(map(ast.unparse, node.bases))
        and not any("__slots__" in ast.unparse(s).split("=")[0] for s in node.body)
    ]
    assert loose == []


@pytest.mark.parametrize(
    "folder", sorted({p.parent for p in FILES}), ids=lambda p: str(p.relative_to(ROOT))
)
def test_folder_is_a_package_that_says_what_lives_in_it(folder: Path) -> None:
    init = folder / "__init__.py"
    assert init.exists()
    if folder != SRC:
        assert len(TREES[init].body) == 1, "a docstring and nothing else"


def has_logic(path: Path) -> bool:
    """Tell whether there is anything to test: a function, or a method beyond __init__."""
    return any(f.name != "__init__" for f in functions(TREES[path]))


@pytest.mark.parametrize(
    "folder",
    sorted({p.parent for p in FILES if p.stem[:2] != "__" and has_logic(p)} - {SRC}),
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_folder_has_its_tests(folder: Path) -> None:
    """In the mirrored folder, or for a driver's folder in a file of its name beside it."""
    mirror = ROOT / "tests" / folder.relative_to(SRC)
    assert [*mirror.glob("test_*.py"), *mirror.parent.glob(f"test_{folder.name}*.py")]


def test_nothing_built_is_tracked() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    built = [f for f in tracked if f.endswith((".so", ".o", ".pyc", ".c", ".egg-info"))]
    by_hand = ("/native/", "/packetdrill/")
    assert [f for f in built if not any(folder in f for folder in by_hand)] == []


def test_nothing_is_built_into_the_source() -> None:
    """A .so beside a .py wins on import, and the interpreted tests would run compiled code."""
    assert list(SRC.rglob("*.so")) == []


def test_the_twins_of_the_constants_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "tools/gen_const_pxd.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
