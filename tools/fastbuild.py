#!/usr/bin/env python3
"""Compile what a packet passes through into one library, laid out by a profile: ``make fast``.

    python tools/fastbuild.py --out build/fast        gcc; another compiler builds without 2 to 4

A datagram takes some 160 calls from function to function, most of them between modules, and in each the
frame, the pointer and the test for an exception cost more than what the function is for. No compiler can
do anything about that while each module is a library of its own and what is rare looks like what is
common. So:

1. All modules are compiled as for ``make ext``; those in tools/fast_list.txt only to C.
2. join() makes the calls between those plain calls in the C.
3. gcc builds one library that counts what runs, and tools/training.py runs on it.
4. gcc builds the library again, by those counts and at link time for all its modules at once, and puts
   the functions that a packet takes one into another.

The tree has the library as softnet/_stack.so and beside each .py a small .so for Python's import, which
finds the module in the library. The profile is of the machine's own gcc and lives in build/fast-objects.
Assertions are left out, and in those modules the tests for None, by which a mistake of ours ends in an
AttributeError: this form is for measuring and for speed, the others are for finding mistakes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tools import buildext  # noqa: E402  # started as a file, it has tools/ in its path and not the tree

LIBRARY = "softnet/_stack.so"
LIST = "tools/fast_list.txt"
TRAINING = "tools/training.py"
OPT = "-O3 -DNDEBUG -DCYTHON_WITHOUT_ASSERTIONS -fno-plt -fvisibility=hidden"
JOINED = "-O2"  # instead of -O3: the profile says where more is worth its room
COUNT = ["-fprofile-generate", "-fprofile-update=single"]
# A function of Cython's is large by what it does when something fails, which the profile knows to be never;
# gcc measures it whole, and with its own bounds would leave each where it is.
INLINE = {
    "max-inline-insns-auto": 500,
    "max-inline-insns-single": 1000,
    "inline-heuristics-hint-percent": 2000,
    "inline-min-speedup": 3,
    "large-function-growth": 3000,
    "large-function-insns": 20000,
    "large-stack-frame": 8000,
    "large-stack-frame-growth": 3000,
}
USE = [
    *("-flto", "-fprofile-use", "-Wno-missing-profile", "-Wno-lto-type-mismatch"),
    *(f"--param={name}={value}" for name, value in INLINE.items()),
]

# As Cython 3.3 writes them: a function of another module, by a pointer that is set at import; a
# function of this one, declared or defined.
FOREIGN = re.compile(r"^static (.*)\(\*(__pyx_f_7softnet_\w+)\)(\(.*\)); /\*proto\*/$", re.M)
OWN = re.compile(
    r"^static ((?!CYTHON_INLINE)[^=;(]*?)\b(__pyx_f_7softnet_\w+)(\(.*\))(;(?: /\* ?proto\*/)?| \{)$",
    re.M,
)
# A variable of another module, by a pointer of the same kind; one of this module.
FOREIGN_VARIABLE = re.compile(
    r"^static (.*)\*__pyx_vp_(7softnet_\w+) = 0;\n#define __pyx_v_\2 \(\*__pyx_vp_\2\)$", re.M
)
OWN_VARIABLE = re.compile(r"^static ([^=;(]*?\b__pyx_v_(7softnet_\w+)(?: = 0)?;)$", re.M)
# A class: its name in C and in Python, its flags. A call of a method by the table of an object's class, and
# the table with its rows.
CLASS = re.compile(
    r'^static PyType_Spec __pyx_type_(7softnet_\w+)_spec = \{\n  "([\w.]+)",\n.*\n.*\n  (.*),$',
    re.M,
)
VIRTUAL = re.compile(
    r"\(\(struct __pyx_vtabstruct_(7softnet_\w+) \*\)"
    r"(?:[^()\n]|\((?:[^()\n]|\([^()\n]*\))*\))*?->(?:__pyx_base\.)*__pyx_vtab\)->(\w+)\("
)
TABLE = re.compile(r"^struct __pyx_vtabstruct_(7softnet_\w+) \{\n((?:  .*\n)*)\};$", re.M)
ROW = re.compile(r"^  (.*)\(\*(\w+)\)(\(.*\));$", re.M)
IMPLEMENTATION = '/* Implementation of "'
NONE_TEST = re.compile(
    r"(^ *if \()unlikely\(\(\(PyObject \*\)[^\n]*\) == Py_None\)"
    r"(\) \{\n *PyErr_Format\(PyExc_AttributeError, \"\\047NoneType\\047 object has no attribute)",
    re.M,
)
DICT_TEST = "Py_TYPE(((PyObject *)__pyx_v_self))->tp_dictoffset != 0 || "


def build(root: Path, out: Path, jobs: int) -> int:
    """Build the tree, unless it is current; the exit status, which is 3 where there is no compiler.

    Another compiler than gcc gets OPT and no profile.
    """
    if (cc := gcc()) is None:
        print("fastbuild: no gcc, no profile")
        return buildext.build(root, out, OPT, [], jobs)
    with buildext.locked(root):
        work = root / "build/fast-objects"
        library = Library(root, work, cc, jobs, *buildext.staged(root))
        stamp = out / ".fast.key"
        if stamp.exists() and stamp.read_text() == library.key():
            print(f"fastbuild: {out.name} is current")
            return 0
        stamp.unlink(missing_ok=True)
        if failed := library.prepare():
            print("fastbuild: FAILED: " + " ".join(sorted(failed)))
            return 1
        library.make(work / "train", trained=False)
        library.train(work / "train")
        library.make(out, trained=True)
        stamp.write_text(library.key())
        print(f"fastbuild: {out.name} has {len(library.joined)} modules in one library")
        return 0


def gcc() -> list[str] | None:
    """The compiler's command; None if it is another one, as the options are gcc's."""
    command = buildext.compiler()
    if command is None:
        return None
    said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
    return command if "Free Software Foundation" in said.stdout else None


@dataclass
class Library:
    """The modules on their way from C to one library; work/ keeps what is between."""

    root: Path
    work: Path
    cc: list[str]
    jobs: int
    stage: Path
    modules: dict[str, buildext.Module]

    def __post_init__(self) -> None:
        lines = (self.root / LIST).read_text().splitlines()
        names = [line for line in lines if line and not line.startswith("#")]
        if unknown := [n for n in names if n not in self.modules or not self.modules[n].hot]:
            raise SystemExit(f"fastbuild: {LIST} names what is no hot module: {' '.join(unknown)}")
        self.joined = [self.modules[name] for name in names]
        self.alone = [m for m in self.modules.values() if m.hot and m not in self.joined]
        flags = [*buildext.CFLAGS, *shlex.split(OPT)]
        self.tools = buildext.toolchain(self.root, self.stage, self.cc, flags)

    def key(self) -> str:
        """What the result depends on, as one hash."""
        parts = [sys.version, *self.cc, OPT, *USE, (self.root / TRAINING).read_text()]
        parts += [Path(__file__).read_text(), (self.root / LIST).read_text()]
        parts += [m.key for m in [*self.joined, *self.alone]]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def prepare(self) -> list[str]:
        """Compile what stays alone, bring the rest to C below work/c; return what failed."""
        translator = Translator(**vars(self.tools))
        stale = [m for m in self.joined if not self.tools.translated(m)]
        failed = buildext.compile_all(translator, stale, self.jobs)
        stale = [m for m in self.alone if not self.tools.current(m)]
        failed += buildext.compile_all(self.tools, stale, self.jobs)
        if failed:
            return failed
        texts = {m.name: (self.stage / self.tools.c_of(m)).read_text() for m in self.joined}
        (self.work / "c").mkdir(parents=True, exist_ok=True)
        for name, text in join(texts).items():
            path, text = self.work / f"c/{name}.c", trust(text)
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
        return []

    def make(self, tree: Path, trained: bool) -> None:
        """Compile and link, with counters or by what they counted; fill the tree."""
        buildext.sync(self.stage / "src", tree)
        for lib in tree.rglob("*.so"):
            lib.unlink()
        for m in self.alone:
            shutil.copyfile(self.tools.objects / f"{m.name}.so", self.place(tree, m))
        plain = [*self.tools.flags, "-fPIC"]
        flags = [*plain, JOINED, *(USE if trained else COUNT)]
        include = f"-I{sysconfig.get_path('include')}"
        commands = []
        for m in self.joined:
            # gcc finds the counts of a function by the object's name: it is the same both times.
            source, obj = self.work / f"c/{m.name}.c", self.work / f"{m.name}.o"
            rename = f"-DPyInit_{last(m)}=PyInit_{whole(m)}"
            commands.append([*self.cc, *flags, include, rename, "-c", str(source), "-o", str(obj)])
        self.run("by profile" if trained else "counting", commands)
        linker = [word for word in self.cc if word != "ccache"]
        objects = [str(self.work / f"{m.name}.o") for m in self.joined]
        lto = [f"-flto={self.jobs}"] if trained else []
        library = tree / LIBRARY
        link = ["-shared", "-Wl,-z,now", *objects, "-o", str(library)]
        self.run("one library", [[*linker, *flags, *lto, *link]])
        doors = []
        for m in self.joined:
            source = self.work / f"c/{m.name}.door.c"
            source.write_text(door(m))
            up = "/".join([".."] * (m.name.count(".") - 1))
            link = [
                "-shared",
                str(library),
                f"-Wl,-rpath,$ORIGIN/{up}",
                "-o",
                str(self.place(tree, m)),
            ]
            doors.append([*linker, *plain, include, str(source), *link])
        self.run("doors", doors)

    def place(self, tree: Path, m: buildext.Module) -> Path:
        """Where Python looks for a module's .so."""
        return tree / m.source.relative_to(self.stage / "src").with_name(last(m) + buildext.SUFFIX)

    def train(self, tree: Path) -> None:
        """Run the training on the library that counts; its counts lie beside the objects."""
        for old in self.work.glob("*.gcda"):
            old.unlink()
        env = {**os.environ, "PYTHONPATH": str(tree), "SOFTNET_PURE": "", "PYTHONHASHSEED": "0"}
        print("fastbuild: training", flush=True)
        subprocess.run([sys.executable, str(self.root / TRAINING)], env=env, check=True)

    def run(self, what: str, commands: list[list[str]]) -> None:
        """Run the commands, jobs at a time; SystemExit with what the first that failed said."""

        def one(command: list[str]) -> str:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            return f"{shlex.join(command)}\n{done.stderr}" if done.returncode else ""

        with ThreadPoolExecutor(self.jobs) as pool:
            for n, complaint in enumerate(pool.map(one, commands), 1):
                if complaint:
                    pool.shutdown(cancel_futures=True)
                    raise SystemExit(f"fastbuild: FAILED: {complaint}")
                if n % 25 == 0 or n == len(commands):
                    print(f"  {what}: {n} of {len(commands)}", flush=True)


