"""Running a program that makes labs, or a topology file: what softnet run and softnet trace share.

Both say what they want of every lab by SOFTNET_* (lab/settings.py).
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import softnet

TOPOLOGY = (".toml", ".yaml", ".yml")  # how topology files are called
OK, FAILED, USAGE, TIME_LIMIT, INTERRUPTED = 0, 1, 2, 124, 130


def run_program(program: str, args: Sequence[str], settings: Mapping[str, object]) -> int:
    """Run it; its exit code. settings: what every lab is told, None where nothing was said."""
    with told({f"SOFTNET_{name.upper()}": value for name, value in settings.items()}):
        if Path(program).suffix in TOPOLOGY:
            return with_file(lambda file: OK if file.run_file(Path(program)) else FAILED)
        sys.argv = [program, *args]
        sys.path.insert(0, str(Path(program).resolve().parent))
        return run_python(program)


def is_file(program: str) -> bool:
    """Is there such a file? If not, that is said."""
    if Path(program).is_file():
        return True
    print(f"softnet: there is no file {program!r}", file=sys.stderr)
    return False


@contextmanager
def told(variables: Mapping[str, object]) -> Iterator[None]:
    """The environment with these variables, those that are not None."""
    before, argv, path = dict(os.environ), sys.argv, list(sys.path)
    os.environ.update({name: str(value) for name, value in variables.items() if value is not None})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        sys.argv, sys.path[:] = argv, path


def run_python(program: str) -> int:
    """A Python program as __main__; errors become messages and exit codes."""
    try:
        runpy.run_path(program, run_name="__main__")
    except softnet.TimeLimit as e:
        print(f"softnet: {e}", file=sys.stderr)
        return TIME_LIMIT
    except softnet.LabError as e:
        where = traceback.extract_tb(e.__traceback__)
        line = next((f for f in reversed(where) if f.filename == program), None)
        place = f"{program}:{line.lineno}: " if line else ""
        print(f"softnet: {place}{e}", file=sys.stderr)
        return FAILED
    except SystemExit as e:
        if e.code is None or isinstance(e.code, int):
            return e.code or OK
        print(e.code, file=sys.stderr)
        return FAILED
    except Exception as e:  # noqa: BLE001 (the program's own: shown as python would)
        e.__traceback__ = frames_of(program, e)
        sys.excepthook(type(e), e, e.__traceback__)
        return FAILED
    return OK


def frames_of(program: str, e: BaseException) -> TracebackType | None:
    """Where it was raised, from the program on; all of it if it is a matter of ours."""
    tb = e.__traceback__
    while tb is not None and tb.tb_frame.f_code.co_filename != program:
        tb = tb.tb_next
    return tb or e.__traceback__


def with_file(do: Callable[[Any], int]) -> int:
    """Do something with lab/file.py; errors become messages and exit codes."""
    try:
        return do(importlib.import_module("softnet.lab.file"))
    except ModuleNotFoundError as e:
        if e.name != "msgspec":
            raise
        print("softnet: topology files need msgspec: pip install 'softnet[cli]'", file=sys.stderr)
        return FAILED
    except softnet.TimeLimit as e:
        print(f"softnet: {e}", file=sys.stderr)
        return TIME_LIMIT
    except softnet.LabError as e:
        print(f"softnet: {e}", file=sys.stderr)
        return FAILED
