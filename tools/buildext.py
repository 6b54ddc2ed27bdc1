#!/usr/bin/env python3
"""Compile the hot modules: ``make ext``, ``make ext M="softnet.x.y"``, and what a wheel holds.

Every module that has a .pxd beside its .py is hot, but for the header-only packages (``arch``
and ``uapi``), whose .pxd is inlined into the others.

The result is a full copy of the package, the .so files beside the .py files:

    PYTHONPATH=build/compiled python -m pytest     runs compiled
    PYTHONPATH=src            python -m pytest     runs interpreted

Nothing is built into src/. With M, the named modules are compiled together with every hot
module they import, directly or not; without, all of them. One broken module names itself
and does not keep the others from being built; the exit status is 1.

What makes a stale .so impossible: an object is valid for one *key*, the hash of the module's
.py, its .pxd, every .pxd reached by cimports (in any spelling), the directives, the flags and the
versions of Python and Cython. Each run gives the tree exactly the .so files whose key fits
the sources of this moment and whose cimported modules have theirs too, and removes the others.
Sources are copied first and compiled from the copy, so that an edit during the build belongs
to the next one. One build runs at a time: the others wait for the lock.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import fcntl
import gc
import hashlib
import io
import json
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from Cython.Compiler.Main import compile as cython_compile
from Cython.Compiler.Nodes import CClassDefNode
from Cython.Compiler.Symtab import Scope

ROOT = Path(__file__).resolve().parent.parent
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
COMPLAINT = "Error compiling Cython file:"
MEMORY_MAX = 3 << 30  # bytes one compilation may take
ENDLESS = "does a class's base come from a .pxd that cimports, at any distance, the class's own?"
HINT = " (for a bare `return` the .pxd says `cpdef void f(...) except *`, not int)"
NO_COMPILER = 3  # exit status: nothing was wrong with the sources

# cdivision stays off: // and % mean in C what they mean in Python.
DIRECTIVES = {
    "language_level": 3,
    "annotation_typing": False,
    "infer_types": True,
    "auto_pickle": False,
    "binding": True,
    "boundscheck": True,
    "wraparound": False,
    "initializedcheck": False,
    "nonecheck": True,
    "freethreading_compatible": True,
}

# What a class may say of itself by a decorator in its .pxd: see keep_class_directives().
CLASS_DIRECTIVES = ("freelist", "no_gc", "no_gc_clear", "trashcan")

# Python itself is built with -fwrapv where the compiler has it; i64 arithmetic relies on it.
CFLAGS = ["-fwrapv", "-g0"]

HEADER_ONLY = ("arch", "uapi")

# Written in C by hand: module name -> source below the package root.
NATIVE = {
    "softnet.usr.native._redef": "softnet/usr/native/redef.c",
    "softnet.usr.native._trap": "softnet/usr/native/trap.c",
}


CIMPORT_FROM = re.compile(r"^\s*from\s+(\.*)([\w.]*)\s+cimport\s+(\([^)]*\)|[^#\n]*)", re.M)
CIMPORT = re.compile(r"^\s*cimport\s+([^#\n]+)", re.M)


def hot_modules(src: Path) -> dict[str, Path]:
    """Return dotted name -> .py of the modules below src that Cython compiles."""
    found = {}
    for pxd in sorted(src.glob("softnet/**/*.pxd")):
        parts = pxd.relative_to(src).with_suffix("").parts
        source = pxd.with_suffix(".py")
        if parts[1] not in HEADER_ONLY and parts[-1] != "__init__" and source.exists():
            found[".".join(parts)] = source
    return found


def native_modules(src: Path) -> dict[str, Path]:
    """Return dotted name -> .c of the hand-written extensions that exist below src."""
    return {name: src / path for name, path in NATIVE.items() if (src / path).exists()}


def cimports(pxd: Path, module: str) -> set[str]:
    """Return the dotted names that a .pxd may cimport; a name may be a module's or one in it."""
    text = pxd.read_text()
    names: set[str] = set()
    for dots, base, what in CIMPORT_FROM.findall(text):
        if dots:
            parent = module.split(".")[: -len(dots)]
            base = ".".join([*parent, base] if base else parent)
        names.add(base)
        for item in what.strip("()").split(","):
            if item.strip():
                names.add(f"{base}.{item.split()[0]}")
    for what in CIMPORT.findall(text):
        names.update(item.split()[0] for item in what.split(",") if item.strip())
    return {n for n in names if n.split(".")[0] == "softnet"}


