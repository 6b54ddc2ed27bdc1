"""Small network programs for tests of labs: unmodified, blocking."""

from __future__ import annotations

import http.server
import socket
import urllib.request


def echo_upper() -> None:
    """A UDP server on port 7 that answers in capitals."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("", 7))
        while True:
            data, addr = s.recvfrom(2048)
            s.sendto(data.upper(), addr)


def ask(host: str, data: bytes = b"hello", timeout: float = 3) -> bytes:
    """One question to echo_upper(); TimeoutError if no answer comes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        s.sendto(data, (host, 7))
        return s.recvfrom(2048)[0]


class Sized(http.server.BaseHTTPRequestHandler):
    """Answers GET /n with n bytes."""

    def do_GET(self) -> None:
        """The answer."""
        body = bytes(i & 0xFF for i in range(int(self.path.strip("/"))))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def web() -> None:
    """An HTTP server on port 80."""
    with http.server.ThreadingHTTPServer(("", 80), Sized) as server:
        server.serve_forever()


def fetch(host: str, size: int = 1000) -> int:
    """Fetch that many bytes; how many came."""
    with urllib.request.urlopen(f"http://{host}/{size}") as response:
        return len(response.read())
