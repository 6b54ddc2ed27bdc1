"""softnet run --socket: whole programs behind the door, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

SECONDS = 120

ECHO = """
    import select, socket, threading

    def serve(listener):
        conn, _ = listener.accept()
        with conn:
            while data := conn.recv(65536):
                conn.sendall(data)

    assert "softnet" in socket.socket.__mro__[1].__init__.__code__.co_filename
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=(listener,))
    thread.start()
    with socket.create_connection(listener.getsockname()) as s:
        assert select.select([s], [s], [], 0) == ([], [s], [])
        s.sendall(b"x" * 300000)
        n = 0
        while n < 300000:
            n += len(s.recv(65536))
    thread.join()
    listener.close()
    print(n)
"""

TIMEOUTS = """
    import os, signal, socket, threading, time

    a, b = socket.socketpair()
    a.settimeout(0.05)
    try:
        a.recv(1)
    except TimeoutError as e:
        print(e)
    a.setblocking(False)
    try:
        a.recv(1)
    except BlockingIOError:
        print("would block")
    a.setblocking(True)
    signal.signal(signal.SIGALRM, lambda *_: b.send(b"from the handler"))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    print(a.recv(100).decode())
    os.write(a.fileno(), b"by descriptor")
    print(os.read(b.fileno(), 100).decode())
    fd = os.dup(a.fileno())
    a.close()
    os.write(fd, b"by a copy")
    print(b.recv(100).decode())
    os.close(fd)
    print(b.recv(100))
"""

ASYNCIO = """
    import asyncio

    async def handle(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    async def main():
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        async with server:
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"hello\\n")
            print((await reader.read()).decode().strip())
            writer.close()

    asyncio.run(main())
"""

FORK = """
    import os, socket

    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    conn, _ = listener.accept()
    pid = os.fork()
    if pid == 0:
        client.close()
        conn.sendall(conn.recv(100).upper())
        a, b = socket.socketpair()
        r, w = os.pipe()
        socket.send_fds(a, [b"x"], [w, conn.fileno()])
        _, fds, _, _ = socket.recv_fds(b, 10, 5)
        os.write(fds[0], b" and more")
        again = socket.socket(fileno=fds[1])
        again.sendall(os.read(r, 100))
        os._exit(7)
    conn.close()
    client.sendall(b"by the child")
    parts = []
    while part := client.recv(100):
        parts.append(part)
    print(b"".join(parts).decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""

NAMES = """
    import array, os, socket, tempfile

    path = os.path.join(tempfile.mkdtemp(), "name")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    assert listener.getsockname() == path
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    peer, _ = listener.accept()
    assert client.getpeername() == path
    r, w = os.pipe()
    socket.send_fds(client, [b"x"], [w, listener.fileno()])
    data, fds, _, _ = socket.recv_fds(peer, 10, 5)
    os.write(fds[0], b"through a pipe")
    print(os.read(r, 100).decode())
    copy = socket.socket(fileno=fds[1])
    print(copy.getsockname() == path)
    os.unlink(path)
    try:
        socket.socket(socket.AF_UNIX).connect(path)
    except FileNotFoundError as e:
        print(e.strerror)
    try:
        socket.socket(socket.AF_INET6)
    except OSError as e:
        print(e.strerror)
"""


MODULE = """
    import _socket, socket

    print(socket.if_nameindex(), socket.if_nametoindex("lo"), socket.if_indextoname(1))
    try:
        _socket.socket.more = 1
    except TypeError as e:
        print(e)
    socket.socket.more = 1
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "lines"),
    [
        (ECHO, ["300000"]),
        (
            TIMEOUTS,
            ["timed out", "would block", "from the handler", "by descriptor", "by a copy", "b''"],
        ),
        (ASYNCIO, ["HELLO"]),
        (FORK, ["BY THE CHILD and more 7"]),
        (
            NAMES,
            [
                "through a pipe",
                "True",
                "No such file or directory",
                "Address family not supported by protocol",
            ],
        ),
        (
            MODULE,
            [
                "[(1, 'lo')] 1 lo",
                "cannot set 'more' attribute of immutable type '_socket.socket'",
            ],
        ),
    ],
    ids=["threads", "timeouts", "asyncio", "fork", "names", "module"],
)
def test_an_unmodified_program(tmp_path: Path, program: str, lines: list[str]) -> None:
    path = tmp_path / "prog.py"
    path.write_text(textwrap.dedent(program))
    assert door(str(path)) == lines


@pytest.mark.slow
def test_cpythons_own_tests_of_select() -> None:
    words = ["-m", "test", "test_select", "test_poll", "test_epoll", "-v", "-m", "*EPoll*"]
    words += ["-i", "*test_control_and_wait"]  # judges milliseconds of the real clock
    assert door(*words)[-1] == "Result: SUCCESS"


# The stack's lock is nearly always held; the socket is closed when those threads are gone.
AT_THE_END = """
    import os, socket, sys, threading

    def ask():
        while True:
            sock.getsockname()

    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    for _ in range(4):
        threading.Thread(target=ask, daemon=True).start()
    pid = os.fork()
    if not pid:
        for _ in range(2):
            threading.Thread(target=ask, daemon=True).start()
        forked = []
        thread = threading.Thread(target=lambda: forked.append(os.fork()))  # not the one that forked us
        thread.start()
        thread.join()
        pid = forked[0] if forked else 0
    if pid:
        print(sock.getsockname()[0], os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.slow
def test_threads_that_hold_the_lock_do_not_hold_up_the_end(tmp_path: Path) -> None:
    path = tmp_path / "prog.py"
    path.write_text(textwrap.dedent(AT_THE_END))
    assert door(str(path)) == ["127.0.0.1 0", "127.0.0.1 0"]


SPAWNED = """
    import multiprocessing, socket

    def serve(listener):
        conn, _ = listener.accept()
        conn.sendall(b"by a new program")
        conn.close()

    if __name__ == "__main__":
        for method in ("spawn", "forkserver"):
            listener = socket.create_server(("127.0.0.1", 0))
            process = multiprocessing.get_context(method).Process(target=serve, args=(listener,))
            process.start()
            with socket.create_connection(listener.getsockname()) as client:
                print(method, client.recv(100))
            process.join()
            print(process.exitcode)
"""


@pytest.mark.slow
def test_what_multiprocessing_executes_is_on_the_same_host(tmp_path: Path) -> None:
    path = tmp_path / "prog.py"
    path.write_text(textwrap.dedent(SPAWNED))
    said = b"by a new program"
    assert door(str(path)) == [f"spawn {said}", "0", f"forkserver {said}", "0"]


@pytest.mark.slow
def test_the_exit_code_is_the_programs(tmp_path: Path) -> None:
    path = tmp_path / "prog.py"
    path.write_text("import sys; sys.exit(sys.argv[1:] == ['a', '-b'] and 7)")
    words = [sys.executable, "-m", "softnet", "run", "--socket", str(path), "a", "-b"]
    assert subprocess.run(words, timeout=SECONDS, check=False).returncode == 7


def door(*words: str) -> list[str]:
    """What a program prints; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", "softnet", "run", "--socket", *words],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()
