"""The check of the table that softnet doctor runs."""

from __future__ import annotations

from typing import Any

from softnet.usr import api as usr
from softnet.usr.patch import installer
from softnet.usr.selfcheck import check, check_table
from softnet.usr.table import ROWS


def test_every_row_is_fine_here() -> None:
    verdicts = check_table()
    assert [v for v in verdicts if v.status not in ("ok", "absent")] == []
    assert len(verdicts) == len(ROWS)
    assert not usr.installed()


def test_every_row_is_fine_while_a_lab_is_open(bench: Any) -> None:
    assert {v.status for v in check_table()} <= {"ok", "absent"}
    assert usr.installed()


def test_a_row_that_is_off_is_found(bench: Any) -> None:
    row = next(r for r in ROWS if r.key() == "time.sleep")
    redirect = installer.redirects[row.key()]
    redirect.disable()
    try:
        assert check(row) == "not redirected"
    finally:
        redirect.enable()
    assert check(row) == "ok"