def imports(source: Path, module: str) -> set[str]:
    """Return the dotted names of softnet that a .py may import."""
    try:
        tree = ast.parse(source.read_text())
    except SyntaxError:
        return set()  # the compiler will say it better
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{a.name}" for a in node.names)
    return {n for n in names if n.split(".")[0] == "softnet" and n != module}


def keep_class_directives() -> None:
    """Let a class whose body is in a .py keep the directives that its .pxd gives it.

    Cython 3.3 sets the directives of a class twice: from the .pxd, where the decorators stand, and
    once more from the .py, which has none. The second time it forgets the first, and of the
    decorators only @cython.final has an effect. Here the second time keeps CLASS_DIRECTIVES.
    Call it in the process that compiles; calling it again changes nothing.
    """
    analyse = CClassDefNode.analyse_declarations
    if analyse.__module__ == __name__:
        return

    def analyse_declarations(self: Any, env: Any) -> None:
        known = env.lookup_here(self.class_name)
        declared = {}
        if known is not None and known.is_type and known.defined_in_pxd and not self.in_pxd:
            declared = known.type.scope.directives
        analyse(self, env)
        if declared and getattr(self, "entry", None):  # not while it waits for its base
            kept = {name: declared[name] for name in CLASS_DIRECTIVES if name in declared}
            self.entry.type.scope.directives = {**self.entry.type.scope.directives, **kept}

    setattr(CClassDefNode, "analyse_declarations", analyse_declarations)  # noqa: B010  # a method


def skip_mutex_search() -> None:
    """Keep Cython from looking through every .pxd it reads for a cython.pymutex, only to warn of it.

    That is a sixth of its time. softnet has none: locks are for programs, and the stack has one task
    at a time.
    """
    setattr(Scope, "find_shared_usages_of_type", lambda *_: False)  # noqa: B010  # a method


def warm_up() -> None:
    """Have Cython make what it makes once in a process: half a second that each copy would take."""
    with tempfile.TemporaryDirectory() as folder:
        nothing = Path(folder) / "nothing.py"
        nothing.touch()
        cython_compile(str(nothing), compiler_directives=DIRECTIVES)


