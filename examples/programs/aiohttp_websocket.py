"""An aiohttp server and client: a page, and a WebSocket that counts.

softnet run examples/programs/aiohttp_websocket.py
"""

import asyncio

import aiohttp
from aiohttp import web

import softnet


async def page(request: web.Request) -> web.Response:
    """A greeting, after a second of thought."""
    await asyncio.sleep(1)
    return web.json_response({"hello": request.match_info["name"]})


async def counter(request: web.Request) -> web.WebSocketResponse:
    """Adds up the numbers it is sent."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    total = 0
    async for message in socket:
        total += int(message.data)
        await socket.send_str(str(total))
    return socket


def server() -> None:
    """As aiohttp's documentation starts it: run_app() sets signal handlers, too."""
    app = web.Application()
    app.add_routes([web.get("/hello/{name}", page), web.get("/count", counter)])
    web.run_app(app, port=80, print=None, access_log=None)


async def visit() -> list[str]:
    """A page, nine more at once, then a conversation with silences of three heartbeats."""
    async with aiohttp.ClientSession("http://web") as session:

        async def one(n: int) -> str:
            async with session.get(f"/hello/{n}") as response:
                return str((await response.json())["hello"])

        # aiohttp keeps who waits for a name in a set of futures, whose order is that of their
        # addresses: the first page asks for the name, and the run repeats byte for byte.
        names = [await one(0)]
        names += await asyncio.gather(*(one(n) for n in range(1, 10)))
        async with session.ws_connect("/count", heartbeat=20) as socket:
            for n in (1, 20, 300):
                await socket.send_str(str(n))
                names.append((await socket.receive()).data)
                await asyncio.sleep(60)
    return names


with softnet.Lab(seed=2, digest=True) as lab:
    srv, cli = lab.hosts("web", "cli")
    lab.link(srv, cli, rate="1mbit", delay="100ms", jitter="20ms", loss="2%")
    srv.start(server)
    print(*cli.call(lambda: asyncio.run(visit())))
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
