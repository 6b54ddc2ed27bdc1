"""The table "Where a mechanism lives" of docs/tcp.md leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TABLE = (ROOT / "docs" / "tcp.md").read_text().split("## Where a mechanism lives")[1].split("##")[0]
ROWS = [row.split("|")[1:4] for row in TABLE.splitlines() if row.startswith("| ")][1:]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip())
def test_its_room_and_what_shows_it_exist(row: list[str]) -> None:
    _, room, shown = row
    rooms = re.findall("`([^`]+)`", room)
    assert rooms
    for name in rooms:
        assert (ROOT / "src/softnet/net" / name).exists(), name
    for name in re.findall("`([^`]+)`", shown):
        assert (ROOT / ("" if name.startswith("tests/") else "tests/scripts") / name).exists(), name


def test_there_are_as_many_as_issue_3_has() -> None:
    assert len(ROWS) > 50