def apart(work: Callable[[], tuple[bool, str]]) -> tuple[bool, str]:
    """What work returns in a copy of this process, whose garbage nobody collects.

    Looking for it, and through what Cython keeps of the modules before, takes more than half of its time.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        gc.disable()
        try:
            try:
                result = work()
            except BaseException:  # noqa: BLE001 (the other process shall say what it was)
                result = False, traceback.format_exc()
            with os.fdopen(writer, "w") as out:
                json.dump(result, out)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if not text:
        return False, f"the process that compiled ended with {status}"
    good, said = json.loads(text)
    return good, said


@dataclass
class Module:
    """A module of the package, as the copied sources have it now."""

    name: str
    source: Path
    hot: bool
    needs: set[str] = field(default_factory=set)  # every .pxd reached, as module names
    reach: set[str] = field(default_factory=set)  # modules imported or cimported, one step
    key: str = ""  # of the generated C; an object's key has the flags' hash before it


def dotted(path: Path, src: Path) -> str:
    """Return the module name of a file below src."""
    parts = path.relative_to(src).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def closure(start: set[str], edges: dict[str, set[str]]) -> set[str]:
    """Return start and all that is reached from it."""
    seen: set[str] = set()
    todo = [n for n in start if n in edges]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(n for n in edges[name] if n in edges and n not in seen)
    return seen


def survey(src: Path, salt: str) -> dict[str, Module]:
    """Read the sources below src and give every hot module its key."""
    pxds = {dotted(p, src): p for p in src.rglob("*.pxd")}
    graph = {name: cimports(p, name) for name, p in pxds.items()}
    hot = hot_modules(src)
    native = native_modules(src)
    digest = {name: hashlib.sha256(p.read_bytes()).hexdigest() for name, p in pxds.items()}
    modules: dict[str, Module] = {}
    for path in sorted(src.rglob("*.py")):
        name = dotted(path, src)
        m = modules[name] = Module(name, path, name in hot)
        m.reach = imports(path, name) | graph.get(name, set())
        if m.hot:
            m.needs = closure({name}, graph)
            seen = "".join(f"{n}={digest[n]}\n" for n in sorted(m.needs))
            text = pxds[name].read_text()
            seen += "".join(f"{d}\n" for d in CLASS_DIRECTIVES if f"@cython.{d}" in text)
            m.key = fingerprint(salt, path.read_bytes(), seen)
    for name, path in native.items():
        modules[name] = Module(name, path, True, key=fingerprint(salt, path.read_bytes(), ""))
    return modules


def fingerprint(salt: str, source: bytes, rest: str) -> str:
    """Return the key of an object."""
    return hashlib.sha256(salt.encode() + b"\0" + source + b"\0" + rest.encode()).hexdigest()


def sync(src: Path, dst: Path) -> None:
    """Make dst hold the same files as src; the .so files and caches of dst stay."""
    wanted = set()
    for path in src.rglob("*"):
        if path.is_dir() or "__pycache__" in path.parts or path.suffix in (".so", ".pyc"):
            continue
        rel = path.relative_to(src)
        wanted.add(rel)
        copy = dst / rel
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # an editor's file that is gone again
            wanted.discard(rel)
            continue
        if copy.exists() and copy.read_bytes() == data:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        put(data, copy)
        for pyc in (copy.parent / "__pycache__").glob(copy.stem + ".*.pyc"):
            pyc.unlink(missing_ok=True)  # a .pyc remembers whole seconds only
    for path in dst.rglob("*"):
        gone = path.relative_to(dst) not in wanted
        if gone and path.is_file() and path.suffix not in (".so", ".pyc"):
            path.unlink()


def put(data: bytes, path: Path) -> None:
    """Write a file so that a reader sees the old one or the new one."""
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(fd, "wb") as f:
        f.write(data)
    os.chmod(name, 0o644)
    os.replace(name, path)


def compiler() -> list[str] | None:
    """Return the C compiler's command, or None if there is none or Python's headers are missing."""
    header = Path(sysconfig.get_path("include")) / "Python.h"
    command = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    if not shutil.which(command[0]):
        command = ["gcc", "-pthread"]
    if not header.exists() or not shutil.which(command[0]):
        return None
    if shutil.which("ccache") and os.environ.get("CCACHE_DISABLE") is None:
        command.insert(0, "ccache")
    return command


@dataclass(frozen=True)
class Toolchain:
    """What the worker processes need to know; one flavour of flags, one directory of objects."""

    stage: Path
    objects: Path
    cc: list[str]
    flags: list[str]
    salt: str

    def current(self, m: Module) -> bool:
        """Tell whether the object of m fits the sources."""
        key = self.objects / (m.name + ".key")
        return (
            key.exists()
            and key.read_text() == self.salt + m.key
            and (self.objects / (m.name + ".so")).exists()
        )

    def drop(self, m: Module) -> None:
        """Forget the object of m."""
        (self.objects / (m.name + ".key")).unlink(missing_ok=True)

    def build(self, m: Module) -> tuple[bool, float, str]:
        """Compile m in a process of its own; return success, seconds, and what the tools said."""
        start = time.monotonic()
        good, said = apart(lambda: self.build_here(m))
        return good, time.monotonic() - start, said

    def build_here(self, m: Module) -> tuple[bool, str]:
        """Compile m in this process, which is for nothing else."""
        # A class whose base's .pxd cimports the class's own .pxd sends Cython into an endless
        # loop that eats all memory: this one module is to fail, not the machine.
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, hard))
        os.chdir(self.stage)
        said = io.StringIO()
        good = self.compile(m, said)
        return good, said.getvalue()

    def compile(self, m: Module, said: io.StringIO) -> bool:
        """Bring m from .py or .c to .so; the tools' words go to said."""
        self.drop(m)
        source = m.source.relative_to(self.stage)
        if source.suffix == ".c":
            cfile = source
        else:
            cfile = self.c_of(m)
            if not self.translate(m, source, cfile, said):
                return False
        obj, lib = self.objects / (m.name + ".o"), self.objects / (m.name + ".so")
        include = f"-I{sysconfig.get_path('include')}"
        linker = [word for word in self.cc if word != "ccache"]
        for step in (
            [*self.cc, *self.flags, "-fPIC", include, "-c", str(cfile), "-o", str(obj)],
            [*linker, "-shared", *self.flags, str(obj), "-o", str(lib)],
        ):
            done = subprocess.run(step, capture_output=True, text=True, check=False)
            said.write(done.stderr)
            if done.returncode:
                return False
        obj.unlink()
        (self.objects / (m.name + ".key")).write_text(self.salt + m.key)
        return True

    def c_of(self, m: Module) -> Path:
        """Where the C of a module lies, seen from the stage."""
        return Path("../cython") / m.source.relative_to(self.stage / "src").with_suffix(".c")

    def translated(self, m: Module) -> bool:
        """Tell whether the C of m fits the sources."""
        cfile = self.stage / self.c_of(m)
        stamp = cfile.with_suffix(".key")
        return cfile.exists() and stamp.exists() and stamp.read_text() == m.key

    def translate(self, m: Module, source: Path, cfile: Path, said: io.StringIO) -> bool:
        """Run Cython on m, unless the C that is there has m's key already."""
        if self.translated(m):
            return True
        stamp = cfile.with_suffix(".key")
        cfile.parent.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        keep_class_directives()
        skip_mutex_search()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
                result = cython_compile(
                    str(source),
                    full_module_name=m.name,
                    output_file=str(cfile),
                    include_path=["src"],
                    compiler_directives=DIRECTIVES,
                )
        except MemoryError:
            said.seek(0)
            said.truncate()
            said.write(f"{source}: Cython ran out of memory: {ENDLESS}")
            return False
        if result.num_errors:
            cfile.unlink(missing_ok=True)
            return False
        shutil.copyfile(source, cfile.with_suffix(".py"))  # for boxlint
        stamp.write_text(m.key)
        return True


