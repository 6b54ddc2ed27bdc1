"""What unmodified programs cost: many clients of one server, a task switch, a patched clock.

PYTHONPATH=build/compiled .venv/bin/python -m bench.patched

Each number has its judge beside it, measured in turns in the same run: the same program with real
threads on the kernel's loopback, the same function unpatched.
"""

from __future__ import annotations

import argparse
import http.client
import http.server
import multiprocessing
import os
import statistics
import threading
import time
import timeit
from collections.abc import Callable

import softnet
import softnet.syscalls as sys_
from softnet.usr import api as usr

SWITCHES = 100_000


class Page(http.server.BaseHTTPRequestHandler):
    """100 bytes."""

    def do_GET(self) -> None:
        """Them."""
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(bytes(100))

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Server(http.server.ThreadingHTTPServer):
    """A thread for each connection."""

    request_queue_size = 4096


def client(host: str, port: int, sizes: list[int]) -> None:
    """Two pages, two connections."""
    for _ in range(2):
        connection = http.client.HTTPConnection(host, port, timeout=120)
        connection.request("GET", "/")
        sizes.append(len(connection.getresponse().read()))
        connection.close()


def clients(n: int, host: str, port: int) -> int:
    """n of them at once; how many pages they got."""
    sizes: list[int] = []
    threads = [threading.Thread(target=client, args=(host, port, sizes)) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(sizes)


def timed(fn: Callable[[], int], n: int) -> tuple[float, float]:
    """Wall and CPU seconds of fn()."""
    wall, cpu = time.perf_counter(), time.process_time()
    assert fn() == 2 * n
    return time.perf_counter() - wall, time.process_time() - cpu


def real_clients(n: int) -> tuple[float, float]:
    """With threads of the machine, on its loopback."""
    threading.stack_size(256 * 1024)
    server = Server(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    port = int(server.server_address[1])
    try:
        return timed(lambda: clients(n, "127.0.0.1", port), n)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def simulated_clients(n: int) -> tuple[float, float]:
    """On one simulated host, on its loopback."""
    with softnet.Lab(seed=1) as lab:
        host = lab.host("h")
        host.sysctl("net.core.somaxconn", 4096)
        host.start(lambda: Server(("", 80), Page).serve_forever())
        return timed(lambda: int(str(host.call(clients, n, "127.0.0.1", 80))), n)


def apart(fn: Callable[[int], tuple[float, float]], n: int) -> tuple[float, float]:
    """fn(n) in a process of its own: neither finds the other's threads and memory."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(fn, (n,))


def switch_ns() -> tuple[float, float]:
    """CPU time from one task to another: as the kernel does it, and as programs do by os.sched_yield()."""

    def kernel_side() -> None:
        for _ in range(SWITCHES):
            sys_.sys_nanosleep(0)

    def program_side() -> None:
        for _ in range(SWITCHES):
            os.sched_yield()

    with softnet.Lab() as lab:
        host = lab.host("h")
        for _ in range(2):
            host.host.spawn(kernel_side)
        start = time.process_time()
        lab.run()
        below = time.process_time() - start
        start = time.process_time()
        usr.run_main(host.host, program_side)
        usr.run_main(host.host, program_side)
        lab.run()
        above = time.process_time() - start
    return below / (2 * SWITCHES) * 1e9, above / (2 * SWITCHES) * 1e9


def clock_ns() -> tuple[float, float]:
    """time.monotonic() outside labs, unpatched and patched, in turns."""
    timer = timeit.Timer("f()", "from time import monotonic as f")
    plain, patched = [], []
    for _ in range(200):
        plain.append(timer.timeit(5000) / 5000 * 1e9)
        usr.install()
        patched.append(timer.timeit(5000) / 5000 * 1e9)
        usr.uninstall()
    return min(plain), min(patched)


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description="What unmodified programs cost.")
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    plain, patched = clock_ns()
    print(f"time.monotonic() outside labs: {plain:.1f} ns, patched {patched:.1f} ns", end="")
    print(f", {patched / plain:.2f} times")
    below, above = switch_ns()
    print(f"task switch: {below:.0f} ns; by os.sched_yield() of a program {above:.0f} ns")
    rows = [
        (apart(real_clients, args.clients), apart(simulated_clients, args.clients))
        for _ in range(args.rounds)
    ]
    for i, name in enumerate(
        ("real threads, the kernel's loopback", "softnet, one simulated host")
    ):
        wall = statistics.median(row[i][0] for row in rows)
        cpu = statistics.median(row[i][1] for row in rows)
        print(f"{args.clients} clients, {name}: {wall:.2f} s, {cpu:.2f} s of CPU")
    for i, name in enumerate(("wall time", "CPU time")):
        ratios = sorted(softnet_row[i] / real_row[i] for real_row, softnet_row in rows)
        print(f"{name}, softnet / kernel: {statistics.median(ratios):.2f}", end="")
        print(f" ({ratios[0]:.2f}-{ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
