"""A program counts its host's processors, not the machine's."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def test_one_processor(net: Any) -> None:
    def program() -> Any:
        with ThreadPoolExecutor() as pool:
            workers = pool._max_workers
        os.sched_setaffinity(0, {0})
        return (
            os.cpu_count(),
            multiprocessing.cpu_count(),
            os.sched_getaffinity(0),
            os.getloadavg(),
            workers,
        )

    assert net.run(program) == (1, 1, {0}, (0.0, 0.0, 0.0), 5)


def test_a_spin_with_yield_lets_others_run(net: Any) -> None:
    def program() -> int:
        done: list[int] = []
        threading.Thread(target=done.append, args=(1,)).start()
        spins = 0
        while not done:
            os.sched_yield()
            spins += 1
        return spins

    assert net.run(program) <= 2


def test_clock_of_a_thread(net: Any) -> None:
    def program() -> bool:
        clock = time.pthread_getcpuclockid(threading.get_ident())
        return time.clock_gettime(clock) >= 0

    assert net.run(program)
