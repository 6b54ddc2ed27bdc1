"""http.server at one end, urllib and requests at the other; 1 % loss between them.

softnet run examples/programs/http_requests.py
"""

import http.server
import json
import urllib.request

import requests

import softnet


class Api(http.server.BaseHTTPRequestHandler):
    """Echoes what is posted; a page for everything else."""

    protocol_version = "HTTP/1.1"  # connections are kept

    def reply(self, body: bytes) -> None:
        """200 and a body."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Connection", str(self.client_address[1]))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """A page of 50,000 bytes."""
        self.reply(b"." * 50_000)

    def do_POST(self) -> None:
        """What came."""
        self.reply(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def server() -> None:
    """python -m http.server, but for the handler."""
    http.server.ThreadingHTTPServer(("", 80), Api).serve_forever()


def client() -> str:
    """One page with urllib, then a session that keeps its connection."""
    with urllib.request.urlopen("http://web/page") as response:
        size = len(response.read())
    ports = set()
    with requests.Session() as session:
        for n in range(5):
            answer = session.post("http://web/echo", json={"n": n}, timeout=10)
            assert answer.json() == {"n": n}, answer.text
            ports.add(answer.headers["X-Connection"])
    return json.dumps({"page": size, "posts": 5, "connections": len(ports)})


with softnet.Lab(seed=1, digest=True) as lab:
    web, cli = lab.hosts("web", "cli")
    lab.link(web, cli, rate="10mbit", delay="20ms", loss="1%")
    web.start(server)
    print(cli.call(client))
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
