"""What tools/fastbuild.py takes its profile of: ordinary work of each kind, a few seconds of it.

What runs here is laid out for speed, what does not for size. So each path that a packet commonly takes
has its part: sockets on lo, system calls without sockets, two hosts and a router between e1000s with and
without loss, programs with threads and with asyncio. Run it by itself to see what it does:

    PYTHONPATH=build/compiled python tools/training.py
"""

from __future__ import annotations

import asyncio
import http.server
import socket
import threading
import time
import urllib.request
from collections.abc import Callable

import softnet
from softnet import syscalls
from softnet.structs.socket import SockaddrIn

HERE = "127.0.0.1"
LOOPBACK = 0x7F000001
PAGE = bytes(range(256)) * 1024


def main() -> None:
    """Every part in turn, with what it took."""
    for part in (on_one_host, by_system_calls, across_a_router, with_asyncio):
        start = time.monotonic()
        part()
        print(f"  {part.__name__}: {time.monotonic() - start:.1f} s", flush=True)


def on_one_host() -> None:
    """Sockets on lo."""
    with softnet.Lab(seed=1) as lab:
        host = lab.host("one")
        for size in (64, 512, 1400):
            host.call(datagrams, 10000, size)
        for size, count in ((65536, 2000), (1 << 20, 100), (1448, 10000)):
            host.call(stream, count, size)
        host.call(round_trips, 10000)
        host.call(connections, 2000)


def datagrams(count: int, size: int) -> None:
    """Each received before the next is sent; from a connected socket and from one that is not."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as a,
        socket.socket(type=socket.SOCK_DGRAM) as b,
    ):
        b.bind((HERE, 0))
        b.setblocking(False)
        address = b.getsockname()
        buf = bytearray(4096)
        for _ in range(count // 4):
            a.sendto(bytes(size), address)
            b.recvfrom(4096)
        a.connect(address)
        payload = bytes(size)
        for _ in range(count):
            a.send(payload)
            b.recv_into(buf)


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a connection that do not block, Nagle's rule off."""
    with socket.create_server((HERE, 0)) as listener:
        a = socket.create_connection(listener.getsockname())
        b, _ = listener.accept()
    for s in (a, b):
        s.setblocking(False)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return a, b


def stream(count: int, size: int) -> None:
    """count sends of size bytes, drained as they come."""
    a, b = pair()
    payload, buf = bytes(size), bytearray(1 << 20)
    due = count * size
    sent = got = 0
    while got < due:
        try:
            if sent < due:
                sent += a.send(payload[sent % size :])
        except BlockingIOError:
            time.sleep(0.001)  # buffers grow once a round-trip time, and that takes time to pass
        try:
            got += b.recv_into(buf)
        except BlockingIOError:
            time.sleep(0.001)
    a.close()
    b.close()


def round_trips(count: int) -> None:
    """A few bytes there and back."""
    a, b = pair()
    payload, buf = bytes(64), bytearray(4096)
    for _ in range(count):
        a.send(payload)
        b.recv_into(buf)
        b.send(payload)
        a.recv_into(buf)
    a.close()
    b.close()


def connections(count: int) -> None:
    """Made and ended."""
    with socket.create_server((HERE, 0)) as listener:
        for _ in range(count):
            a = socket.socket()
            a.connect(listener.getsockname())
            b, _ = listener.accept()
            a.close()
            b.close()


def by_system_calls() -> None:
    """The same without sockets of Python, one message a call and 32."""
    with softnet.Lab(seed=2) as lab:
        lab.host("one").call(system_calls, 10000)


def system_calls(count: int) -> None:
    """UDP, alone and in batches; TCP a segment at a time."""
    to = SockaddrIn(LOOPBACK, 5000)
    sender, receiver = syscalls.sys_socket(2, 2), syscalls.sys_socket(2, 2)
    syscalls.sys_bind(receiver, to)
    syscalls.sys_connect(sender, to)
    buf = bytearray(4096)
    for _ in range(count):
        syscalls.sys_sendto(sender, bytes(64))
        syscalls.sys_recv_into(receiver, buf, 4096)
    for _ in range(count // 32):
        syscalls.sys_sendmmsg(sender, [(bytes(64), None)] * 32)
        syscalls.sys_recvmmsg(receiver, 32, 64)


def across_a_router() -> None:
    """Pages and datagrams between two hosts, with loss and without."""
    for seed, loss in ((3, "0%"), (4, "1%")):
        with softnet.Lab(seed=seed) as lab:
            cli, web = lab.hosts("cli", "web")
            router = lab.router("r1")
            lab.link(cli, router, rate="1gbit", delay="100us", loss=loss)
            lab.link(router, web, rate="1gbit", delay="100us", loss=loss)
            web.start(serve_pages)
            web.start(serve_echo)
            cli.call(fetch_pages, 20)
            cli.call(ask, 1000)


class Page(http.server.BaseHTTPRequestHandler):
    """The same page for all."""

    def do_GET(self) -> None:
        """A page of 256 KiB."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


def serve_pages() -> None:
    """A thread for each client."""
    http.server.ThreadingHTTPServer(("", 80), Page).serve_forever()


def fetch_pages(count: int) -> None:
    """One after the other, then all at once."""

    def fetch() -> None:
        with urllib.request.urlopen("http://web/") as answer:
            assert answer.read() == PAGE

    def at_once(do: Callable[[], None]) -> None:
        threads = [threading.Thread(target=do) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    for _ in range(count):
        fetch()
    at_once(fetch)


def serve_echo() -> None:
    """Datagrams back to where they came from."""
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.bind(("", 7))
        while True:
            data, peer = s.recvfrom(2048)
            s.sendto(data, peer)


def ask(count: int) -> None:
    """Questions that may get lost."""
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.settimeout(0.1)
        for n in range(count):
            s.sendto(bytes(1 + n % 1400), ("web", 7))
            try:
                s.recvfrom(2048)
            except TimeoutError:
                continue


def with_asyncio() -> None:
    """Streams under asyncio's event loop."""
    with softnet.Lab(seed=5) as lab:
        cli, web = lab.hosts("cli", "web")
        lab.link(cli, web, rate="100mbit", delay="1ms")
        web.start(lambda: asyncio.run(echo_server()))
        cli.call(lambda: asyncio.run(echo_clients(8, 200)))


async def echo_server() -> None:
    """What comes goes back."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(echo, port=8000) as server:
        await server.serve_forever()


async def echo_clients(clients: int, rounds: int) -> None:
    """Each sends and waits for it to come back."""

    async def one() -> None:
        reader, writer = await asyncio.open_connection("web", 8000)
        for n in range(rounds):
            writer.write(bytes(100 * (n + 1)))
            await reader.readexactly(100 * (n + 1))
        writer.close()

    await asyncio.gather(*(one() for _ in range(clients)))


if __name__ == "__main__":
    main()
