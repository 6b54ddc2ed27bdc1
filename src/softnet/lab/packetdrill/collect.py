"""pytest runs .pkt files: each is a test.

pytest_plugins = ["softnet.lab.packetdrill.collect"]        in a conftest.py

pytest tests/scripts -k sack            pytest tests/scripts --packetdrill-repeat=100
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from softnet.lab.packetdrill.config import Config
from softnet.lab.packetdrill.main import repeat_path
from softnet.lab.packetdrill.report import Verdict


class ScriptFailed(Exception):
    """A script did not pass."""

    def __init__(self, verdict: Verdict) -> None:
        Exception.__init__(self, verdict.text())
        self.verdict = verdict


class ScriptFile(pytest.File):
    """A .pkt file."""

    def collect(self) -> Iterator[pytest.Item]:
        """Its one test."""
        yield ScriptItem.from_parent(self, name=self.path.stem)


class ScriptItem(pytest.Item):
    """A script as a test: it runs on a host of its own, as often as --packetdrill-repeat says."""

    def runtest(self) -> None:
        """Run it; ScriptFailed."""
        times = self.config.getoption("packetdrill_repeat", 1)
        for verdict in repeat_path(shown_path(self.path), Config(), times):
            if not verdict.passed():
                raise ScriptFailed(verdict)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """The report of the runner is what there is to say."""
        if isinstance(excinfo.value, ScriptFailed):
            return excinfo.value.verdict.text()
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it is."""
        return self.path, 0, f"packetdrill: {self.path.name}"


def shown_path(path: Path) -> str:
    """A path as reports show it: from the working directory if it lies below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def pytest_addoption(parser: pytest.Parser) -> None:
    """--packetdrill-repeat=N"""
    group = parser.getgroup("packetdrill")
    group.addoption(
        "--packetdrill-repeat",
        type=int,
        default=1,
        metavar="N",
        help="run every .pkt script N times, each time with another seed",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A .pkt file is a ScriptFile."""
    if file_path.suffix == ".pkt":
        return ScriptFile.from_parent(parent, path=file_path)
    return None
