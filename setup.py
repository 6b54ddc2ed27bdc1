"""Build softnet: compiled with Cython where a C compiler is, plain Python where none is.

What is compiled, and how, stands in tools/buildext.py, which ``make ext`` runs too. Four
environment variables:

SOFTNET_PURE=1         build nothing, whatever is installed
SOFTNET_REQUIRE_EXT=1  a compile error is an error, instead of a warning and a plain package
SOFTNET_OPT=-O1        the C compiler's flags
SOFTNET_FAST=1         by a profile, as tools/fastbuild.py says: takes longer, runs faster
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent

# What a wheel is compiled with. The tests' builds keep the assertions.
RELEASE = "-O3 -DCYTHON_WITHOUT_ASSERTIONS -fvisibility=hidden"

sys.path.insert(0, str(ROOT))
from tools import buildext, fastbuild  # noqa: E402  # a build has no folder of its own in the path


class BuildExt(build_ext):
    """Without a working compiler: warn and stay plain Python, all of it.

    Nor does an editable install compile: src/ stays free of what was built.
    """

    def run(self) -> None:
        if self.inplace or self.editable_mode or not self.extensions:
            return
        out, jobs = ROOT / "build/wheel", os.cpu_count() or 1
        if os.environ.get("SOFTNET_FAST"):
            out = ROOT / "build/fast"
            status = fastbuild.build(ROOT, out, jobs)
        else:
            opt = os.environ.get("SOFTNET_OPT", RELEASE)
            status = buildext.build(ROOT, out, opt, [], jobs)
        if status == 0:
            if (out / fastbuild.LIBRARY).exists():
                self.copy_file(str(out / fastbuild.LIBRARY), self.library)
            for extension in self.extensions:
                target = Path(self.get_ext_fullpath(extension.name))
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(out / target.relative_to(self.build_lib), target)
        elif os.environ.get("SOFTNET_REQUIRE_EXT"):
            raise SystemExit(status)
        else:
            self.warn("no compiled modules: the package stays plain Python")
            self.extensions = []

    @property
    def library(self) -> str:
        """Where a wheel has the one library of a SOFTNET_FAST build."""
        return str(Path(self.build_lib) / fastbuild.LIBRARY)

    def get_outputs(self) -> list[str]:
        """Return the files that run has made."""
        made = [self.get_ext_fullpath(e.name) for e in self.extensions]
        return [*made, *([self.library] if Path(self.library).exists() else [])]


def extensions() -> list[Extension]:
    """Return what to compile; an empty list makes a plain Python package."""
    if os.environ.get("SOFTNET_PURE"):
        return []
    src = Path("src")  # of a project, setuptools wants relative names
    sources = buildext.hot_modules(src) | buildext.native_modules(src)
    return [Extension(name, [str(path)]) for name, path in sources.items()]


if __name__ == "__main__":
    setup(ext_modules=extensions(), cmdclass={"build_ext": BuildExt})
