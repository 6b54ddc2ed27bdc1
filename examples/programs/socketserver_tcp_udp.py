"""socketserver: a threading TCP server and a UDP server, each with clients on two hosts.

softnet run examples/programs/socketserver_tcp_udp.py
"""

import socket
import socketserver
import threading

import softnet


class Upper(socketserver.StreamRequestHandler):
    """Lines in capitals."""

    def handle(self) -> None:
        """Until the client is done."""
        for line in self.rfile:
            self.wfile.write(line.upper())


class Reverse(socketserver.BaseRequestHandler):
    """Datagrams backwards."""

    def handle(self) -> None:
        """One datagram."""
        data, sock = self.request
        sock.sendto(data[::-1], self.client_address)


class Threaded(socketserver.ThreadingTCPServer):
    """Its threads end with it."""

    daemon_threads = True
    request_queue_size = 50


def server() -> None:
    """Both servers, in two threads of one program."""
    udp = socketserver.UDPServer(("", 2000), Reverse)
    threading.Thread(target=udp.serve_forever, daemon=True).start()
    Threaded(("", 1000), Upper).serve_forever()


def client(name: str) -> tuple[int, int]:
    """Twenty lines by TCP; twenty datagrams, each sent until it is answered."""
    with socket.create_connection(("srv", 1000)) as s, s.makefile("rw") as f:
        for n in range(20):
            f.write(f"{name} {n}\n")
        f.flush()
        lines = [f.readline() for _ in range(20)]
    assert lines == [f"{name} {n}\n".upper() for n in range(20)]
    tries = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.5)
        for n in range(20):
            answer = b""
            while answer != b"%d" % n:
                tries += 1
                s.sendto(b"%d" % n, ("srv", 2000))
                try:
                    answer = s.recv(100)[::-1]
                except TimeoutError:
                    continue
    return len(lines), tries


with softnet.Lab(seed=5, digest=True) as lab:
    srv, a, b = lab.hosts("srv", "a", "b")
    lab.link(srv, a, delay="10ms", loss="5%")
    lab.link(srv, b, delay="40ms", loss="5%")
    srv.start(server)
    procs = [a.start(client, "anna"), b.start(client, "bert")]
    for proc in procs:
        print("lines, datagrams sent:", *proc.wait())
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
