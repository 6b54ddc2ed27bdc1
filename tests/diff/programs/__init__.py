"""The programs, one file a theme: PROGRAMS["connect.refused"] is refused() of connect.py."""

from __future__ import annotations

import importlib
import pkgutil
import types
from collections.abc import Callable

from tests.diff.recorder import Recorder

PROGRAMS: dict[str, Callable[[Recorder], None]] = {}

for module_info in pkgutil.iter_modules(__path__):
    module = importlib.import_module(f"{__name__}.{module_info.name}")
    for name, value in vars(module).items():
        if (
            isinstance(value, types.FunctionType)
            and value.__module__ == module.__name__
            and value.__code__.co_varnames[:1] == ("t",)
            and value.__code__.co_argcount == 1
            and not name.startswith("_")
        ):
            PROGRAMS[f"{module_info.name}.{name}"] = value
