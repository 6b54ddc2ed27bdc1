"""install() and uninstall(): what changes and what does not."""

from __future__ import annotations

import _thread
import datetime
import select
import socket
import threading
import time
from typing import Any

import pytest

from softnet.usr import api as usr
from softnet.usr import redef as _redef


def test_the_real_constructors_are_back_after_uninstall(bench: Any) -> None:
    init = socket.SocketType.__dict__["__init__"]
    usr.uninstall()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s, select.epoll() as e:
            assert s.fileno() < _redef.SIM_FD
            assert e.fileno() < _redef.SIM_FD
            e.register(s, select.EPOLLOUT)
            assert e.poll(0) == [(s.fileno(), select.EPOLLOUT)]
        assert socket.SocketType.__dict__["__init__"] is init
    finally:
        usr.install()


def test_real_objects_stay_real_while_installed(bench: Any) -> None:
    with socket.socket() as s:
        assert s.fileno() < _redef.SIM_FD
    lock = _thread.allocate_lock()
    assert lock.acquire(timeout=0.001)
    assert not lock.acquire(timeout=0.001)
    assert datetime.datetime.now().year != 0
    thread = threading.Thread(target=time.sleep, args=(0.001,))
    thread.start()
    thread.join()


def test_installs_are_counted() -> None:
    assert not usr.installed()
    usr.install()
    usr.install()
    usr.uninstall()
    assert usr.installed()
    usr.uninstall()
    assert not usr.installed()
    with pytest.raises(AssertionError):
        usr.uninstall()
