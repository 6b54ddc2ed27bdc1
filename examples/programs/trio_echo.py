"""trio at both ends: an echo server, twenty clients in a nursery.

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


async def clients() -> list[int]:
    """All at once: who was through, in their order, which trio draws by lot."""
    done: list[int] = []
    async with trio.open_nursery() as nursery:
        for number in range(1, 21):
            nursery.start_soon(one, number, done)
    return done


with softnet.Lab(seed=35, digest=True) as lab:
    srv, cli = lab.hosts("srv", "cli")
    lab.link(srv, cli, rate="1mbit", delay="20ms", loss="1%")
    srv.start(server)
    done = cli.call(lambda: trio.run(clients))
    print(len(done), "echoes came back")
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
