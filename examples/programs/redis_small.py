"""redis-py against a small server that speaks RESP: a counter, a pipeline, a blocking pop.

softnet run examples/programs/redis_small.py
"""

import socketserver
import threading

import redis

import softnet


class Store:
    """What the server keeps."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.lists: dict[bytes, list[bytes]] = {}
        self.changed = threading.Condition()


STORE = Store()


class Handler(socketserver.StreamRequestHandler):
    """One client: RESP arrays of bulk strings in, RESP out."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Command by command."""
        while line := self.rfile.readline():
            words = []
            for _ in range(int(line[1:])):
                size = int(self.rfile.readline()[1:])
                words.append(self.rfile.read(size + 2)[:-2])
            self.wfile.write(self.run(words[0].upper(), words[1:]))

    def run(self, command: bytes, args: list[bytes]) -> bytes:
        """One command's answer."""
        with STORE.changed:
            match command, args:
                case b"SET", [key, value, *_]:
                    STORE.values[key] = value
                    return b"+OK\r\n"
                case b"GET", [key]:
                    return bulk(STORE.values.get(key))
                case b"INCRBY", [key, step]:
                    n = int(STORE.values.get(key, b"0")) + int(step)
                    STORE.values[key] = b"%d" % n
                    return b":%d\r\n" % n
                case b"RPUSH", [key, value]:
                    STORE.lists.setdefault(key, []).append(value)
                    STORE.changed.notify_all()
                    return b":%d\r\n" % len(STORE.lists[key])
                case b"BLPOP", [key, seconds]:
                    queue = STORE.lists.setdefault(key, [])
                    if not STORE.changed.wait_for(lambda: queue, float(seconds) or None):
                        return b"*-1\r\n"
                    return b"*2\r\n" + bulk(key) + bulk(queue.pop(0))
                case ((b"CLIENT" | b"SELECT" | b"PING"), _):
                    return b"+OK\r\n"
                case _:
                    return b"-ERR unknown command\r\n"


def bulk(value: bytes | None) -> bytes:
    """A bulk string."""
    return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)


def server() -> None:
    """A thread for each client."""
    socketserver.ThreadingTCPServer.daemon_threads = True
    socketserver.ThreadingTCPServer(("", 6379), Handler).serve_forever()


def producer() -> int:
    """A counter, a pipeline; then something for who waits, after a minute."""
    with redis.Redis(host="db", protocol=2) as db:
        db.set("n", 40)
        with db.pipeline(transaction=False) as pipe:
            for _ in range(50):
                pipe.incr("n")
            last = pipe.execute()[-1]
        threading.Event().wait(60)
        db.rpush("jobs", "paint the fence")
    return int(last)


def consumer() -> object:
    """Wait for a job, five minutes if need be."""
    with redis.Redis(host="db", protocol=2, socket_timeout=None, decode_responses=True) as db:
        return db.blpop(["jobs"], timeout=300)


with softnet.Lab(seed=10, digest=True) as lab:
    db, a, b = lab.hosts("db", "a", "b")
    lab.link(db, a, delay="5ms", loss="2%")
    lab.link(db, b, delay="5ms", loss="2%")
    db.start(server)
    waiting = b.start(consumer)
    print("counter:", a.call(producer))
    print("job:", waiting.wait())
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
