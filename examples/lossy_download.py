"""How long does a download take, the more its link loses? The same page, five links, no waiting.

softnet run examples/lossy_download.py
"""

import http.server
import urllib.request

import softnet

SIZE = 300_000  # bytes


class Page(http.server.BaseHTTPRequestHandler):
    """One page of SIZE bytes."""

    def do_GET(self) -> None:
        """Send it."""
        self.send_response(200)
        self.send_header("Content-Length", str(SIZE))
        self.end_headers()
        self.wfile.write(bytes(SIZE))

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def web() -> None:
    """The server."""
    with http.server.ThreadingHTTPServer(("", 80), Page) as server:
        server.serve_forever()


def fetch() -> int:
    """The client."""
    with urllib.request.urlopen("http://web/") as response:
        return len(response.read())


def measure(loss: str) -> tuple[float, int]:
    """Virtual seconds of one download, and how many segments had to be sent again."""
    with softnet.Lab(seed=1) as lab:
        server, client = lab.hosts("web", "cli")
        lab.link(server, client, rate="10mbit", delay="20ms", loss=loss)
        server.start(web)
        assert client.call(fetch) == SIZE
        return lab.now, server.counters()["Tcp.RetransSegs"]


print("loss   seconds   sent again")
for loss in ("0%", "0.5%", "1%", "3%", "10%"):
    seconds, again = measure(loss)
    print(f"{loss:>5}  {seconds:8.3f}  {again:6}")
