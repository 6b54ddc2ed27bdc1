"""trio at both ends: an echo server, twenty clients in a nursery, a deadline that cancels the slow.

softnet run examples/programs/trio_echo.py
"""

import trio

import softnet


async def echo(stream: trio.SocketStream) -> None:
    """Sends back what comes, until the other end is done."""
    async for data in stream:
        await stream.send_all(data)


def server() -> None:
    """trio's own loop over connections."""
    trio.run(trio.serve_tcp, echo, 7)


async def one(number: int, done: list[int]) -> None:
    """Sends number kilobytes and reads them back."""
    data = bytes([number]) * (number * 1000)
    stream = await trio.open_tcp_stream("srv", 7)
    async with stream, trio.open_nursery() as nursery:
        nursery.start_soon(stream.send_all, data)
        got = 0
        while got < len(data):
            got += len(await stream.receive_some(65536))
    done.append(number)


async def clients() -> tuple[list[int], bool]:
    """Twenty at once, then one who has a second."""
    done: list[int] = []
    async with trio.open_nursery() as nursery:
        for number in range(1, 21):
            nursery.start_soon(one, number, done)
    with trio.move_on_after(1) as scope:
        await one(100, done)
    return sorted(done), scope.cancelled_caught


with softnet.Lab(seed=35, digest=True) as lab:
    srv, cli = lab.hosts("srv", "cli")
    lab.link(srv, cli, rate="100kbit", delay="50ms", loss="1%", queue="pfifo 50")
    srv.start(server)
    done, late = cli.call(lambda: trio.run(clients))
    print(f"{len(done)} are through; the last was late: {late}")
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
