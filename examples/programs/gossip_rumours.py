"""Gossip: twelve hosts tell each other what they know, three at a time, while some are cut off.

softnet run examples/programs/gossip_rumours.py
"""

import asyncio
import json
import random

import softnet

NAMES = [f"g{n}" for n in range(1, 13)]
PORT = 9000
known: dict[str, dict[str, int]] = {name: {} for name in NAMES}  # rumour -> version


class Gossip(asyncio.DatagramProtocol):
    """One member: takes over what is newer, answers what the other lacks."""

    def __init__(self, name: str) -> None:
        self.known = known[name]

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        """The socket is there."""
        self.transport = transport

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        """Somebody tells what he knows."""
        message = json.loads(data)
        theirs = message["known"]
        for rumour, version in theirs.items():
            self.known[rumour] = max(version, self.known.get(rumour, 0))
        if message["reply"] and self.known != theirs:
            self.tell(sender, reply=False)

    def tell(self, to: tuple[str, int], reply: bool) -> None:
        """All I know."""
        self.transport.sendto(json.dumps({"known": self.known, "reply": reply}).encode(), to)


async def member(name: str) -> None:
    """Each second: three others, drawn by luck."""
    loop = asyncio.get_running_loop()
    _, gossip = await loop.create_datagram_endpoint(
        lambda: Gossip(name), local_addr=("0.0.0.0", PORT)
    )
    addresses = {}
    for other in NAMES:
        if other != name:
            found = await loop.getaddrinfo(other, PORT)
            addresses[other] = found[0][4]
    while True:
        await asyncio.sleep(random.uniform(0.5, 1.5))
        for other in random.sample(sorted(addresses), 3):
            gossip.tell(addresses[other], reply=True)


def who_knows(rumour: str) -> int:
    """How many."""
    return sum(rumour in of_one for of_one in known.values())


with softnet.Lab(seed=36, digest=True) as lab:
    middle = lab.router("r1")
    nodes = lab.hosts(*NAMES)
    for node in nodes:
        lab.link(node, middle, delay="10ms", jitter="10ms", loss="20%")
    for node in nodes:
        node.start(member, node.name)
    known["g1"]["the fence is painted"] = 1
    took = lab.run_until(lambda: who_knows("the fence is painted") == len(NAMES), timeout="60s")
    print(f"a rumour reached all: {took}, after {lab.now:.0f} s")
    cut = [lab.links[name] for name in sorted(lab.links)][:4]
    for link in cut:
        link.down()
    known["g5"]["the river rises"] = 1
    lab.run_for("20s")
    print(f"four are cut off, {who_knows('the river rises')} know the next")
    for link in cut:
        link.up()
    took = lab.run_until(lambda: who_knows("the river rises") == len(NAMES), timeout="60s")
    print(f"it is healed: all know it: {took}")
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
