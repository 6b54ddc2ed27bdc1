"""httpx twice: on asyncio and on trio, against a server that is slow to answer.

softnet run examples/programs/httpx_asyncio_trio.py
"""

import asyncio
import http.server
import time

import httpx
import trio

import softnet


class Slow(http.server.BaseHTTPRequestHandler):
    """/5 is answered after five seconds."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Sleep, then answer."""
        time.sleep(float(self.path[1:]))
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"done")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def server() -> None:
    """One thread for each connection."""
    http.server.ThreadingHTTPServer(("", 80), Slow).serve_forever()


async def ask() -> str:
    """What httpx says of an answer in time, and of one that comes too late."""
    start = time.monotonic()
    async with httpx.AsyncClient(base_url="http://web", timeout=3) as client:
        first = (await client.get("/1")).text
        try:
            await client.get("/5")
        except httpx.ReadTimeout as e:
            second = type(e).__name__
    return f"{first}, {second} after {time.monotonic() - start:.1f} s"


async def both() -> list[str]:
    """Three at once in a nursery."""
    answers: list[str] = []

    async def one() -> None:
        answers.append(await ask())

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(one)
    return answers


with softnet.Lab(seed=3, digest=True) as lab:
    web, a, b = lab.hosts("web", "a", "b")
    lab.link(web, a, rate="10mbit", delay="30ms", loss="1%")
    lab.link(web, b, rate="10mbit", delay="30ms", loss="1%")
    web.start(server)
    print("asyncio:", a.call(lambda: asyncio.run(ask())))
    print("trio:   ", *b.call(lambda: trio.run(both)), sep="\n  ")
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