def toolchain(root: Path, stage: Path, cc: list[str], flags: list[str]) -> Toolchain:
    """Return the tools for one flavour of flags; its objects are kept below root."""
    what = json.dumps([sys.version, SUFFIX, cc[-2:], flags])
    salt = hashlib.sha256(what.encode()).hexdigest()[:12] + ":"
    objects = root / "build/obj" / salt[:-1]
    objects.mkdir(parents=True, exist_ok=True)
    return Toolchain(stage, objects, cc, flags, salt)


def install(modules: dict[str, Module], tools: Toolchain, out: Path) -> list[str]:
    """Give out exactly the .so files that fit the sources; return the compiled modules.

    A compiled module cannot use the interpreted form of one it cimports: where one
    of those has no fitting object, the module stays interpreted too.
    """
    fit = {m.name for m in modules.values() if m.hot and tools.current(m)}
    hot = {m.name for m in modules.values() if m.hot}
    good = {n for n in fit if (modules[n].needs & hot) <= fit}
    record = out / ".objects.json"
    had = json.loads(record.read_text()) if record.exists() else {}
    wanted = {}
    for name in sorted(good):
        m = modules[name]
        folder = out / m.source.relative_to(tools.stage / "src").parent
        lib = folder / (name.split(".")[-1] + SUFFIX)
        wanted[lib] = name
        if not lib.exists() or had.get(name) != tools.salt + m.key:
            fresh = lib.with_name(".new-" + lib.name)
            shutil.copyfile(tools.objects / (name + ".so"), fresh)
            os.replace(fresh, lib)
    for lib in out.rglob("*.so"):
        if lib not in wanted:
            lib.unlink()
    put(json.dumps({n: tools.salt + modules[n].key for n in sorted(good)}).encode(), record)
    return sorted(good)


def forget(modules: dict[str, Module], src: Path, cdir: Path) -> None:
    """Remove the C of modules that are gone; boxlint reads what is left."""
    kept = {m.source.relative_to(src).with_suffix("") for m in modules.values() if m.hot}
    for path in cdir.rglob("*.*"):
        if path.is_file() and path.relative_to(cdir).with_suffix("") not in kept:
            path.unlink()


