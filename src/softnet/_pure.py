"""Import softnet's sources though compiled modules lie beside them: SOFTNET_PURE=1.

A debugger, coverage or a traceback then sees every line of an installed, compiled
softnet. What was written in C by hand (usr/native) is loaded as usual.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType


class SourceFinder(MetaPathFinder):
    """Finds softnet's modules by their .py alone; leaves every other to the next finder."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a .py or a package below softnet, else None."""
        if path is None or not fullname.startswith("softnet."):
            return None
        for folder in path:
            finder = FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES))
            spec = finder.find_spec(fullname)
            if spec is not None and spec.loader is not None:
                return spec
        return None
