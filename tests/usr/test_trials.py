"""What broke when the patch layer was tried out, and what nobody had tried: one test each.

Those that have a home of their own are there: strftime, the epoch and loops that poll the clock in
test_clock, SO_TYPE, ENOTCONN and kept connections in test_programs, RLock in test_threads, uvloop in
test_foreign, trio, aiohttp and TLS in tests/programs.
"""

from __future__ import annotations

import _thread
import asyncio
import contextvars
import http.client
import http.server
import multiprocessing
import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from softnet.usr.api import EscapedError


def test_a_bare_thread_leaves_nothing_in_threadings_tables(bench: Any) -> None:
    def program() -> Any:
        names: list[str] = []
        before = threading.active_count()

        def bare() -> None:
            names.append(type(threading.current_thread()).__name__)

        _thread.start_new_thread(bare, ())  # what frameworks do
        time.sleep(1)
        return (
            names,
            threading.current_thread() is threading.main_thread(),
            threading.active_count() - before,
        )

    before = dict(threading._active)  # type: ignore[attr-defined] # private
    kept = int(sys.version_info < (3, 13))  # later ones forget the dummy when its thread ends
    assert bench.run(program) == (["_DummyThread"], True, kept)
    left = {k for k in threading._active if k not in before}  # type: ignore[attr-defined] # private
    assert len(left) <= 1  # 3.11 keeps the dummy, as it does for real threads


def test_the_clock_has_no_dust(bench: Any) -> None:
    def program() -> Any:
        time.sleep(3600)
        for _ in range(28):
            time.sleep(0.1)
        return time.monotonic_ns()

    assert bench.run(program) == 3_602_800_000_000


def test_context_variables_are_the_threads_own(bench: Any) -> None:
    var: contextvars.ContextVar[str] = contextvars.ContextVar("var", default="unset")
    seen: list[str] = []

    def worker(name: str) -> None:
        seen.append(var.get())
        var.set(name)
        time.sleep(1)
        seen.append(var.get())

    def program() -> str:
        var.set("main")
        threads = [threading.Thread(target=worker, args=(n,)) for n in ("a", "b")]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return var.get()

    assert bench.run(program) == "main"
    assert seen == ["unset", "unset", "a", "b"]
    assert var.get() == "unset"


def test_context_variables_of_coroutines(net: Any) -> None:
    var: contextvars.ContextVar[int] = contextvars.ContextVar("var")

    async def one(n: int) -> int:
        var.set(n)
        await asyncio.sleep(n)
        return var.get() + await asyncio.to_thread(var.get)

    async def main() -> list[int]:
        return await asyncio.gather(*(one(n) for n in range(5)))

    assert net.run(lambda: asyncio.run(main())) == [0, 2, 4, 6, 8]


def test_a_tracer_sees_both_sides_of_a_switch(bench: Any) -> None:
    lines: set[str] = set()

    def tracer(frame: Any, event: str, arg: Any) -> Any:
        if event == "line":
            lines.add(frame.f_code.co_name)
        return tracer

    def other() -> None:
        time.sleep(1)
        lines.add("other went on")

    def program() -> None:
        sys.settrace(tracer)
        try:
            threading.Thread(target=other).start()
            traced()
        finally:
            sys.settrace(None)

    def traced() -> None:
        time.sleep(2)
        lines.add("traced went on")

    bench.run(program)
    assert {"traced", "traced went on", "other went on"} <= lines
    assert sys.gettrace() is None


def quick() -> None:
    """What a child process would do."""


@pytest.mark.parametrize(
    "start",
    [
        lambda: multiprocessing.get_context("fork").Process(target=quick).start(),
        lambda: multiprocessing.get_context("spawn").Process(target=quick).start(),
        lambda: subprocess.check_output(["true"], pass_fds=os.pipe()),
        lambda: os.execv("/bin/true", ["true"]),
        lambda: os.forkpty(),
    ],
    ids=["fork", "spawn", "pass_fds", "execv", "pty"],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_processes_are_refused_by_name(net: Any, start: Any) -> None:
    with pytest.raises(EscapedError, match=r"host 'h1'.*a real process") as caught:
        net.run(start)
    assert "test_trials.py" in str(caught.value)


def test_http_over_a_unix_socket(net: Any) -> None:
    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True

        def get_request(self) -> Any:
            return super().get_request()[0], ("unix", 0)

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    class Connection(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect("\0web")

    def program() -> int:
        with Server("\0web", Page) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            client = Connection("localhost")
            client.request("GET", "/")
            status = client.getresponse().status
            client.close()
            server.shutdown()
        return status

    assert net.run(program) == 204


def test_descriptors_do_not_travel_between_hosts(net: Any) -> None:
    """SCM_RIGHTS needs a UNIX socket, and those end at their host: a TCP socket refuses it."""

    def program() -> Any:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            socket.create_connection(listener.getsockname()) as s,
            listener.accept()[0] as peer,
        ):
            try:
                socket.send_fds(s, [b"x"], [peer.fileno()])
            except OSError as e:
                return e.errno
            return socket.recv_fds(peer, 10, 4)[1]

    assert net.run(program) in ([], 22)
