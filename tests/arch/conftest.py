"""Builds the C half of arch/ so that it can be called from Python: the fixture `twins`."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).with_name("twins.pyx")
OUT = ROOT / "build" / "tests" / "arch"


def build(out: Path) -> Path:
    """Compile twins.pyx below out, unless what is there is newer than all it is made of."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    library = out / f"twins{suffix}"
    inputs = [SOURCE, *(ROOT / "src/softnet").glob("[au]*/*.pxd")]
    if library.exists() and library.stat().st_mtime > max(p.stat().st_mtime for p in inputs):
        return library
    out.mkdir(parents=True, exist_ok=True)
    code = out / "twins.c"
    cython = [sys.executable, "-m", "cython", "-3", "-X", "infer_types=True", "-X"]
    cython += ["annotation_typing=False", "-I", str(ROOT / "src"), "-o", str(code), str(SOURCE)]
    subprocess.run(cython, check=True)
    new = library.with_suffix(".new")
    cc = ["gcc", "-shared", "-fPIC", "-fwrapv", "-O2", "-Wall", "-Werror"]
    cc += ["-I", sysconfig.get_paths()["include"], str(code), "-o", str(new)]
    subprocess.run(cc, check=True)
    new.replace(library)
    return library


@pytest.fixture(scope="session")
def twins() -> ModuleType:
    """The bodies of mem.pxd and csum.pxd behind Python functions of the same names."""
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler: the C twins of arch/ cannot be compared")
    pytest.importorskip("Cython", reason="no Cython: the C twins of arch/ cannot be compared")
    spec = importlib.util.spec_from_file_location("twins", build(OUT))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