class Translator(buildext.Toolchain):
    """Brings a module to C and no further."""

    def compile(self, m: buildext.Module, said: StringIO) -> bool:
        """Run Cython."""
        return self.translate(m, m.source.relative_to(self.stage), self.c_of(m), said)


def join(texts: dict[str, str]) -> dict[str, str]:
    """Make calls between the modules direct: module name -> C text, changed.

    A module's functions and variables get names for the linker, and where another one held a pointer to
    them it declares them. The pointer stays for the import, which compares the signatures. A method of a
    class that nobody can derive from is called by its name, too.
    """
    mine = {name: prefix(name) for name in texts}
    variables = {g.group(2) for text in texts.values() for g in OWN_VARIABLE.finditer(text)}
    found = {
        g.group(2)
        for name, text in texts.items()
        for g in OWN.finditer(text)
        if g.group(2).startswith(mine[name])
    }
    methods = {
        g.group(1): f"{prefix(name)}{len(last_part(g.group(2)))}{last_part(g.group(2))}_"
        for name, text in texts.items()
        for g in CLASS.finditer(text)
        if "BASETYPE" not in g.group(3)
    }

    def joined(name: str, text: str) -> str:
        foreign = []

        def declare(g: re.Match[str]) -> str:
            if g.group(2) not in found:
                return g.group(0)
            foreign.append(g.group(2))
            return f"extern {g.group(1)}{g.group(2)}{g.group(3)}; static void (*{g.group(2)}__at)(void);"

        def variable(g: re.Match[str]) -> str:
            kind, var = g.groups()
            if var not in variables:
                return g.group(0)
            return f"extern {kind}__pyx_v_{var};\nstatic {kind}*__pyx_vp_{var} = 0;"

        text = FOREIGN_VARIABLE.sub(variable, OWN_VARIABLE.sub(r"\1", text))
        text = FOREIGN.sub(declare, text)
        for function in foreign:
            text = text.replace(
                f"(void (**)(void))&{function},", f"(void (**)(void))&{function}__at,"
            )
        public = len("static ")
        text = OWN.sub(
            lambda g: g.group(0)[public:] if g.group(2).startswith(mine[name]) else g.group(0), text
        )
        return direct(text, methods, found)

    return {name: joined(name, text) for name, text in texts.items()}


