"""A chat room with one thread and the module selectors; one guest comes by a slow link, one hangs up.

softnet run examples/programs/chat_selectors.py
"""

import selectors
import socket
import time

import softnet


def server() -> None:
    """Whatever a guest says goes to all others, with his name, which is his first line."""
    ready = selectors.DefaultSelector()
    listener = socket.create_server(("", 6000))
    listener.setblocking(False)
    ready.register(listener, selectors.EVENT_READ)
    names: dict[socket.socket, str] = {}
    unread: dict[socket.socket, bytes] = {}

    def tell(line: str, but: socket.socket) -> None:
        for guest in names:
            if guest is not but:
                guest.sendall(line.encode() + b"\n")

    def leave(guest: socket.socket) -> None:
        ready.unregister(guest)
        name = names.pop(guest, "?")
        tell(f"* {name} left", guest)
        guest.close()

    while True:
        for key, _ in ready.select():
            if key.fileobj is listener:
                guest, _ = listener.accept()
                ready.register(guest, selectors.EVENT_READ)
                unread[guest] = b""
                continue
            guest = key.fileobj
            try:
                data = guest.recv(4096)
            except ConnectionResetError:
                data = b""
            if not data:
                leave(guest)
                continue
            *lines, unread[guest] = (unread[guest] + data).split(b"\n")
            for line in lines:
                if guest not in names:
                    names[guest] = line.decode()
                    tell(f"* {names[guest]} came", guest)
                else:
                    tell(f"<{names[guest]}> {line.decode()}", guest)


def guest(name: str, says: list[str], stays: float) -> list[str]:
    """Comes, says a line a second, listens, goes; what he heard."""
    heard = b""
    with socket.create_connection(("room", 6000)) as s:
        s.sendall(name.encode() + b"\n")
        until = time.monotonic() + stays
        pending = list(says)
        while (left := until - time.monotonic()) > 0:
            s.settimeout(min(left, 1.0))
            try:
                data = s.recv(4096)
            except TimeoutError:
                if pending:
                    s.sendall(pending.pop(0).encode() + b"\n")
                continue
            heard += data
    return heard.decode().splitlines()


with softnet.Lab(seed=31, digest=True) as lab:
    names = ["anna", "bert", "cleo"]
    room, *hosts = lab.hosts("room", *names)
    for host, delay in zip(hosts, ("5ms", "20ms", "800ms"), strict=True):
        lab.link(room, host, rate="256kbit", delay=delay, loss="4%")
    room.start(server)
    says = [
        ["hello", "is anybody there?", "how is the weather?", "here it rains"],
        ["hi", "yes", "fine", "oh"],
        ["the line is bad"],
    ]
    runs = [
        host.start(guest, host.name, lines, stays)
        for host, lines, stays in zip(hosts, says, (20.0, 15.0, 12.0), strict=True)
    ]
    lab.run_until(lambda: all(run.finished() for run in runs))
    for run in runs:
        heard = run.result()
        print(f"{run.node.name} heard {len(heard)} lines, the last: {heard[-1]}")
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
