"""Build the shared object that the original packetdrill takes as --so_filename.

    python tools/packetdrill_adapter.py [OUT]     OUT: build/packetdrill/softnet.so

It embeds this Python, which must come with a shared libpython, and finds softnet where PYTHONPATH says
when it is loaded, else in build/compiled and src of this tree. Exit codes: 0 built, 3 no compiler or no
libpython, 1 it does not compile.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "tools" / "packetdrill"
OUT = ROOT / "build" / "packetdrill" / "softnet.so"
COMPILED = ROOT / "build" / "compiled"
UNFIT = 3


def unfit() -> str:
    """Why it cannot be built here; "" if it can."""
    if shutil.which(compiler()[0]) is None:
        return f"there is no compiler {compiler()[0]!r}"
    if libpython() is None:
        return f"{sys.executable} has no shared libpython"
    return ""


def compiler() -> list[str]:
    """The C compiler, as a command line begins."""
    return os.environ.get("CC", "cc").split()


def libpython() -> Path | None:
    """The shared library of this Python."""
    if not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        return None
    path = Path(sysconfig.get_config_var("LIBDIR")) / sysconfig.get_config_var("INSTSONAME")
    return path if path.exists() else None


def command(out: Path) -> list[str]:
    """The compiler's command line."""
    lib = libpython()
    assert lib is not None
    where = COMPILED if (COMPILED / "softnet" / "syscalls.py").exists() else ROOT / "src"
    defines = {
        "SOFTNET_LIBPYTHON": lib,
        "SOFTNET_PYTHON": sys.executable,
        "SOFTNET_PATH": where,
    }
    return [
        *compiler(),
        *("-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"),
        *(f'-D{name}="{value}"' for name, value in defines.items()),
        f"-I{sysconfig.get_path('include')}",
        str(SOURCE / "adapter.c"),
        str(lib),
        f"-Wl,-rpath,{lib.parent}",
        *("-ldl", "-o", str(out)),
    ]


def build(out: Path) -> int:
    """Build it; the exit code."""
    reason = unfit()
    if reason:
        print(f"packetdrill-adapter: {reason}", file=sys.stderr)
        return UNFIT
    out.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command(out), check=False)
    if done.returncode == 0:
        print(f"packetdrill-adapter: built {out}")
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT))
