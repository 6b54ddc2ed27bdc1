"""TLS: http.server behind ssl; urllib and requests, who verify, and one who cannot.

softnet run examples/programs/https_tls.py

The certificates in tls/ were made ahead: an authority of our own and one for "web", both RSA. Session
tickets are off, as OpenSSL puts the machine's real time into them.
"""

import http.server
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import requests

import softnet

TLS = Path(__file__).parent / "tls"


class Page(http.server.BaseHTTPRequestHandler):
    """What was agreed on."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The version of TLS and the cipher."""
        body = f"{self.connection.version()} {self.connection.cipher()[0]}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def server() -> None:
    """As the documentation of ssl has it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "web.pem")
    context.num_tickets = 0
    httpd = http.server.ThreadingHTTPServer(("", 443), Page)
    httpd.socket = context.wrap_socket(
        httpd.socket, server_side=True, do_handshake_on_connect=False
    )
    httpd.serve_forever()


def client() -> list[str]:
    """Twice with our authority, once without."""
    report = []
    context = ssl.create_default_context(cafile=TLS / "ca.pem")
    with urllib.request.urlopen("https://web/", context=context) as response:
        report.append(response.read().decode())
    with requests.Session() as session:
        for _ in range(2):
            report.append(session.get("https://web/", verify=str(TLS / "ca.pem")).text)
    try:
        urllib.request.urlopen("https://web/")
    except urllib.error.URLError as e:
        report.append(str(e.reason).split(" (")[0])
    return report


with softnet.Lab(seed=13, digest=True) as lab:
    web, cli = lab.hosts("web", "cli")
    lab.link(web, cli, rate="10mbit", delay="30ms", loss="2%")
    web.start(server)
    print(*cli.call(client), sep="\n")
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
