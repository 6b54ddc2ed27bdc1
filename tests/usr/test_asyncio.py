"""Unmodified asyncio on simulated hosts."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

import softnet


def test_sleep_and_gather(net: Any) -> None:
    async def main() -> Any:
        async def one(n: int) -> int:
            await asyncio.sleep(n)
            return n

        loop = asyncio.get_running_loop()
        start = loop.time()
        got = await asyncio.gather(*(one(n) for n in (3, 1, 2)))
        return got, round(loop.time() - start, 2)

    assert net.run(asyncio.run, main()) == ([3, 1, 2], 3.0)


def test_timeouts_and_threads(net: Any) -> None:
    async def main() -> Any:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.sleep(100)
        await asyncio.to_thread(time.sleep, 2)
        return round(time.monotonic(), 2)

    assert net.run(asyncio.run, main()) == 7.0


def test_loops_of_two_programs_do_not_meet(net: Any) -> None:
    net.network("h2")
    log = []

    async def main(name: str, pause: float) -> None:
        for _ in range(3):
            await asyncio.sleep(pause)
            assert asyncio.get_running_loop() is asyncio.get_event_loop()
            assert asyncio.current_task() is not None
            log.append((name, round(time.monotonic(), 2)))

    other = net.start(lambda: asyncio.run(main("b", 2)), host="h2")
    net.run(lambda: asyncio.run(main("a", 1.5)))
    net.world.run(predicate=other.finished)
    other.result()
    assert log == [("a", 1.5), ("b", 2.0), ("a", 3.0), ("b", 4.0), ("a", 4.5), ("b", 6.0)]
    with pytest.raises(RuntimeError, match="no running"):
        asyncio.get_running_loop()


def test_unix_streams(net: Any) -> None:
    async def handle(reader: Any, writer: Any) -> None:
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def main() -> Any:
        server = await asyncio.start_unix_server(handle, "/tmp/softnet-test.sock")
        async with server:
            reader, writer = await asyncio.open_unix_connection("/tmp/softnet-test.sock")
            writer.write(b"hello\n")
            got = await reader.read()
            writer.close()
            await writer.wait_closed()
            return got

    assert net.run(lambda: asyncio.run(main())) == b"HELLO\n"


def test_datagram_endpoints(net: Any) -> None:
    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.transport.sendto(data[::-1], addr)

    class Client(asyncio.DatagramProtocol):
        def __init__(self) -> None:
            self.got = asyncio.get_running_loop().create_future()

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.got.set_result(data)

    async def main() -> Any:
        loop = asyncio.get_running_loop()
        server, _ = await loop.create_datagram_endpoint(Echo, ("127.0.0.1", 9000))
        client, protocol = await loop.create_datagram_endpoint(
            Client, remote_addr=("localhost", 9000)
        )
        client.sendto(b"abc")
        got = await asyncio.wait_for(protocol.got, 5)
        client.close()
        server.close()
        await asyncio.sleep(0)
        return got

    assert net.run(lambda: asyncio.run(main())) == b"cba"


def test_signal_handlers(net: Any) -> None:
    async def main() -> Any:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.call_later(3, os.kill, os.getpid(), signal.SIGTERM)
        await stop.wait()
        loop.remove_signal_handler(signal.SIGTERM)
        return round(time.monotonic(), 2)

    assert net.run(lambda: asyncio.run(main())) == 3.0


def test_context_variables_are_of_the_thread(net: Any) -> None:
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)
    seen = []

    def program(n: int) -> None:
        variable.set(n)
        time.sleep(1)
        seen.append(variable.get())

    first = net.start(program, 1)
    net.run(program, 2)
    net.world.run(predicate=first.finished)
    assert seen == [1, 2]
    assert variable.get() == 0


def test_asynchronous_generators_end_on_their_own_loop() -> None:
    ended = []

    async def numbers(host: str) -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            await asyncio.sleep(1)
            ended.append((host, socket.gethostname()))

    async def main(host: str) -> None:
        await asyncio.sleep(1)  # the other's loop begins, too
        async for _ in numbers(host):
            break
        await asyncio.sleep(5)

    with softnet.Lab() as lab:
        procs = [host.start(main, host.name) for host in lab.hosts("h1", "h2")]
        for proc in procs:
            proc.wait()
    assert ended == [("h1", "h1"), ("h2", "h2")]
    assert sys.get_asyncgen_hooks() == (None, None)


def test_a_loop_that_is_killed_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    trio = pytest.importorskip("trio")

    async def echo(stream: Any) -> None:
        async for data in stream:
            await stream.send_all(data)

    lab = softnet.Lab()
    with lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2)
        h1.start(lambda: trio.run(trio.serve_tcp, echo, 7))
        client = h2.start(lambda: socket.create_connection(("h1", 7)))
        client.wait()
    gc.collect()
    del lab, h1, h2, client
    gc.collect()
    assert capfd.readouterr().err == ""
