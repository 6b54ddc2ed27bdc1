"""A starlette application in uvicorn, asked by httpx: a page, a stream, an upload.

softnet run examples/programs/uvicorn_starlette.py
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

import softnet


async def ticks(request: Request) -> StreamingResponse:
    """A line a second, ten times."""

    async def lines() -> AsyncIterator[str]:
        for n in range(10):
            await asyncio.sleep(1)
            yield f"tick {n}\n"

    return StreamingResponse(lines())


async def upload(request: Request) -> JSONResponse:
    """How much came, and its hash."""
    hash_, size = hashlib.sha256(), 0
    async for chunk in request.stream():
        hash_.update(chunk)
        size += len(chunk)
    return JSONResponse({"size": size, "sha256": hash_.hexdigest()})


def server() -> None:
    """uvicorn as everybody starts it."""
    app = Starlette(routes=[Route("/ticks", ticks), Route("/upload", upload, methods=["PUT"])])
    uvicorn.run(app, host="0.0.0.0", port=80, log_level="warning")


def client() -> tuple[int, bool]:
    """A stream that is read as it comes, and 200 kB to the server."""
    with httpx.Client(base_url="http://web", timeout=5) as session:
        with session.stream("GET", "/ticks") as response:
            lines = list(response.iter_lines())
        data = bytes(range(256)) * 800
        answer = session.put("/upload", content=data).json()
    return len(lines), answer["sha256"] == hashlib.sha256(data).hexdigest()


with softnet.Lab(seed=4, digest=True) as lab:
    web, cli = lab.hosts("web", "cli")
    lab.link(web, cli, rate="2mbit", delay="50ms", loss="2%")
    web.start(server)
    print("lines, upload is whole:", *cli.call(client))
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
