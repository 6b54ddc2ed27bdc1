"""A virtual day of an idle client whose connection is kept: TCP probes, and nobody else works.

softnet run examples/programs/keep_alive_day.py
"""

import http.client
import http.server
import socket
import time

import softnet

DAY = 24 * 3600  # s


class Page(http.server.BaseHTTPRequestHandler):
    """Which connection is this?"""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The client's port."""
        body = b"%d" % self.client_address[1]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def server() -> None:
    """One thread for each connection. Twice a second, as it does by itself, is often for a day."""
    http.server.ThreadingHTTPServer(("", 80), Page).serve_forever(poll_interval=60)


def client() -> tuple[bool, int]:
    """A page in the morning and one the next morning: by the same connection?"""
    start = time.time()
    web = http.client.HTTPConnection("web")
    web.connect()
    web.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    web.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 300)
    ports = []
    for pause in (DAY, 0):
        web.request("GET", "/")
        ports.append(web.getresponse().read())
        time.sleep(pause)
    web.close()
    return ports[0] == ports[1], round(time.time() - start)


with softnet.Lab(seed=12, digest=True) as lab:
    srv, cli = lab.hosts("web", "cli")
    lab.link(srv, cli, delay="20ms")
    srv.start(server)
    print("the same connection, seconds:", *cli.call(client))
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
