"""Processes and threads: who is who."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from softnet.usr import api as usr
from softnet.usr.task import IDENT_BASE, registry


def test_the_current_process_is_the_programs(net: Any) -> None:
    assert usr.current_process() is None
    found: list[Any] = []
    process = net.start(lambda: found.append((usr.current_process(), os.getpid(), os.getppid())))
    net.world.run(predicate=process.finished)
    assert found == [(process, process.pid, 1)]
    assert usr.current_process() is None


def test_idents_are_no_real_threads_and_unique(net: Any) -> None:
    idents: list[int] = []

    def program() -> None:
        idents.append(threading.get_ident())
        t = threading.Thread(target=lambda: idents.append(threading.get_ident()))
        t.start()
        t.join()

    net.run(program)
    net.network("h2")
    net.run(program, host="h2")
    assert len(set(idents)) == 4
    assert min(idents) > IDENT_BASE


def test_a_finished_process_leaves_the_tables(net: Any) -> None:
    net.run(time.sleep, 1)
    [state] = registry.hosts.values()
    assert state.processes == {}
    assert list(registry.fd_bases) != []
