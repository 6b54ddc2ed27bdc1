"""A key-value server with a line protocol, a thread for each client and a lock, as telnet would use it.

softnet run examples/programs/lines_threads.py
"""

import socket
import threading
import time

import softnet

values: dict[str, int] = {}
lock = threading.Lock()


def converse(conn: socket.socket) -> None:
    """SET name number, ADD name number, GET name, QUIT"""
    with conn, conn.makefile("rw", newline="\r\n") as lines:
        lines.write("200 ready\n")
        lines.flush()
        for line in lines:
            match line.split():
                case ["SET", name, number]:
                    with lock:
                        values[name] = int(number)
                    answer = "200 set"
                case ["ADD", name, number]:
                    with lock:
                        now = values.get(name, 0)
                        time.sleep(0.001)  # without the lock, others would come between
                        values[name] = now + int(number)
                    answer = "200 added"
                case ["GET", name]:
                    answer = f"200 {values[name]}" if name in values else "404 unknown"
                case ["QUIT"]:
                    return
                case _:
                    answer = "400 what?"
            lines.write(answer + "\n")
            lines.flush()


def server() -> None:
    """For ever."""
    with socket.create_server(("", 2323)) as listener:
        while True:
            conn, _ = listener.accept()
            threading.Thread(target=converse, args=(conn,), daemon=True).start()


def client(times: int) -> list[str]:
    """Adds, then asks."""
    said = []
    with socket.create_connection(("store", 2323)) as s, s.makefile("rw", newline="\r\n") as lines:
        said.append(lines.readline().strip())
        for n in range(times):
            lines.write(f"ADD visits {n}\n")
            lines.flush()
            assert lines.readline().strip() == "200 added"
        for line in ("GET visits", "GET nothing", "HELP"):
            lines.write(line + "\n")
            lines.flush()
            said.append(lines.readline().strip())
        lines.write("QUIT\n")
    return said


with softnet.Lab(seed=32, digest=True) as lab:
    store, *others = lab.hosts("store", "c1", "c2", "c3")
    middle = lab.router("r1")
    lab.link(store, middle, rate="10mbit", delay="1ms")
    for other in others:
        lab.link(other, middle, rate="1mbit", delay="10ms", jitter="5ms", loss="2%")
    store.start(server)
    runs = [other.start(client, 20) for other in others]
    lab.run_until(lambda: all(run.finished() for run in runs))
    assert max(int(run.result()[1].split()[1]) for run in runs) == 3 * sum(range(20))
    print(runs[0].result()[0], runs[0].result()[2:], values)
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
