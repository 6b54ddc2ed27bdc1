"""Programs of the standard library, unmodified: servers and clients over TCP on lo."""

from __future__ import annotations

import asyncio
import errno
import http.client
import http.server
import io
import select
import selectors
import socket
import socketserver
import threading
import time
import urllib.error
import urllib.request
import xmlrpc.client
import xmlrpc.server
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from softnet.uapi import snmp


class Quiet(http.server.BaseHTTPRequestHandler):
    """Answers with what was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"{self.command} {self.path} {threading.current_thread().name}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[::-1])

    def log_message(self, *args: Any) -> None:
        pass


def serve(kind: Any = http.server.ThreadingHTTPServer, handler: Any = Quiet) -> Any:
    """A server that runs in a daemon thread."""
    server = kind(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def test_stream_sockets(net: Any) -> None:
    def program() -> Any:
        with socket.create_server(("127.0.0.1", 8000)) as listener:

            def server() -> None:
                s, peer = listener.accept()
                with s:
                    assert peer == s.getpeername()
                    s.sendall(s.recv(100).upper())

            t = threading.Thread(target=server)
            t.start()
            with socket.create_connection(("localhost", 8000), timeout=5) as s:
                assert s.gettimeout() == 5
                s.sendall(b"hello")
                got = s.recv(100), s.recv(100), s.getpeername()
            t.join()
        return got

    assert net.run(program) == (b"HELLO", b"", ("127.0.0.1", 8000))


def test_refused_and_not_connected(net: Any) -> None:
    def program() -> Any:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", 1))
        with socket.socket() as s:
            with pytest.raises(OSError) as caught:
                s.recv(1)
            assert s.connect_ex(("127.0.0.1", 1)) == errno.ECONNREFUSED
            assert s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM
        with socket.create_server(("127.0.0.1", 0)) as s:
            with pytest.raises(OSError) as listening:
                s.recv(1)  # what ssl asks of a listening socket
            s.settimeout(1.5)
            start = time.monotonic()
            with pytest.raises(TimeoutError):
                s.accept()
            return caught.value.errno, listening.value.errno, time.monotonic() - start

    assert net.run(program) == (errno.ENOTCONN, errno.ENOTCONN, 1.5)


def test_nonblocking_connect(net: Any) -> None:
    def program() -> Any:
        with socket.create_server(("127.0.0.1", 8000)) as listener, socket.socket() as s:
            s.setblocking(False)
            err = s.connect_ex(("127.0.0.1", 8000))
            assert select.select([], [s], [], 1) == ([], [s], [])
            assert s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
            listener.accept()[0].close()
            assert select.select([s], [], [], 1)[0] == [s]
            return err in (0, errno.EINPROGRESS), s.recv(1)

    assert net.run(program) == (True, b"")


def test_http_server_and_urllib(net: Any) -> None:
    def program() -> Any:
        server = serve()
        url = f"http://localhost:{server.server_address[1]}"
        got = urllib.request.urlopen(url + "/page").read()
        posted = urllib.request.urlopen(url, data=b"x" * 100_000 + b"y").read()
        with pytest.raises(urllib.error.HTTPError, match="501"):
            urllib.request.urlopen(urllib.request.Request(url, method="DELETE"))
        server.shutdown()
        server.server_close()
        return got, posted[:2], len(posted)

    got, start, size = net.run(program)
    assert got.startswith(b"GET /page Thread-")
    assert (start, size) == (b"yx", 100_001)


def test_keep_alive_uses_one_connection(net: Any) -> None:
    def program() -> Any:
        with serve() as server:
            client = http.client.HTTPConnection("127.0.0.1", server.server_address[1])
            bodies = []
            for n in range(3):
                client.request("GET", f"/{n}")
                bodies.append(client.getresponse().read().split())
                time.sleep(100)
            client.close()
            server.shutdown()
            return bodies

    bodies = net.run(program)
    assert [b[1] for b in bodies] == [b"/0", b"/1", b"/2"]
    assert len({b[2] for b in bodies}) == 1  # one connection, one thread


def test_many_clients_in_a_pool(net: Any) -> None:
    def program() -> Any:
        with serve() as server, ThreadPoolExecutor(8) as executor:
            url = f"http://127.0.0.1:{server.server_address[1]}/"
            pages = list(
                executor.map(lambda n: urllib.request.urlopen(f"{url}{n}").read(), range(30))
            )
            server.shutdown()
        return [p.split()[1] for p in pages]

    assert net.run(program) == [b"/%d" % n for n in range(30)]


def test_socketserver(net: Any) -> None:
    class Upper(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                self.wfile.write(line.upper())

    class Datagrams(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            sock.sendto(data.upper(), self.client_address)

    def program() -> Any:
        with serve(socketserver.ThreadingTCPServer, Upper) as tcp:
            with socket.create_connection(tcp.server_address) as s, s.makefile("rw") as f:
                f.write("one\ntwo\n")
                f.flush()
                lines = [f.readline(), f.readline()]
            tcp.shutdown()
        with serve(socketserver.UDPServer, Datagrams) as udp:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.sendto(b"three", udp.server_address)
                lines.append(s.recv(100).decode())
            udp.shutdown()
        return lines

    assert net.run(program) == ["ONE\n", "TWO\n", "THREE"]


def test_xmlrpc(net: Any) -> None:
    def program() -> Any:
        with xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False) as server:
            server.register_function(pow)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            proxy = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{server.server_address[1]}")
            with proxy:
                got = proxy.pow(2, 10)
            server.shutdown()
        return got

    assert net.run(program) == 1024


def test_bulk_and_half_close(net: Any) -> None:
    data = bytes(range(256)) * 4000

    def program() -> Any:
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def server() -> None:
                s = listener.accept()[0]
                with s:
                    got = b"".join(iter(lambda: s.recv(8192), b""))
                    s.sendall(got)

            t = threading.Thread(target=server)
            t.start()
            with socket.create_connection(listener.getsockname()) as s:
                s.sendfile(io.BytesIO(data))
                s.shutdown(socket.SHUT_WR)
                back = b"".join(iter(lambda: s.recv(65536), b""))
            t.join()
            return back == data

    assert net.run(program)


def test_a_selector_server(net: Any) -> None:
    def program() -> Any:
        selector = selectors.DefaultSelector()
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        selector.register(listener, selectors.EVENT_READ)
        done = []

        def client(n: int) -> None:
            with socket.create_connection(listener.getsockname()) as s:
                time.sleep(n)
                s.sendall(b"%d" % n)
                done.append((s.recv(10), round(time.monotonic(), 1)))

        for n in (3, 1, 2):
            threading.Thread(target=client, args=(n,)).start()
        while len(done) < 3:
            for key, _ in selector.select(0.5):
                if key.fileobj is listener:
                    s, _ = listener.accept()
                    s.setblocking(False)
                    selector.register(s, selectors.EVENT_READ)
                else:
                    data = key.fileobj.recv(10)
                    if data:
                        key.fileobj.send(data * 2)
                    else:
                        selector.unregister(key.fileobj)
                        key.fileobj.close()
        for key in list(selector.get_map().values()):
            key.fileobj.close()
        selector.close()
        return done

    assert net.run(program) == [(b"11", 1.0), (b"22", 2.0), (b"33", 3.0)]


def test_asyncio_streams(net: Any) -> None:
    async def handle(reader: Any, writer: Any) -> None:
        while line := await reader.readline():
            await asyncio.sleep(1)
            writer.write(line.upper())
            await writer.drain()
        writer.close()

    async def client(port: int, name: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("localhost", port)
        writer.write(name + b"\n")
        line: bytes = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return line

    async def main() -> Any:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            got = await asyncio.gather(*(client(port, b"%d" % n) for n in range(10)))
        return got, round(time.monotonic(), 2)

    got, when = net.run(lambda: asyncio.run(main()))
    assert got == [b"%d\n" % n for n in range(10)]
    assert when == pytest.approx(1, abs=0.05)


def test_clients_that_find_the_queue_full_get_through_all_the_same(net: Any) -> None:
    """Also those that a SYN cookie connected: the listener drops their ACK, and says no more."""

    def program() -> Any:
        listener = socket.create_server(("127.0.0.1", 80), backlog=5)
        answers: list[bytes] = []

        def client() -> None:
            with socket.create_connection(("127.0.0.1", 80)) as s:
                s.sendall(b"x")
                answers.append(s.recv(10))

        clients = [threading.Thread(target=client) for _ in range(30)]
        for t in clients:
            t.start()
        time.sleep(0.5)
        for _ in clients:
            with listener.accept()[0] as s:
                s.sendall(s.recv(10) * 2)
        for t in clients:
            t.join()
        listener.close()
        return answers

    assert net.run(program) == [b"xx"] * 30
    assert net.hosts["h1"].net.mib.net.get(snmp.LINUX_MIB_SYNCOOKIESRECV) > 0
