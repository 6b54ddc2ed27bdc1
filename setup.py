"""Build softnet: compiled with Cython where a C compiler is, plain Python where none is.

Every module that has a .pxd beside its .py is compiled, but for the header-only packages
(``arch`` and ``uapi``), whose .pxd is inlined into the others. Two environment variables:

SOFTNET_PURE=1         build nothing, whatever is installed
SOFTNET_REQUIRE_EXT=1  a compile error is an error, instead of a warning and a plain package

The compiler directives and the list of modules stand here once; tools/buildext.py, the
incremental builder behind ``make ext``, imports them.
"""

from __future__ import annotations

import importlib
import os
import shlex
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

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

# Python itself is built with -fwrapv where the compiler has it; i64 arithmetic relies on it.
CFLAGS = ["-fwrapv", "-g0"]

# What a wheel is compiled with; SOFTNET_OPT replaces it. The tests' builds keep the assertions.
RELEASE = "-O3 -DCYTHON_WITHOUT_ASSERTIONS -fvisibility=hidden"

HEADER_ONLY = ("arch", "uapi")

# Written in C by hand: module name -> source below the package root.
NATIVE = {"softnet.usr.native._redef": "softnet/usr/native/redef.c"}


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


def extensions() -> list[Extension]:
    """Return what to compile; an empty list makes a plain Python package."""
    if os.environ.get("SOFTNET_PURE"):
        return []
    src = Path("src")
    flags = [*CFLAGS, *shlex.split(os.environ.get("SOFTNET_OPT", RELEASE))]
    native = [
        Extension(name, [str(path)], extra_compile_args=flags)
        for name, path in native_modules(src).items()
    ]
    hot = [
        Extension(name, [str(path)], extra_compile_args=flags)
        for name, path in hot_modules(src).items()
    ]
    if not hot:
        return native
    try:
        build = importlib.import_module("Cython.Build")
    except ImportError:
        if os.environ.get("SOFTNET_REQUIRE_EXT"):
            raise
        return native
    compiled: list[Extension] = build.cythonize(
        hot,
        compiler_directives=DIRECTIVES,
        include_path=["src"],
        build_dir="build/cython-wheel",
        nthreads=min(os.cpu_count() or 1, 8),
    )
    return native + compiled


class OptionalBuildExt(build_ext):
    """Without a working compiler: warn and stay plain Python, all of it.

    A compiled module cannot use the interpreted form of one it cimports.
    """

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or min(os.cpu_count() or 1, 8)

    def run(self) -> None:
        try:
            super().run()
        except Exception as e:
            if os.environ.get("SOFTNET_REQUIRE_EXT"):
                raise
            self.warn(f"no compiled modules ({e})")
            for path in self.get_outputs():
                Path(path).unlink(missing_ok=True)
            self.extensions = []


def main() -> None:
    """Run setuptools."""
    setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuildExt})


if __name__ == "__main__":
    main()
