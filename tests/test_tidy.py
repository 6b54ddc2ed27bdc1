"""The manners of the code that a test can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.source

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "softnet"
FILES = sorted(SRC.rglob("*.py"))
HOT = [p for p in FILES if p.with_suffix(".pxd").exists() and p.stem != "__init__"]

LINES_MAX = 700
FUNCTION_LINES_MAX = 66  # a printed page; the aim is 60
BANNED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError|cython\.compiled)\b|[Ss]implified")
# A silenced checker says why, after its code: noqa: E501 (a URL); type: ignore[x] # reason.
SILENCED = re.compile(
    r"#\s*(noqa|type:\s*ignore)(?P<code>(:\s*[A-Z0-9, ]+|\[[\w, -]+\])?)(?P<why>.*)"
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree_of(path: Path) -> ast.Module:
    """Return what a file says."""
    return ast.parse(path.read_text())


def offenders(rule: Callable[[Path], object], files: list[Path] = FILES) -> dict[str, object]:
    """Return what a rule finds fault with: file name -> what. A rule returns what is wrong, or nothing."""
    return {str(p.relative_to(ROOT)): wrong for p in files if (wrong := rule(p))}


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


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 10
    assert offenders(lambda p: p.name == "__init__.py")


def test_each_file_says_what_it_is() -> None:
    assert offenders(lambda path: not ast.get_docstring(tree_of(path))) == {}


def test_files_are_short_enough() -> None:
    assert offenders(lambda path: len(path.read_text().splitlines()) > LINES_MAX) == {}


def test_functions_fit_a_screen() -> None:
    """Docstrings do not count; nor does what makes a noun, __init__() or init_x(): the list of its fields."""

    def long(path: Path) -> dict[str, int]:
        noun = path.relative_to(SRC).parts[0] == "structs"
        return {
            f.name: n
            for f in functions(tree_of(path))
            if (n := code_lines(f)) > FUNCTION_LINES_MAX
            and not (noun and f.name.startswith(("__init__", "init_")))
        }

    assert offenders(long) == {}


def code_lines(f: Function) -> int:
    """The lines of a function without its docstring."""
    lines = (f.end_lineno or f.lineno) - f.lineno + 1
    if ast.get_docstring(f):
        lines -= (f.body[0].end_lineno or 0) - f.body[0].lineno + 1
    return lines


def test_nothing_is_left_for_later() -> None:
    def left(path: Path) -> list[str]:
        return [line for line in path.read_text().splitlines() if BANNED.search(line)]

    assert offenders(left) == {}


def test_a_silenced_checker_says_why() -> None:
    def mute(path: Path) -> list[str]:
        return [
            line
            for line in path.read_text().splitlines()
            if (found := SILENCED.search(line))
            and not (found["code"] and len(found["why"].strip()) > 8)
        ]

    assert offenders(mute) == {}


def test_imports_stand_at_the_top() -> None:
    def late(path: Path) -> list[int]:
        tree = tree_of(path)
        lines = [
            node.lineno
            for f in functions(tree)
            for node in ast.walk(f)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        if path != SRC / "__init__.py":
            lines += [c.lineno for c in calls(tree, "__import__")]
        return lines

    assert offenders(late) == {}


def test_the_stack_does_not_print() -> None:
    def prints(path: Path) -> list[int]:
        if path.relative_to(SRC).parts[0] in ("tools", "lab", "__main__.py"):
            return []
        return [c.lineno for c in calls(tree_of(path), "print")]

    assert offenders(prints) == {}


def test_public_functions_and_classes_say_what_they_are_for() -> None:
    def silent(path: Path) -> list[str]:
        return [
            node.name
            for node in tree_of(path).body
            if isinstance(node, Function | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]

    assert offenders(silent) == {}


def test_no_source_knows_cython() -> None:
    def knows(path: Path) -> list[str]:
        nodes = list(ast.walk(tree_of(path)))
        names = [ast.unparse(n) for n in nodes if isinstance(n, ast.Import)]
        names += [n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)]
        return [n for n in names if "cython" in n.lower()]

    assert offenders(knows) == {}


def test_hot_code_takes_no_zero_argument_super() -> None:
    def bare(path: Path) -> list[int]:
        return [c.lineno for c in calls(tree_of(path), "super") if not c.args]

    assert offenders(bare, HOT) == {}


def test_hot_classes_have_slots() -> None:
    """Else a misspelt attribute is an error when compiled and none when interpreted."""

    def loose(path: Path) -> list[str]:
        return [
            node.name
            for node in tree_of(path).body
            if isinstance(node, ast.ClassDef)
            and "Error" not in "".join(map(ast.unparse, node.bases))
            and not any("__slots__" in ast.unparse(s).split("=")[0] for s in node.body)
        ]

    assert offenders(loose, HOT) == {}


def test_each_folder_is_a_package_that_says_what_lives_in_it() -> None:
    def wrong(folder: Path) -> str:
        init = folder / "__init__.py"
        if not init.exists():
            return "no package"
        more = folder != SRC and len(tree_of(init).body) != 1
        return "more than a docstring" if more else ""

    assert offenders(wrong, sorted({p.parent for p in FILES})) == {}


def has_logic(path: Path) -> bool:
    """Tell whether there is anything to test: a function, or a method beyond __init__."""
    return any(f.name != "__init__" for f in functions(tree_of(path)))


def test_each_folder_has_its_tests() -> None:
    """In the mirrored folder, or for a driver's folder in a file of its name beside it."""

    def bare(folder: Path) -> bool:
        mirror = ROOT / "tests" / folder.relative_to(SRC)
        return not [*mirror.glob("test_*.py"), *mirror.parent.glob(f"test_{folder.name}*.py")]

    folders = {p.parent for p in FILES if p.stem[:2] != "__" and has_logic(p)} - {SRC}
    assert offenders(bare, sorted(folders)) == {}


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
