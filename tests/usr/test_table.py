"""Every row of the table: it takes effect in a program, and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest

from softnet.usr import api as usr
from softnet.usr.patch import definition, installer
from softnet.usr.selfcheck import check
from softnet.usr.table import ROWS, Row

HERE = [row for row in ROWS if row.applies()]
by_key = pytest.mark.parametrize("row", HERE, ids=Row.key)


@by_key
def test_row_goes_on_and_off(bench: Any, row: Row) -> None:
    redirect = installer.redirects[row.key()]
    assert redirect.enabled
    found = definition(row)
    usr.uninstall()
    try:
        assert not redirect.enabled
        assert definition(row) is found
    finally:
        usr.install()
    assert redirect.enabled


@by_key
def test_row_calls_its_replacement_in_a_program(bench: Any, row: Row) -> None:
    assert check(row) == "ok"


def test_no_row_stands_there_twice() -> None:
    keys = [row.key() for row in HERE if row.instance is None]
    assert len(keys) == len(set(keys))
