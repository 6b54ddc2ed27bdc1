"""A bug to be found: a server that takes what one recv() gives for one message.

python examples/bugs/one_recv.py

On a good network each small message comes alone. When one is lost, those behind it wait for it in the
kernel, and one recv() gives them all.
"""

import socket
import time

import softnet


def adder() -> None:
    """Add up the numbers of "ADD n" and answer "SUM"."""
    with socket.create_server(("", 7777)) as listening:
        conn, _ = listening.accept()
        with conn:
            total = 0
            while message := conn.recv(4096).decode():  # the bug: TCP has no messages
                word, _, number = message.strip().partition(" ")
                if word == "ADD":
                    total += int(number.split()[0])
                elif word == "SUM":
                    conn.sendall(f"{total}\n".encode())


def count() -> int:
    """Send 1 to 5, one after another, and ask for the sum."""
    with socket.create_connection(("srv", 7777)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for n in range(1, 6):
            s.sendall(f"ADD {n}\n".encode())
            time.sleep(0.05)
        time.sleep(5)
        s.sendall(b"SUM\n")
        return int(s.recv(100))


def test(lab: softnet.Lab) -> None:
    """The sum is right."""
    srv, cli = lab.hosts("srv", "cli")
    lab.link(srv, cli, delay="10ms")
    srv.start(adder)
    assert cli.call(count) == 15


if __name__ == "__main__":
    softnet.explore(test, crash=())
