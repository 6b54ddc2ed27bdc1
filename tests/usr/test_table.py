"""Every row of the table: it takes effect in a program, and leaves nothing behind."""

from __future__ import annotations

import _thread
import importlib
import queue
import random
import ssl
import threading
from typing import Any

import pytest

from softnet.usr import api as usr
from softnet.usr import redef as _redef
from softnet.usr.patch import definition, installer
from softnet.usr.table import PYTHON, ROWS, Row

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


@pytest.mark.parametrize("row", [r for r in HERE if r.rule in (_redef.USER, PYTHON)], ids=Row.key)
def test_row_calls_its_replacement_in_a_program_only(bench: Any, row: Row) -> None:
    redirect = installer.redirects[row.key()]
    if row.rule == PYTHON:
        assert redirect.function.__code__ is redirect.trampoline
        return
    called: list[Any] = []
    owner = getattr(importlib.import_module(row.module), row.name.split(".")[0])
    found = definition(row)
    bound = type(found).__name__ == "classmethod_descriptor"

    args: list[Any] = []
    if "." in row.name and not bound:
        args = [MAKERS[row.name.split(".")[0]]()]

    def call() -> None:
        function = getattr(owner, row.name.split(".")[1]) if bound else found
        try:
            function(*args)
        except TypeError:  # it takes exactly one argument
            function(*args, None)

    class Task:
        usr = _redef.Context()

    real = redirect.replacement
    redirect.replacement = lambda *args, **kwargs: called.append(args)
    try:
        _redef.switch_in(Task)
        try:
            _redef.user_call(call)
        finally:
            _redef.switch_out(Task)
    finally:
        redirect.replacement = real
    assert len(called) == 1


MAKERS = {
    "LockType": threading.Lock,
    "RLock": threading.RLock,
    "_ThreadHandle": lambda: vars(_thread)["_ThreadHandle"](),
    "SimpleQueue": queue.SimpleQueue,
    "Random": random.Random,
    "_SSLContext": lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
}
