"""A program that asks until it is answered, and a link that is down for five seconds.

softnet run examples/broken_link.py --trace trace.txt
"""

import socket
import time

import softnet


def server() -> None:
    """Answer datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("", 4000))
        while True:
            data, peer = s.recvfrom(1000)
            s.sendto(data[::-1], peer)


def ask(name: str) -> tuple[bytes, int]:
    """Ask once a second; the answer, and how often it took."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        tries = 0
        while True:
            tries += 1
            try:
                s.sendto(b"olleh", (name, 4000))
                return s.recv(1000), tries
            except OSError:
                time.sleep(0.5)


with softnet.Lab() as lab:
    h1, h2 = lab.hosts("h1", "h2")
    wire = lab.link(h1, h2, delay="10ms")
    h2.start(server)
    wire.down()
    lab.at("5s", wire.up)
    answer, tries = h1.call(ask, "h2")
    print(f"{answer.decode()} after {tries} tries, at {lab.now:.3f} s")
