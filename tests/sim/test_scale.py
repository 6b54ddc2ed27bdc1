"""Many hosts, long times: how far a lab reaches."""

from __future__ import annotations

import gc
import time
import tracemalloc

import pytest

import softnet
from tests.kit.programs_net import ask, echo_upper, fetch, web

IDLE_HOST_MAX = 64 * 1024  # bytes


def star(n: int) -> tuple[int, int]:
    """n hosts ping and fetch from the centre: how many pings came back, how many pages."""
    pings = pages = 0
    with softnet.Lab(seed=1) as lab:
        leaves = lab.star(n, delay="1ms", rate="100mbit")
        lab.node("hub").start(web)
        probes = [leaf.start("ping -c 1 hub") for leaf in leaves]
        fetches = [leaf.start(fetch, "hub", 2000) for leaf in leaves]
        lab.run_until(lambda: all(p.finished() for p in fetches))
        pages = sum(p.result() == 2000 for p in fetches)
        lab.run_until(lambda: all(p.finished() for p in probes))
        pings = sum(p.returncode == 0 for p in probes)
    return pings, pages


def test_a_star_of_twenty() -> None:
    assert star(20) == (20, 20)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_star_of_a_thousand() -> None:
    assert star(1000) == (1000, 1000)


def test_a_virtual_hour_of_ten_idle_hosts() -> None:
    def now_and_then() -> None:
        for _ in range(6):
            time.sleep(600)
            ask("hub")

    with softnet.Lab() as lab:
        leaves = lab.star(10)
        lab.node("hub").start(echo_upper)
        for leaf in leaves:
            leaf.start(now_and_then)
        started = time.process_time()
        lab.run(until="1h")
        took = time.process_time() - started
        assert lab.now == 3600.0
        assert lab.node("hub").counters()["Udp.InDatagrams"] == 50
    assert took < 3.0  # of the processor; interpreted, on a slow machine


def test_an_idle_host_is_small() -> None:
    n = 50
    with softnet.Lab() as lab:
        lab.star(3)
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for i in range(n):
            lab.link(lab.host(f"a{i}"), lab.host(f"b{i}"))
        gc.collect()
        each = (tracemalloc.get_traced_memory()[0] - before) / (2 * n)
        tracemalloc.stop()
    assert each <= IDLE_HOST_MAX
