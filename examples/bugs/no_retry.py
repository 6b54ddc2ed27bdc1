"""A bug to be found: a client that outlives a silent server, but not one that comes back.

python examples/bugs/no_retry.py

The client of a small key-value store keeps its connection, and when no answer comes it connects again.
It never thought of a reset: what a server that was switched off and on says to a connection of
before.
"""

import socket
import threading
import time

import softnet


def store() -> None:
    """Answer "key\\n" by "value of key\\n", each connection in a thread of its own."""

    def serve(conn: socket.socket) -> None:
        with conn, conn.makefile("rw") as lines:
            for line in lines:
                lines.write(f"value of {line}")
                lines.flush()

    with socket.create_server(("", 6379)) as listening:
        while True:
            threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()


class Client:
    """Keeps one connection."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.sock: socket.socket | None = None

    def get(self, key: str) -> str:
        """The value of a key; several tries."""
        for _ in range(10):
            try:
                if self.sock is None:
                    self.sock = socket.create_connection((self.host, 6379), timeout=2)
                self.sock.sendall(key.encode() + b"\n")
                answer = b""
                while not answer.endswith(b"\n"):
                    part = self.sock.recv(100)
                    if not part:
                        raise TimeoutError
                    answer += part
                return answer.decode().strip()
            except TimeoutError:
                self.close()
                time.sleep(1)
        raise TimeoutError("the store does not answer")

    def close(self) -> None:
        """Hang up."""
        if self.sock is not None:
            self.sock.close()
        self.sock = None


def work() -> list[str]:
    """Ask now and then."""
    client = Client("db")
    answers = []
    try:
        for key in ("a", "b", "c"):
            answers.append(client.get(key))
            time.sleep(1)
    finally:
        client.close()
    return answers


def test(lab: softnet.Lab) -> None:
    """The client gets every value, however often the store is switched off and on."""
    db, app = lab.hosts("db", "app")
    lab.link(db, app, delay="5ms")
    db.start(store)
    assert app.call(work) == ["value of a", "value of b", "value of c"]


if __name__ == "__main__":
    softnet.explore(test)