def direct(text: str, methods: dict[str, str], found: set[str]) -> str:
    """Call methods by their names: class -> how those begin, for the classes that nobody derives from."""
    used = set()

    def call(g: re.Match[str]) -> str:
        function = methods.get(g.group(1), "") + g.group(2)
        if function not in found:
            return g.group(0)
        used.add(function)
        return f"{function}("

    text = VIRTUAL.sub(call, text)
    declared = [
        f"extern {kind}{methods[table.group(1)]}{name}{arguments};\n"
        for table in TABLE.finditer(text)
        if table.group(1) in methods
        for kind, name, arguments in ROW.findall(table.group(2))
        if methods[table.group(1)] + name in used
    ]
    return text.replace(IMPLEMENTATION, "".join(declared) + IMPLEMENTATION, 1)


def trust(text: str) -> str:
    """Leave out the tests whether what has an attribute is None: 6 % of what a datagram executes.

    mypy has found that it is not, and the tests run with them. Nor are references to None counted where
    they are made: door() sees to it that they never run out. And whether Python overrides a method is a
    question of the class alone, as no object of ours has a __dict__.
    """
    text = NONE_TEST.sub(r"\g<1>0\g<2>", text)
    return text.replace("__Pyx_INCREF(Py_None);", "").replace(DICT_TEST, "")


def prefix(module: str) -> str:
    """How the C names of a module's functions begin."""
    return "__pyx_f_" + "".join(f"{len(part)}{part}_" for part in module.split("."))


def last(m: buildext.Module) -> str:
    """A module's own name."""
    return last_part(m.name)


def last_part(dotted: str) -> str:
    """The name behind the last dot."""
    return dotted.rsplit(".", 1)[-1]


def whole(m: buildext.Module) -> str:
    """A module's dotted name as one C name."""
    return m.name.replace(".", "_")


def door(m: buildext.Module) -> str:
    """The C of the small .so by which Python's import finds a module in the library."""
    return (
        "#include <Python.h>\n"
        f"extern PyObject *PyInit_{whole(m)}(void);\n"
        f"PyMODINIT_FUNC PyInit_{last(m)}(void) {{\n"
        "    Py_SET_REFCNT(Py_None, PY_SSIZE_T_MAX / 2);\n"
        f"    return PyInit_{whole(m)}();\n}}\n"
    )


def main() -> int:
    """Parse the command line, build."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", default="build/fast", help="the tree to fill (build/fast)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    args = parser.parse_args()
    root = args.root.resolve()
    return build(root, root / args.out, args.jobs)


if __name__ == "__main__":
    sys.exit(main())