def choose(modules: dict[str, Module], names: Iterable[str]) -> set[str]:
    """Return the hot modules that names mean: a module, or a package for all that is in it."""
    chosen: set[str] = set()
    for name in names:
        inside = {n for n in modules if n == name or n.startswith(name + ".")}
        if not inside:
            raise SystemExit(f"buildext: there is no module {name} below src/")
        chosen |= inside
    edges = {m.name: m.reach for m in modules.values()}
    return {n for n in closure(chosen, edges) if modules[n].hot} if names else set()


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """One build at a time below root."""
    (root / "build").mkdir(exist_ok=True)
    with (root / "build/.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("buildext: another build is running; waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def staged(root: Path) -> tuple[Path, dict[str, Module]]:
    """Copy the sources as they are now; return where they lie and what they are."""
    stage = root / "build/stage"
    sync(root / "src", stage / "src")
    return stage, survey(stage / "src", f"{version('cython')} {DIRECTIVES}")


def build(root: Path, out: Path, opt: str, names: list[str], jobs: int) -> int:
    """Compile what is asked for and not current, then install; return the exit status."""
    with locked(root):
        return build_locked(root, out, opt, names, jobs)


def build_locked(root: Path, out: Path, opt: str, names: list[str], jobs: int) -> int:
    """Do the work of build."""
    cc = compiler()
    if cc is None:
        print("buildext: no C compiler (or no Python.h): the package stays plain Python")
        return NO_COMPILER
    stage, modules = staged(root)
    tools = toolchain(root, stage, cc, [*CFLAGS, *shlex.split(opt)])
    wanted = choose(modules, names) if names else {m.name for m in modules.values() if m.hot}
    todo = [modules[n] for n in sorted(wanted) if not tools.current(modules[n])]
    failed = compile_all(tools, todo, jobs)
    forget(modules, stage / "src", root / "build/cython")
    sync(stage / "src", out)
    compiled = install(modules, tools, out)
    hot = sum(m.hot for m in modules.values())
    shown = out.relative_to(root) if out.is_relative_to(root) else out
    built = len(todo) - len(failed)
    print(f"buildext: {built} built; {shown} has {len(compiled)} of {hot} modules compiled")
    left = sorted(wanted - set(compiled) - set(failed))
    if left:
        print("buildext: interpreted, for want of a module they cimport: " + " ".join(left))
    if failed:
        print("buildext: FAILED: " + " ".join(sorted(failed)))
    return 1 if failed else 0


def compile_all(tools: Toolchain, todo: list[Module], jobs: int) -> list[str]:
    """Compile each module of todo, jobs at a time; return the names of those that failed."""
    failed = []
    seen: set[str] = set()  # an error in a .pxd is every cimporter's
    # Long ones first, so that the last minute is not one process's.
    todo = sorted(todo, key=lambda m: -m.source.stat().st_size)
    if not all(m.source.suffix == ".c" or tools.translated(m) for m in todo):
        warm_up()
    with ProcessPoolExecutor(max_workers=max(1, min(jobs, len(todo)))) as pool:
        names = {pool.submit(tools.build, m): m.name for m in todo}
        for n, done in enumerate(as_completed(names), 1):
            error = done.exception()
            if error is None:
                good, seconds, said = done.result()
            else:
                good, seconds, said = False, 0.0, "".join(traceback.format_exception(error))
            verdict = "" if good else "  FAILED"
            print(f"  [{n}/{len(todo)}] {names[done]}  {seconds:.1f} s{verdict}", flush=True)
            for complaint in said.strip().split(COMPLAINT):
                if complaint.strip() and complaint not in seen:
                    seen.add(complaint)
                    hint = HINT if "Return value required" in complaint else ""
                    print(complaint.strip() + hint, flush=True)
            if not good:
                failed.append(names[done])
    return failed


def main() -> int:
    """Parse the command line, take the lock, build."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("modules", nargs="*", help="dotted names; none means all")
    parser.add_argument("--out", default="build/compiled", help="the tree to fill (build/compiled)")
    parser.add_argument("--opt", default="-O1", help="compiler flags (-O1)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    args = parser.parse_args()
    root = args.root.resolve()
    return build(root, root / args.out, args.opt, args.modules, args.jobs)


if __name__ == "__main__":
    sys.exit(main())
