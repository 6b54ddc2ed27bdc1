"""Every example of the documentation runs, and prints what stands below it."""

from __future__ import annotations

import re

import pytest

from tests.docs.blocks import BLOCK, PAGES, ROOT, run

EXAMPLES = [
    pytest.param(match, page.name, id=f"{page.stem}-{i}")
    for page in PAGES
    for i, match in enumerate(BLOCK.finditer(page.read_text()), 1)
    if not match["code"].startswith("# test_")  # tests/test_pytest_plugin.py runs those
]


@pytest.mark.parametrize(("match", "name"), EXAMPLES)
def test_example(match: re.Match[str], name: str) -> None:
    printed = run(match["code"], name)
    if match["text"] is not None:
        assert printed == match["text"]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert "://" in target or (page.parent / target).exists(), target


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.name)
def test_program_of_the_examples(path) -> None:
    assert run(path.read_text(), path.name)
