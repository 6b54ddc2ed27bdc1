"""SOFTNET_PURE=1: the sources run though compiled modules lie beside them."""

from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from softnet._pure import SourceFinder


def test_a_source_is_found_and_the_so_beside_it_is_not(tmp_path: Path) -> None:
    (tmp_path / "noun.py").write_text("answer = 42\n")
    (tmp_path / f"noun{EXTENSION_SUFFIXES[0]}").write_bytes(b"no library at all")
    spec = SourceFinder().find_spec("softnet.noun", [str(tmp_path)])
    assert spec is not None
    assert spec.origin == str(tmp_path / "noun.py")


def test_a_package_is_found(tmp_path: Path) -> None:
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer/__init__.py").touch()
    spec = SourceFinder().find_spec("softnet.layer", [str(tmp_path)])
    assert spec is not None
    assert spec.submodule_search_locations == [str(tmp_path / "layer")]


def test_what_was_written_in_c_is_left_to_the_next_finder(tmp_path: Path) -> None:
    (tmp_path / f"_redef{EXTENSION_SUFFIXES[0]}").write_bytes(b"a library")
    assert SourceFinder().find_spec("softnet._redef", [str(tmp_path)]) is None


def test_other_packages_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "noun.py").touch()
    assert SourceFinder().find_spec("other.noun", [str(tmp_path)]) is None
    assert SourceFinder().find_spec("softnet", None) is None
    assert "softnet" in sys.modules
