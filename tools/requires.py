#!/usr/bin/env python3
"""Print what pip must install for some of pyproject.toml's groups, one requirement a line.

    tools/requires.py run            the package's own dependencies
    tools/requires.py build test     what builds it, and the extra called test

A group is ``run``, ``build``, the name of an extra or of a dependency group. The
Makefile's virtual environment holds these and not the package itself, which runs from src/ or from
build/compiled/.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def requirements(config: dict[str, dict[str, list[str]]], group: str) -> list[str]:
    """Return the requirements of one group; KeyError if there is no such group."""
    project = config["project"]
    if group == "run":
        return project["dependencies"]
    if group == "build":
        return config["build-system"]["requires"]
    extras: dict[str, list[str]] = project.get("optional-dependencies", {})  # type: ignore[assignment]  # a table in a table
    groups = config.get("dependency-groups", {})
    return extras[group] if group in extras else groups[group]


def main() -> int:
    """Print the requirements of the groups named on the command line."""
    config = tomllib.loads(PYPROJECT.read_text())
    for group in sys.argv[1:]:
        print("\n".join(requirements(config, group)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
