"""The C extension: redirects by themselves."""

from __future__ import annotations

import _thread
import ctypes
import time
from typing import Any

import pytest

from softnet.usr import redef
from softnet.usr.patch import installer
from softnet.usr.task import IDENT_BASE


class Task:
    """What the scheduler hands to the hooks."""

    def __init__(self) -> None:
        self.usr = redef.Context()


def in_user_mode(fn: Any, *args: Any) -> Any:
    """fn(*args) as a simulated program's own code."""
    redef.switch_in(Task())
    try:
        return redef.user_call(fn, *args)
    finally:
        redef.switch_out(Task())


def test_it_was_built() -> None:
    assert redef.NATIVE


def test_a_redirect_takes_bound_copies_along() -> None:
    lock = _thread.allocate_lock()
    early = lock.locked
    seen: list[Any] = []
    redirect = redef.Redirect(type(lock).__dict__["locked"], lambda self: seen.append(self))
    redirect.enable()
    try:
        assert early() is False
        assert seen == []
        in_user_mode(early)
        assert seen == [lock]
        assert redirect.original(lock) is False
    finally:
        redirect.disable()
    assert in_user_mode(early) is False


def test_the_replacement_runs_outside_user_mode() -> None:
    modes: list[bool] = []
    redirect = redef.Redirect(time.get_clock_info, lambda name: modes.append(redef.user_mode()))
    redirect.enable()
    try:
        in_user_mode(lambda: (time.get_clock_info("time"), modes.append(redef.user_mode())))
    finally:
        redirect.disable()
    assert modes == [False, True]


def test_keywords_and_errors_pass() -> None:
    def replacement(*args: Any, **kwargs: Any) -> Any:
        if "raise" in args:
            raise KeyError("passed on")
        return args, kwargs

    redirect = redef.Redirect(_thread.LockType.__dict__["acquire"], replacement)
    redirect.enable()
    try:
        lock = _thread.allocate_lock()
        assert in_user_mode(lambda: lock.acquire(1, timeout=2)) == ((lock, 1), {"timeout": 2})
        with pytest.raises(KeyError):
            in_user_mode(lambda: lock.acquire("raise"))  # type: ignore[arg-type] # on purpose
        assert not redef.user_mode()
    finally:
        redirect.disable()


def test_only_c_functions_can_be_redirected() -> None:
    with pytest.raises(TypeError):
        redef.Redirect(lambda: None, print)
    with pytest.raises(TypeError):
        redef.Redirect(time.sleep, print, redef.SOCKET)


def test_current_is_the_context_that_runs() -> None:
    assert redef.current() is None
    assert isinstance(in_user_mode(redef.current), redef.Context)
    assert redef.current() is None


def test_idents_are_addresses_of_zeros() -> None:
    """A C library that takes an ident for a pthread_t finds a thread that does not exist."""
    if not installer.redirects:
        installer.prepare()
    if not redef.back_idents(IDENT_BASE, 4096):  # taken already: by us, or by a sanitizer
        setname = ctypes.CDLL(None).pthread_setname_np
        setname.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
        assert setname(IDENT_BASE + (3 << 20) + 5, b"name") != 0
