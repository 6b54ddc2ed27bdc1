"""Descriptors of softnet sockets that C reads and writes, as pyOpenSSL does."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.usr.door.test_start import door

# OpenSSL.SSL as far as the door minds it; C's part is libc's read() and write().
PYOPENSSL = """
    import ctypes, os

    libc = ctypes.CDLL(None, use_errno=True)

    def _asFileDescriptor(obj):
        return obj if isinstance(obj, int) else obj.fileno()

    class Connection:
        def __init__(self, sock):
            self.fd = _asFileDescriptor(sock)

        def read(self, size):
            room = ctypes.create_string_buffer(size)
            n = libc.read(self.fd, room, size)
            if n < 0:
                raise OSError(ctypes.get_errno(), "read")
            return room.raw[:n]

        def write(self, data):
            n = libc.write(self.fd, data, len(data))
            if n < 0:
                raise OSError(ctypes.get_errno(), "write")
            return n
"""

PROGRAM = """
    import os, select, socket, threading
    from OpenSSL.SSL import Connection

    N = 3_000_000

    def serve(listener):
        sock, _ = listener.accept()
        with sock:
            select.select([sock], [], [])  # the first bytes are there before C looks
            conn, n = Connection(sock), 0
            while n < N:
                n += len(conn.read(65536))
            left = b"y" * N
            while left:
                left = left[conn.write(left):]

    def talk(sock):
        conn, left, n = Connection(sock), b"x" * N, 0
        if late:
            sock.connect(listener.getsockname())
        while left:
            left = left[conn.write(left):]
        while data := conn.read(65536):
            n += len(data)
        print(n, sock.getpeername() == listener.getsockname())

    for late in (False, True):
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        with socket.socket() as sock:
            if not late:
                sock.connect(listener.getsockname())
            talk(sock)
        thread.join()
        listener.close()

    a, b = socket.socketpair()
    Connection(a)
    b.sendall(b"hello")
    print(a.recv(9), os.read(b.fileno(), 9) if a.send(b"and back") else None)
    child = os.fork()
    if not child:
        os._exit(Connection(b).write(b"by a child"))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), a.recv(20))
    a.close()
    print(b.recv(9))
"""


@pytest.mark.slow
def test_c_reads_and_writes_the_descriptor(tmp_path: Path) -> None:
    (tmp_path / "OpenSSL").mkdir()
    (tmp_path / "OpenSSL" / "__init__.py").touch()
    (tmp_path / "OpenSSL" / "SSL.py").write_text(textwrap.dedent(PYOPENSSL))
    (tmp_path / "prog.py").write_text(textwrap.dedent(PROGRAM))
    assert door(str(tmp_path / "prog.py")) == [
        "3000000 True",
        "3000000 True",
        "b'hello' b'and back'",
        "10 b'by a child'",
        "b''",
    ]
